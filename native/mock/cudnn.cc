// libcudnn as the stand-in gives it: versions, handles and texts, in the numbering of its version.
#include <algorithm>
#include <cstring>
#include <string>

#include "errors/code_table.h"
#include "mock/abi/cudnn_more.h"
#include "mock/control.h"
#include "mock/engine/library_handles.h"
#include "mock/engine/status.h"
#include "mock/exports/alias.h"
#include "mock/invocation.h"

namespace {

using namespace gpuex::abi::cudnn;  // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;        // NOLINT

LibraryHandles& TheHandles() {
  static LibraryHandles* handles = new LibraryHandles;
  return *handles;
}

uintptr_t Number(const void* handle) { return reinterpret_cast<uintptr_t>(handle); }

// By name, because the numbers changed from 8 to 9.
cudnnStatus_t Status(const Machine& machine, const char* name) {
  return gpuex::FindCodeByName(gpuex::Library::kCudnn, machine.scenario().cudnn_version.major, name)
      ->value;
}

// For the functions that answer a number instead of a status; 0 when there is no usable scenario.
template <class Body>
size_t NumberCall(Function function, Body body) {
  for (bool first = true;; first = false) {
    Machine& machine = StandIn::Current();
    if (first) machine.CountCall(function);
    if (machine.broken()) return 0;
    if (machine.Ask(function, -1).kind == Verdict::kRestart) continue;
    return body(machine);
  }
}

// `device`: the ordinal that the call is about, -1: none. `body` answers a status.
template <class Body>
cudnnStatus_t Call(const Invocation& call, int device, Body body) {
  return Logged(call, [&](int& concerned) {
    concerned = device;
    for (;;) {
      Machine& machine = StandIn::Current();
      if (machine.broken()) return Status(machine, "CUDNN_STATUS_NOT_INITIALIZED");
      const Verdict verdict = machine.Ask(call.function, concerned);
      if (verdict.kind == Verdict::kRestart) continue;
      const cudnnStatus_t status = verdict.kind == Verdict::kAnswer ? verdict.code : body(machine);
      if (status == kRestart) continue;
      if (status != CUDNN_STATUS_SUCCESS) {
        ThreadState::On(machine).cudnn_error = {static_cast<unsigned>(call.function), status};
      }
      return status;
    }
  });
}

// What works on a device, and so needs a runtime that started and a context that lives.
template <class Body>
cudnnStatus_t HandleCall(const Invocation& call, cudnnHandle_t handle, Body body) {
  LibraryContext context;
  const bool known = TheHandles().Find(StandIn::Current(), Number(handle), &context);
  return Call(call, known ? context.ordinal : -1, [&](Machine& machine) {
    if (!TheHandles().Find(machine, Number(handle), &context)) {
      return Status(machine, "CUDNN_STATUS_BAD_PARAM");
    }
    const Device* device = machine.driver().Find(context.ordinal);
    if (device == nullptr || device->context.poison() != 0) {
      return Status(machine, "CUDNN_STATUS_EXECUTION_FAILED");
    }
    return body(machine, context);
  });
}

// Null: the number is none of that version's.
const char* NameOf(const Machine& machine, cudnnStatus_t status) {
  return gpuex::CodeName(gpuex::Library::kCudnn, machine.scenario().cudnn_version.major, status);
}

}  // namespace

GPUEX_MOCK_EXPORT size_t cudnnGetVersion() {
  return NumberCall(Function::cudnnGetVersion, [](const Machine& machine) {
    const CudnnVersion& version = machine.scenario().cudnn_version;
    const int of_major = version.major < 9 ? 1000 : 10000;
    return static_cast<size_t>(version.major * of_major + version.minor * 100 + version.patch);
  });
}

GPUEX_MOCK_EXPORT size_t cudnnGetCudartVersion() {
  return NumberCall(Function::cudnnGetCudartVersion, [](const Machine& machine) {
    return static_cast<size_t>(machine.scenario().cuda_runtime_version);
  });
}

GPUEX_MOCK_EXPORT cudnnStatus_t cudnnGetProperty(libraryPropertyType type, int* value) {
  return Call({Function::cudnnGetProperty, {type, value}}, -1, [&](const Machine& machine) {
    if (value == nullptr) return Status(machine, "CUDNN_STATUS_BAD_PARAM");
    const CudnnVersion& version = machine.scenario().cudnn_version;
    switch (type) {
      case MAJOR_VERSION:
        *value = version.major;
        return CUDNN_STATUS_SUCCESS;
      case MINOR_VERSION:
        *value = version.minor;
        return CUDNN_STATUS_SUCCESS;
      case PATCH_LEVEL:
        *value = version.patch;
        return CUDNN_STATUS_SUCCESS;
      default:
        return Status(machine,
                      version.major < 9 ? "CUDNN_STATUS_INVALID_VALUE" : "CUDNN_STATUS_BAD_PARAM");
    }
  });
}

GPUEX_MOCK_EXPORT cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  const int ordinal = ThreadState::On(StandIn::Current()).CurrentOrdinal();
  return Call({Function::cudnnCreate, {handle}}, ordinal, [&](Machine& machine) {
    if (handle == nullptr) return Status(machine, "CUDNN_STATUS_BAD_PARAM");
    if (const int status = machine.runtime().Start()) {
      return status == kRestart ? kRestart : Status(machine, "CUDNN_STATUS_NOT_INITIALIZED");
    }
    if (const int status = machine.runtime().EnsureContext(ThreadState::On(machine))) {
      return Status(machine, status == cuda_status::kOutOfMemory ? "CUDNN_STATUS_ALLOC_FAILED"
                                                                 : "CUDNN_STATUS_NOT_INITIALIZED");
    }
    if (machine.driver().Find(ordinal)->context.poison() != 0) {
      return Status(machine, "CUDNN_STATUS_NOT_INITIALIZED");
    }
    *handle = reinterpret_cast<cudnnHandle_t>(TheHandles().Create(machine, ordinal));
    return CUDNN_STATUS_SUCCESS;
  });
}

GPUEX_MOCK_EXPORT cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  // Of no handle there is nothing to destroy, and no runtime is started for it.
  if (handle == nullptr) {
    return Call({Function::cudnnDestroy, {handle}}, -1,
                [](const Machine&) { return CUDNN_STATUS_SUCCESS; });
  }
  return HandleCall({Function::cudnnDestroy, {handle}}, handle,
                    [&](const Machine& machine, const LibraryContext&) {
                      return TheHandles().Destroy(Number(handle))
                                 ? CUDNN_STATUS_SUCCESS
                                 : Status(machine, "CUDNN_STATUS_BAD_PARAM");
                    });
}

GPUEX_MOCK_EXPORT cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t streamId) {
  return HandleCall({Function::cudnnSetStream, {handle, streamId}}, handle,
                    [&](Machine& machine, const LibraryContext& context) {
                      Device* device = machine.driver().Find(context.ordinal);
                      const Streams::Found found = machine.streams().Find(ThreadState::On(machine),
                                                                          Number(streamId), device);
                      if (found.stream == nullptr) return Status(machine, "CUDNN_STATUS_BAD_PARAM");
                      // A stream of another device is none of the handle's context.
                      if (found.device != device)
                        return Status(machine, "CUDNN_STATUS_MAPPING_ERROR");
                      TheHandles().SetStream(Number(handle), Number(streamId));
                      return CUDNN_STATUS_SUCCESS;
                    });
}

GPUEX_MOCK_EXPORT cudnnStatus_t cudnnGetStream(cudnnHandle_t handle, cudaStream_t* streamId) {
  return HandleCall({Function::cudnnGetStream, {handle, streamId}}, handle,
                    [&](const Machine& machine, const LibraryContext& context) {
                      if (streamId == nullptr) return Status(machine, "CUDNN_STATUS_BAD_PARAM");
                      *streamId = reinterpret_cast<cudaStream_t>(context.stream);
                      return CUDNN_STATUS_SUCCESS;
                    });
}

GPUEX_MOCK_EXPORT const char* cudnnGetErrorString(cudnnStatus_t status) {
  Machine& machine = StandIn::Current();
  machine.CountCall(Function::cudnnGetErrorString);
  const char* name = NameOf(machine, status);
  return name == nullptr ? "CUDNN_UNKNOWN_STATUS" : name;
}

// The text is ours: which call failed on this thread, and with what. Reading it takes it away.
GPUEX_MOCK_EXPORT void cudnnGetLastErrorString(char* message, size_t max_size) {
  Machine& machine = StandIn::Current();
  machine.CountCall(Function::cudnnGetLastErrorString);
  if (message == nullptr || max_size == 0) return;
  std::string text;
  auto& error = ThreadState::On(machine).cudnn_error;
  if (error.status != CUDNN_STATUS_SUCCESS) {
    const char* name = NameOf(machine, error.status);
    text = name == nullptr ? std::to_string(error.status) : name;
    text += std::string("; ") + Info(error.function).name + " failed";
  }
  error = {};
  const size_t kept = text.copy(message, max_size - 1);
  message[kept] = '\0';
}

GPUEX_CUDNN_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDNN_FUNCTIONS(GPUEX_MOCK_ALIAS)
GPUEX_CUDNN_MORE_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDNN_MORE_FUNCTIONS(GPUEX_MOCK_ALIAS)
