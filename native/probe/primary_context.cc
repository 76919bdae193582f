#include "probe/primary_context.h"

#include "api/capture_mode.h"

namespace gpuex {

PrimaryContextView LookIntoPrimaryContext(const CudaApi& cuda, abi::cuda::CUdevice device) {
  PrimaryContextView view;
  const auto note = [&view](int status, const char* call) {
    if (status != abi::cuda::CUDA_SUCCESS && view.status == 0) {
      view.status = status;
      view.call = call;
    }
    return status == abi::cuda::CUDA_SUCCESS;
  };

  unsigned int flags = 0;
  int active = 0;
  if (!note(cuda.cuDevicePrimaryCtxGetState(device, &flags, &active),
            "cuDevicePrimaryCtxGetState")) {
    return view;
  }
  view.active = active != 0 ? 1 : 0;
  if (view.active == 0) return view;

  const RelaxedCapture relaxed(cuda);
  abi::cuda::CUcontext context = nullptr;
  if (!note(cuda.cuDevicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain")) {
    return view;
  }
  if (note(cuda.cuCtxPushCurrent_v2(context), "cuCtxPushCurrent_v2")) {
    note(cuda.cuMemGetInfo_v2(&view.free, &view.total), "cuMemGetInfo_v2");
    abi::cuda::CUcontext popped = nullptr;
    note(cuda.cuCtxPopCurrent_v2(&popped), "cuCtxPopCurrent_v2");
  }
  note(cuda.cuDevicePrimaryCtxRelease_v2(device), "cuDevicePrimaryCtxRelease_v2");
  return view;
}

}  // namespace gpuex
