// Which driver branch brought a function. A symbol cannot vanish from a library, so on an older
// `driverVersion` the call answers NVML_ERROR_FUNCTION_NOT_FOUND, as NVML's own wrappers do.
#pragma once

#include <cstdlib>

#include "mock/engine/functions.h"
#include "mock/engine/machine.h"

namespace gpuex::mock::nvml_layer {

// 0: as old as any driver that a scenario may name, or not documented.
constexpr int SinceBranch(Function function) {
  switch (function) {
    case Function::nvmlDeviceGetMigMode:
    case Function::nvmlDeviceIsMigDeviceHandle:
    case Function::nvmlDeviceGetDeviceHandleFromMigDeviceHandle:
      return 445;
    case Function::nvmlDeviceGetComputeRunningProcesses_v2:
      return 455;
    case Function::nvmlDeviceGetMemoryInfo_v2:
    case Function::nvmlDeviceGetComputeRunningProcesses_v3:
    case Function::nvmlDeviceGetGraphicsRunningProcesses_v3:
      return 510;
    case Function::nvmlDeviceGetGpuFabricInfo:
      return 525;
    case Function::nvmlDeviceGetCurrentClocksEventReasons:
    case Function::nvmlDeviceGetRunningProcessDetailList:
      return 535;
    case Function::nvmlDeviceGetPciInfoExt:
      return 545;
    case Function::nvmlDeviceGetGpuFabricInfoV:
      return 550;
    case Function::nvmlDeviceGetTemperatureV:
      return 570;
    case Function::nvmlDeviceGetHandleByUUIDV:
      return 575;
    default:
      return 0;
  }
}

// "580.65.06" is of branch 580.
inline int BranchOf(const Machine& machine) {
  return std::atoi(machine.scenario().driver_version.c_str());
}

inline constexpr int kRecoveryActionSince = 565;
inline constexpr int kFabricV3Since = 580;

}  // namespace gpuex::mock::nvml_layer
