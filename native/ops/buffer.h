// Device memory: cudaMalloc and cudaFree. On the calling thread where the device is its current one;
// else on the device's own thread, for whose answer the caller waits: making another device current,
// and then the former one again, creates a context on both (CUDA 12), and may fail half-way. So no
// thread's current device is ever changed, and no last error is left behind unless it is sticky. All
// may block as long as the driver does.
#pragma once

#include <cstddef>
#include <vector>

#include "api/libraries.h"
#include "errors/check.h"
#include "ops/allocation_table.h"
#include "ops/device_thread.h"

namespace gpuex {

// What the calls need of the process.
struct DeviceCalls {
  Libraries* libraries;
  DeviceThreads* threads;
  const CudartApi* cudart;
};

// Throws NativeError with the bytes asked for and, where the device still answers, its free and
// total memory.
Allocation AllocateOnDevice(const DeviceCalls& calls, size_t bytes, int device);

// Throws NativeError. A runtime or driver that is unloading has freed it already, and so has a
// stand-in that was configured afresh: no failure.
void FreeOnDevice(const DeviceCalls& calls, const Allocation& allocation);

// For an environment that goes away: hands each allocation to its device's thread and waits for
// none. Reports nothing.
void FreeLater(const DeviceCalls& calls, const std::vector<Allocation>& allocations) noexcept;

}  // namespace gpuex
