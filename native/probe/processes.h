// Which processes use a device, by NVML.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probe/device_join.h"

namespace gpuex {

struct ProcessReport {
  unsigned int pid = 0;
  std::string name;             // empty: not known
  std::optional<double> bytes;  // empty: the driver does not tell, as always under Windows
  bool compute = false;
  bool graphics = false;
};

struct ProcessesReport {
  // Whether the numbers are of another PID namespace, so that they name nothing here; empty when
  // that cannot be told.
  std::optional<bool> host_pids;
  std::vector<ProcessReport> processes;  // by pid
};

// Empty where it cannot be told: NVML is absent, does not show this device, or has no list of who
// computes on it (WSL 2, some systems on a chip). Throws NativeError otherwise. `device` >= 0.
std::optional<ProcessesReport> ListProcesses(DeviceJoin* join, Libraries* libraries,
                                             const Environment& environment, int device);

}  // namespace gpuex
