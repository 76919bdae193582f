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

// What the driver alone tells, `device` >= 0: nothing of NVML's can hold it up. Initialises the driver.
// Throws NativeError when it is missing, knows no such device or refuses.
DeviceReport IdentifyDevice(DeviceJoin* join, Libraries* libraries, const Environment& environment,
                            int device);

// What NVML tells of the device, and the memory; the rest stays empty. Initialises both. Throws
// NativeError when there is no such device; NVML that refuses to start, and a device that does not
// answer, are told as `refusal`.
DeviceReport MeasureDevice(DeviceJoin* join, Libraries* libraries, const Environment& environment,
                           int device);

// Both, of all devices. Initialises the driver (cuInit: no context) and NVML. Throws NativeError when the
// driver is missing or refuses; neither NVML that refuses nor a device that does not answer is a failure
// of the others.
std::vector<DeviceReport> DescribeDevices(DeviceJoin* join, Libraries* libraries,
                                          const Environment& environment);

}  // namespace gpuex
