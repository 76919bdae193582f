// A device's memory, read without creating a CUDA context.
#pragma once

#include <optional>

#include "errors/native_error.h"
#include "probe/device_join.h"

namespace gpuex {

// The hot path: one vendor call, no lock, no allocation. False when the long way must be gone.
inline bool ReadMemoryFast(const JoinTable* table, int device, double* readings) noexcept {
  const JoinedDevice* const joined = table != nullptr ? table->Current(device) : nullptr;
  if (joined == nullptr || joined->nvml == nullptr ||
      joined->library->nvmlDeviceGetMemoryInfo_v2 == nullptr) {
    return false;
  }
  abi::nvml::nvmlMemory_v2_t memory;
  memory.version = abi::nvml::nvmlMemory_v2;
  if (joined->library->nvmlDeviceGetMemoryInfo_v2(joined->nvml, &memory) !=
      abi::nvml::NVML_SUCCESS) {
    return false;
  }
  readings[0] = static_cast<double>(memory.free);
  readings[1] = static_cast<double>(memory.used);
  readings[2] = static_cast<double>(memory.reserved);
  readings[3] = static_cast<double>(memory.total);
  readings[4] = MemoryReadings::kNvml;
  return true;
}

// `device` >= 0. By NVML; where NVML is absent, does not know the device, or has no figures for it (unified
// memory), by the driver: then free and used only if the process uses the device already, else the total
// alone. Throws NativeError.
MemoryReadings ReadMemory(DeviceJoin* join, Libraries* libraries, const Environment& environment,
                          int device);

// For a failure already judged: uses only libraries that are loaded already, plus NVML. `device`
// empty: the only device there is. Empty when it cannot be told; throws nothing.
std::optional<MemoryReadings> ProbeMemory(DeviceJoin* join, Libraries* libraries,
                                          const Environment& environment,
                                          std::optional<int> device) noexcept;

// How many devices CUDA sees here. By the driver; where that cannot be opened, by the runtime, which
// then says why. Creates no context and leaves no last error. Throws NativeError.
int CountDevices(Libraries* libraries, const Environment& environment);

}  // namespace gpuex
