// libcudart as the stand-in gives it: versions, errors, devices and plain allocations.

#include "mock/cudart_call.h"

namespace {

using namespace gpuex::abi::cudart;  // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;         // NOLINT
using namespace gpuex::mock::cudart;  // NOLINT
using namespace gpuex::mock::cuda_status;

// The two that work whether or not the runtime could start, once their rules have had their say.
template <class Body>
cudaError_t VersionCall(const Invocation& call, Body body) {
  return Logged(call, [&](int&) {
    for (;;) {
      Machine& machine = StandIn::Current();
      if (machine.broken()) return kUnknown;
      ThreadState& thread = ThreadState::On(machine);
      const Verdict verdict = machine.Ask(call.function, -1);
      if (verdict.kind == Verdict::kRestart) continue;
      int status = verdict.code;
      if (verdict.kind == Verdict::kAnswer) {
        machine.PoisonIfSticky(verdict, thread.CurrentOrdinal());
      } else {
        status = body(machine);
        if (status == kRestart) continue;
      }
      if (status != kSuccess) thread.last_error = status;
      return status;
    }
  });
}

}  // namespace

GPUEX_MOCK_EXPORT cudaError_t cudaRuntimeGetVersion(int* runtimeVersion) {
  // The only call that does not start the runtime.
  return VersionCall({Function::cudaRuntimeGetVersion, {runtimeVersion}}, [&](Machine& machine) {
    if (runtimeVersion == nullptr) return kInvalidValue;
    *runtimeVersion = machine.scenario().cuda_runtime_version;
    return kSuccess;
  });
}

#if defined(__linux__)
// What libcudart.so.12 answers by that name: a version of its own major one.
extern "C" __attribute__((visibility("default"))) cudaError_t gpuex_cudart12_cudaRuntimeGetVersion(
    int* runtimeVersion) {
  constexpr int kLast12 = 12090;
  const cudaError_t status = cudaRuntimeGetVersion(runtimeVersion);
  if (status == kSuccess && *runtimeVersion / 1000 != 12) *runtimeVersion = kLast12;
  return status;
}
#endif

GPUEX_MOCK_EXPORT cudaError_t cudaDriverGetVersion(int* driverVersion) {
  // Starts the runtime, yet succeeds although that fails.
  return VersionCall({Function::cudaDriverGetVersion, {driverVersion}}, [&](Machine& machine) {
    if (machine.runtime().Start() == kRestart) return kRestart;
    if (driverVersion == nullptr) return kInvalidValue;
    *driverVersion = machine.runtime().driver_version();
    return kSuccess;
  });
}

GPUEX_MOCK_EXPORT cudaError_t cudaGetLastError() {
  return Call({Function::cudaGetLastError}, kCurrentDevice, OnError::kForget,
              [](Machine&, ThreadState& thread) {
                const int error = thread.last_error;
                thread.last_error = kSuccess;
                return error;
              });
}

GPUEX_MOCK_EXPORT cudaError_t cudaPeekAtLastError() {
  return Call({Function::cudaPeekAtLastError}, kCurrentDevice, OnError::kForget,
              [](Machine&, ThreadState& thread) { return thread.last_error; });
}

GPUEX_MOCK_EXPORT cudaError_t cudaGetDeviceCount(int* count) {
  return Call({Function::cudaGetDeviceCount, {count}}, kCurrentDevice, OnError::kRecord,
              [&](Machine& machine, ThreadState&) {
                if (count == nullptr) return kInvalidValue;
                *count = machine.driver().count();
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT cudaError_t cudaGetDevice(int* device) {
  return Call({Function::cudaGetDevice, {device}}, kCurrentDevice, OnError::kRecord,
              [&](Machine&, ThreadState& thread) {
                if (device == nullptr) return kInvalidValue;
                *device = thread.CurrentOrdinal();
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT cudaError_t cudaMalloc(void** devPtr, size_t size) {
  return Call({Function::cudaMalloc, {devPtr, size}}, kCurrentDevice, OnError::kRecord,
              [&](Machine& machine, ThreadState& thread) {
                if (devPtr == nullptr) return kInvalidValue;
                return machine.runtime().Allocate(thread, size, devPtr);
              });
}

GPUEX_MOCK_EXPORT cudaError_t cudaFree(void* devPtr) {
  const Machine* const asked = &StandIn::Current();
  return Call({Function::cudaFree, {devPtr}}, kCurrentDevice, OnError::kRecord,
              [&](Machine& machine, ThreadState& thread) {
                // The address went with the machine it was handed to; on the next one it may be
                // somebody else's.
                if (&machine != asked) return kSuccess;
                return machine.runtime().Free(thread, devPtr);
              });
}

GPUEX_MOCK_EXPORT cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  return Call({Function::cudaMemGetInfo, {free, total}}, kCurrentDevice, OnError::kRecord,
              [&](Machine& machine, ThreadState& thread) {
                if (free == nullptr || total == nullptr) return kInvalidValue;
                return machine.runtime().MemoryInfo(thread, free, total);
              });
}

// Every function of the list is here, with the signature that callers load it by.
GPUEX_CUDART_BASE_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDART_BASE_FUNCTIONS(GPUEX_MOCK_ALIAS)
