// A device as the calling thread's current one, for as long as a scope lasts.
//
// Where it is not, its primary context is pushed and popped again (CUDA Driver API, "Context
// Management"; CUDA Runtime API, "Interactions with the CUDA Driver API": the runtime works in the
// context that is current). So no thread's current device is ever changed, and no other device gets
// a context: cudaSetDevice and the way back would make one on both (CUDA 12). Once the primary
// context is known, work is kept out of another context of the same device, too: code and memory of
// one cannot be used in the other. Not verified on hardware.
#pragma once

#include <array>
#include <atomic>

#include "api/libraries.h"
#include "errors/check.h"

namespace gpuex {

// The primary contexts that were retained for this, one reference each, kept until the process ends
// as the runtime keeps its own.
class PrimaryContexts {
 public:
  // Throws NativeError.
  abi::cuda::CUcontext Get(const CudaApi& cuda, int device, const CallContext& context);
  // Null: not retained yet.
  abi::cuda::CUcontext Known(int device) const {
    const auto index = static_cast<size_t>(device);
    return index < kMostDevices ? contexts_[index].load(std::memory_order_acquire) : nullptr;
  }
  // Forgets the device's if `status` says that the driver no longer takes it: somebody has reset the
  // device. True: it is worth another try.
  bool ForgetIfStale(int device, int status);

 private:
  // More than any node has; others are retained at every use.
  static constexpr size_t kMostDevices = 64;
  std::array<std::atomic<abi::cuda::CUcontext>, kMostDevices> contexts_{};
};

// What calls on a device need of the process. Can be copied to any thread.
struct DeviceCalls {
  Libraries* libraries;
  PrimaryContexts* contexts;
  const CudartApi* cudart;
  const CudaApi* cuda;  // null: only the runtime could be opened
};

class CurrentDevice {
 public:
  // `kContext`: for the driver's own calls. A thread that called nothing yet has device 0 as its
  // current one, by the runtime's word, and no context.
  enum class Needs { kDevice, kContext };

  // Throws NativeError. Makes the device's primary context where there is none.
  CurrentDevice(const DeviceCalls& calls, int device, const CallContext& context,
                Needs needs = Needs::kDevice);
  ~CurrentDevice();
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;

 private:
  // What is current is asked of the driver where it can be: that is the shorter way.
  static bool IsCurrent(const DeviceCalls& calls, int device, const CallContext& context,
                        Needs needs);
  const CudaApi* pushed_ = nullptr;
};

}  // namespace gpuex
