// libcudnn as the stand-in gives it: which version it is, in the numbering of that version.

#include "errors/code_table.h"
#include "mock/control.h"
#include "mock/exports/alias.h"
#include "mock/stand_in.h"

namespace {

using namespace gpuex::abi::cudnn;  // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;        // NOLINT

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
  for (bool first = true;; first = false) {
    Machine& machine = StandIn::Current();
    if (first) machine.CountCall(Function::cudnnGetProperty);
    if (machine.broken()) return Status(machine, "CUDNN_STATUS_NOT_INITIALIZED");
    const Verdict verdict = machine.Ask(Function::cudnnGetProperty, -1);
    if (verdict.kind == Verdict::kRestart) continue;
    if (verdict.kind == Verdict::kAnswer) return verdict.code;
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
        return Status(machine, "CUDNN_STATUS_INVALID_VALUE");
    }
  }
}

GPUEX_CUDNN_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDNN_FUNCTIONS(GPUEX_MOCK_ALIAS)
