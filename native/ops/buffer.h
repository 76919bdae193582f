// Device memory: cudaMalloc and cudaFree, and how it is given back. No thread's current device is
// changed, and no last error is left behind unless it is sticky.
#pragma once

#include <cstddef>
#include <memory>

#include "ops/current_device.h"
#include "ops/stream.h"

namespace gpuex {

struct Allocation {
  void* address;
  size_t bytes;
  int device;
  uint64_t mock_generation;  // the stand-in's configuration that answered; 0: no stand-in
};

// Throws NativeError with the bytes asked for and, where the device still answers, its free and
// total memory. May block as long as the driver does.
Allocation AllocateOnDevice(const DeviceCalls& calls, size_t bytes, int device);

// Throws NativeError. A runtime or driver that is unloading has freed it already, and so has a
// stand-in that was configured afresh: no failure. cudaFree waits for the work on the device.
void FreeOnDevice(const DeviceCalls& calls, const Allocation& allocation);

// The same on a lane, behind what was handed to it before. Waits for nothing; reports nothing.
void FreeLater(const DeviceCalls& calls, Lane* lane, const Allocation& allocation) noexcept;

}  // namespace gpuex
