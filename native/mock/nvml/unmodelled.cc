// NVML's other functions: not modelled, but there, so that a program that binds them loads. Each
// obeys rules; without one it answers "not supported", see unsupported.h.
#include "mock/exports/alias.h"
#include "mock/nvml/call.h"
#include "mock/unsupported.h"

namespace gpuex::mock::nvml_layer {
namespace {

// `first`: the first argument, whatever it is; only a device's handle is recognised in it.
nvmlReturn_t Unmodelled(Function function, nvmlDevice_t first) {
  return Call(
      function, true, With(first),
      [&](const Machine& machine) { return DeviceOf(machine, first); },
      [&](Machine&, const Device*) -> nvmlReturn_t {
        return Unsupported(Library::kNvml, Info(function).name);
      });
}

}  // namespace
}  // namespace gpuex::mock::nvml_layer

using namespace gpuex::mock;              // NOLINT
using namespace gpuex::mock::nvml_layer;  // NOLINT

// What the caller passes beyond the first argument lies in registers and on its own stack, and the C
// calling conventions let the callee ignore it.
#define GPUEX_MOCK_UNMODELLED(name)                         \
  GPUEX_MOCK_EXPORT nvmlReturn_t name(nvmlDevice_t first) { \
    return Unmodelled(Function::name, first);               \
  }                                                         \
  GPUEX_MOCK_ALIAS(unmodelled, nvmlReturn_t, name, (nvmlDevice_t first))
GPUEX_NVML_UNMODELLED_FUNCTIONS(GPUEX_MOCK_UNMODELLED)
