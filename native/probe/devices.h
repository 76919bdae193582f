// Who the devices are: the CUDA ordinal and everything that other tools call the same device by.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "errors/native_error.h"
#include "probe/device_join.h"

namespace gpuex {

// What is empty the libraries do not tell.
struct DeviceReport {
  int ordinal = 0;
  std::optional<unsigned int> nvml_index;  // of a MIG instance: that of the GPU it is part of
  std::string name;
  std::string uuid;  // with NVML's prefix
  std::string pci_bus_id;
  std::optional<int> compute_major;
  std::optional<int> compute_minor;
  std::optional<bool> mig;  // whether it is an instance, and no whole GPU
  std::optional<MemoryReadings> memory;
  std::optional<NativeError> refusal;  // set when the memory is not: what was answered instead
};

// Initialises the driver (cuInit: no context) and NVML. Throws NativeError when the driver is missing
// or refuses, and when NVML is there but refuses to start; a device that does not answer is no
// failure of the others.
std::vector<DeviceReport> DescribeDevices(DeviceJoin* join, Libraries* libraries,
                                          const Environment& environment);

// One of them, `device` >= 0. Throws NativeError when there is no such device, too.
DeviceReport DescribeDevice(DeviceJoin* join, Libraries* libraries, const Environment& environment,
                            int device);

}  // namespace gpuex
