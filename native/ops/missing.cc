#include "ops/missing.h"

namespace gpuex {

NativeError OutOfResources(const char* call, int device) noexcept {
  NativeError error(Library::kCudart);
  error.call = call;
  error.device = device;
  try {
    error.detail = "the process has no memory or no thread left for it";
  } catch (...) {
    // The call and the device tell enough.
  }
  return error;
}

}  // namespace gpuex
