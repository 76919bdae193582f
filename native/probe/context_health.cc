#include "probe/context_health.h"

#include "errors/code_table.h"
#include "probe/primary_context.h"

namespace gpuex {

ContextHealth ReadContextHealth(const CudaApi& cuda, int device) {
  ContextHealth health;
  health.status = cuda.Start();
  if (health.status != abi::cuda::CUDA_SUCCESS) {
    health.call = "cuInit";
    return health;
  }
  abi::cuda::CUdevice handle = 0;
  health.status = cuda.cuDeviceGet(&handle, device);
  if (health.status != abi::cuda::CUDA_SUCCESS) {
    health.call = "cuDeviceGet";
    return health;
  }
  const PrimaryContextView view = LookIntoPrimaryContext(cuda, handle);
  health.call = view.call;
  const bool sticky = IsSticky(Library::kCuda, 0, view.status);
  // Also of an active context: what does not stay says nothing about it.
  if (view.status != abi::cuda::CUDA_SUCCESS && !sticky) {
    health.status = view.status;
    return health;
  }
  // A sticky answer to any of these calls can only come from a context that is there.
  health.active = view.active == -1 ? 1 : view.active;
  health.code = view.status;
  return health;
}

}  // namespace gpuex
