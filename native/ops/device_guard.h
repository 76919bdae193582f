// Makes a device the calling thread's current one for a while.
#pragma once

#include <optional>

#include "errors/check.h"

namespace gpuex {

class DeviceGuard {
 public:
  // Throws NativeError. Touches nothing when the device is current already.
  DeviceGuard(const CudartApi& cudart, int device, const CallContext& context) : cudart_(cudart) {
    int current = 0;
    const int asked = cudart_.cudaGetDevice(&current);
    if (asked == abi::cudart::cudaSuccess && current == device) return;
    if (asked != abi::cudart::cudaSuccess && !IsSticky(Library::kCudart, 0, asked)) {
      cudart_.cudaGetLastError();
    }
    CheckCudart(cudart_, cudart_.cudaSetDevice(device), "cudaSetDevice", context);
    if (asked == abi::cudart::cudaSuccess) previous_ = current;
  }
  ~DeviceGuard() {
    // Nothing can be told from here; a failure is left behind as little as possible.
    if (previous_ && cudart_.cudaSetDevice(*previous_) != abi::cudart::cudaSuccess) {
      cudart_.cudaGetLastError();
    }
  }
  DeviceGuard(const DeviceGuard&) = delete;
  DeviceGuard& operator=(const DeviceGuard&) = delete;

 private:
  const CudartApi& cudart_;
  std::optional<int> previous_;
};

}  // namespace gpuex
