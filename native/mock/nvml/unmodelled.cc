// NVML's other functions: not modelled, but there, so that a program that binds them loads. Each
// obeys rules; without one it answers "not supported", and aborts where the scenario is strict.
#include <cstdio>
#include <cstdlib>

#include "mock/nvml/call.h"
#include "mock/scenario/read_scenario.h"

namespace gpuex::mock::nvml_layer {
namespace {

// `first`: the first argument, whatever it is; only a device's handle is recognised in it.
nvmlReturn_t Unmodelled(Function function, nvmlDevice_t first) {
  return Call(
      function, true, With(first),
      [&](const Machine& machine) { return DeviceOf(machine, first); },
      [&](Machine& machine, const Device*) -> nvmlReturn_t {
        if (machine.scenario().strict) {
          std::fprintf(stderr, "%s%s is not modelled, and the scenario is strict\n", kErrorPrefix,
                       Info(function).name);
          std::abort();
        }
        return kNotSupported;
      });
}

}  // namespace
}  // namespace gpuex::mock::nvml_layer

using namespace gpuex::mock;              // NOLINT
using namespace gpuex::mock::nvml_layer;  // NOLINT

// What the caller passes beyond the first argument lies in registers and on its own stack, and the C
// calling conventions let the callee ignore it.
#define GPUEX_MOCK_UNMODELLED(name)                           \
  GPUEX_MOCK_EXPORT nvmlReturn_t name(nvmlDevice_t first) {   \
    return Unmodelled(Function::name, first);                 \
  }
GPUEX_NVML_UNMODELLED_FUNCTIONS(GPUEX_MOCK_UNMODELLED)
