#include "ops/current_device.h"

namespace gpuex {

namespace {

constexpr int kNotInitialized = 3;        // CUDA_ERROR_NOT_INITIALIZED
constexpr int kInvalidContext = 201;      // CUDA_ERROR_INVALID_CONTEXT
constexpr int kContextIsDestroyed = 709;  // CUDA_ERROR_CONTEXT_IS_DESTROYED

// How the driver refuses a context from before a reset, and a stand-in that was configured afresh.
bool IsStale(int status) {
  return status == kNotInitialized || status == kInvalidContext || status == kContextIsDestroyed;
}

}  // namespace

abi::cuda::CUcontext PrimaryContexts::Get(const CudaApi& cuda, int device,
                                          const CallContext& context) {
  if (const auto known = Known(device)) return known;
  Check(Library::kCuda, cuda.Start(), "cuInit", context);
  abi::cuda::CUdevice handle = 0;
  Check(Library::kCuda, cuda.cuDeviceGet(&handle, device), "cuDeviceGet", context);
  abi::cuda::CUcontext retained = nullptr;
  Check(Library::kCuda, cuda.cuDevicePrimaryCtxRetain(&retained, handle),
        "cuDevicePrimaryCtxRetain", context);
  const auto index = static_cast<size_t>(device);
  // Two threads at once: one reference more than needed, to the same context.
  if (index < kMostDevices) contexts_[index].store(retained, std::memory_order_release);
  return retained;
}

bool PrimaryContexts::ForgetIfStale(int device, int status) {
  if (!IsStale(status)) return false;
  const auto index = static_cast<size_t>(device);
  if (index < kMostDevices) contexts_[index].store(nullptr, std::memory_order_release);
  return true;
}

bool CurrentDevice::IsCurrent(const DeviceCalls& calls, int device, const CallContext& context,
                              Needs needs) {
  const auto known = calls.cuda == nullptr ? nullptr : calls.contexts->Known(device);
  if (known != nullptr) {
    abi::cuda::CUcontext current = nullptr;
    // A driver that refuses the question says why when it comes to the work.
    const bool told = calls.cuda->cuCtxGetCurrent(&current) == abi::cuda::CUDA_SUCCESS;
    if (told && current != nullptr) return current == known;
  }
  if (needs == Needs::kContext) return false;
  int current = 0;
  CheckCudart(*calls.cudart, calls.cudart->cudaGetDevice(&current), "cudaGetDevice", context);
  return current == device;
}

CurrentDevice::CurrentDevice(const DeviceCalls& calls, int device, const CallContext& context,
                             Needs needs) {
  if (IsCurrent(calls, device, context, needs)) return;
  if (calls.cuda == nullptr) {
    NativeError error(Library::kCuda);
    error.call = "cuCtxPushCurrent_v2";
    error.device = context.device;
    error.detail = "the driver's library could not be opened";
    throw error;
  }
  const CudaApi& cuda = *calls.cuda;
  int status = cuda.cuCtxPushCurrent_v2(calls.contexts->Get(cuda, device, context));
  if (calls.contexts->ForgetIfStale(device, status)) {
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
