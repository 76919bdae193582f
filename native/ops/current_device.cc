#include "ops/current_device.h"

namespace gpuex {

namespace {

constexpr int kInvalidContext = 201;      // CUDA_ERROR_INVALID_CONTEXT
constexpr int kContextIsDestroyed = 709;  // CUDA_ERROR_CONTEXT_IS_DESTROYED

}  // namespace

abi::cuda::CUcontext PrimaryContexts::Get(const CudaApi& cuda, int device,
                                          const CallContext& context) {
  const auto index = static_cast<size_t>(device);
  if (index < kMostDevices) {
    const auto known = contexts_[index].load(std::memory_order_acquire);
    if (known != nullptr) return known;
  }
  Check(Library::kCuda, cuda.cuInit(0), "cuInit", context);
  abi::cuda::CUdevice handle = 0;
  Check(Library::kCuda, cuda.cuDeviceGet(&handle, device), "cuDeviceGet", context);
  abi::cuda::CUcontext retained = nullptr;
  Check(Library::kCuda, cuda.cuDevicePrimaryCtxRetain(&retained, handle),
        "cuDevicePrimaryCtxRetain", context);
  // Two threads at once: one reference more than needed, to the same context.
  if (index < kMostDevices) contexts_[index].store(retained, std::memory_order_release);
  return retained;
}

void PrimaryContexts::Forget(int device) {
  const auto index = static_cast<size_t>(device);
  if (index < kMostDevices) contexts_[index].store(nullptr, std::memory_order_release);
}

CurrentDevice::CurrentDevice(const DeviceCalls& calls, int device, const CallContext& context,
                             Needs needs) {
  if (needs == Needs::kDevice) {
    int current = 0;
    CheckCudart(*calls.cudart, calls.cudart->cudaGetDevice(&current), "cudaGetDevice", context);
    if (current == device) return;
  }
  if (calls.cuda == nullptr) {
    NativeError error(Library::kCuda);
    error.call = "cuCtxPushCurrent_v2";
    error.device = context.device;
    error.detail = "the driver's library could not be opened";
    throw error;
  }
  const CudaApi& cuda = *calls.cuda;
  int status = cuda.cuCtxPushCurrent_v2(calls.contexts->Get(cuda, device, context));
  if (status == kInvalidContext || status == kContextIsDestroyed) {
    calls.contexts->Forget(device);
    status = cuda.cuCtxPushCurrent_v2(calls.contexts->Get(cuda, device, context));
  }
  Check(Library::kCuda, status, "cuCtxPushCurrent_v2", context);
  pushed_ = &cuda;
}

CurrentDevice::~CurrentDevice() {
  if (pushed_ == nullptr) return;
  abi::cuda::CUcontext popped = nullptr;
  pushed_->cuCtxPopCurrent_v2(&popped);
}

}  // namespace gpuex
