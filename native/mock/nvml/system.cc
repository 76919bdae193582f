// NVML about the machine as a whole: versions, words for codes, names of processes.
#include <algorithm>
#include <cstring>

#include "mock/nvml/call.h"
#include "mock/engine/own_process.h"

namespace gpuex::mock::nvml_layer {
namespace {

// Static text for every code that the table knows: its name, and our words where there are any.
const char* ErrorText(nvmlReturn_t result) {
  switch (result) {
#define GPUEX_CODE(value, name, category, restart, flags, since, remedy) \
  case value:                                                            \
    return sizeof(remedy) > 1 ? #name ": " remedy : #name;
#define GPUEX_ALIAS(value, name)
#include "errors/codes/nvml.def"
    default:
      return "this number is no code of NVML";
  }
}

std::string ProcessName(const Machine& machine, unsigned pid) {
  for (const Device* device : machine.devices_as_listed()) {
    for (const ProcessReading& process : device->Readings().processes) {
      if (process.pid == pid) return process.name;
    }
  }
  return pid == OwnPid() ? OwnName() : std::string();
}

template <class Arguments>
nvmlReturn_t CudaDriverVersion(Function function, const Arguments& arguments, int* version) {
  return SystemCall(function, false, arguments, [&](Machine& machine) -> nvmlReturn_t {
    if (version == nullptr) return kInvalidArgument;
    return Give(version, machine.scenario().cuda_driver_version);
  });
}

}  // namespace
}  // namespace gpuex::mock::nvml_layer

using namespace gpuex::mock;              // NOLINT
using namespace gpuex::mock::nvml_layer;  // NOLINT

// Works before initialisation, and cannot fail.
GPUEX_MOCK_EXPORT const char* nvmlErrorString(nvmlReturn_t result) {
  Machine& machine = StandIn::Current();
  const uint64_t entry = machine.CountCall(Function::nvmlErrorString);
  machine.Ask(Function::nvmlErrorString, -1);
  if (entry != 0) {
    machine.log().End(entry, -1, std::nullopt, ShownAll(machine, With(result)));
  }
  return ErrorText(result);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlSystemGetDriverVersion(char* version, unsigned int length) {
  return SystemCall(Function::nvmlSystemGetDriverVersion, true, With(version, length),
                    [&](Machine& machine) {
                      return Fill(machine.scenario().driver_version, version, length);
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlSystemGetNVMLVersion(char* version, unsigned int length) {
  return SystemCall(Function::nvmlSystemGetNVMLVersion, true, With(version, length),
                    [&](Machine& machine) {
                      return Fill(machine.scenario().nvml_version, version, length);
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlSystemGetCudaDriverVersion(int* cudaDriverVersion) {
  return CudaDriverVersion(Function::nvmlSystemGetCudaDriverVersion, With(cudaDriverVersion),
                           cudaDriverVersion);
}

// libcuda is always there: it is this library.
GPUEX_MOCK_EXPORT nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int* cudaDriverVersion) {
  return CudaDriverVersion(Function::nvmlSystemGetCudaDriverVersion_v2, With(cudaDriverVersion),
                           cudaDriverVersion);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlSystemGetProcessName(unsigned int pid, char* name,
                                                        unsigned int length) {
  return SystemCall(Function::nvmlSystemGetProcessName, true, With(pid, name, length),
                    [&](Machine& machine) -> nvmlReturn_t {
                      if (name == nullptr || length == 0) return kInvalidArgument;
                      const std::string found = ProcessName(machine, pid);
                      if (found.empty()) return kNotFound;
                      // Documented to be cut, not to fail.
                      const size_t kept = found.copy(name, length - 1);
                      name[kept] = '\0';
                      return kSuccess;
                    });
}
