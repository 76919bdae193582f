// A look into a device's primary context without creating it, without a synchronisation, and
// without touching the default stream. "Not verified on hardware".
#pragma once

#include "api/cuda_api.h"

namespace gpuex {

struct PrimaryContextView {
  // What the look ended with: the first status that was no success, and its call; else 0, null.
  int status = 0;
  const char* call = nullptr;
  // 1 active, 0 not active, -1 unknown because the question itself failed.
  int active = -1;
  // Valid when active is 1 and status is 0.
  size_t free = 0;
  size_t total = 0;
};

// The driver must be initialised. Only if the context is active already: retain, push,
// cuMemGetInfo, pop, release, with the thread's capture mode relaxed meanwhile, so that a stream
// that this thread captures is not disturbed.
PrimaryContextView LookIntoPrimaryContext(const CudaApi& cuda, abi::cuda::CUdevice device);

}  // namespace gpuex
