// Device memory: cudaMalloc and cudaFree on the calling thread, which may block as long as the
// driver does. Both leave the thread's current device as they found it, and no last error unless it
// is sticky.
#pragma once

#include <cstddef>
#include <vector>

#include "ops/allocation_table.h"
#include "ops/device_guard.h"

namespace gpuex {

// Throws NativeError with the bytes asked for and, where the device still answers, its free and
// total memory.
void* AllocateOnDevice(const CudartApi& cudart, size_t bytes, int device);

// Throws NativeError. A runtime or driver that is unloading has freed it already: no failure.
void FreeOnDevice(const CudartApi& cudart, const Allocation& allocation);

// For an environment that goes away; reports nothing and stops at the first refusal, since a device
// that refuses one refuses all.
void FreeAllOnDevice(const CudartApi& cudart, const std::vector<Allocation>& allocations) noexcept;

}  // namespace gpuex
