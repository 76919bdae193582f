#include "errors/check.h"

namespace gpuex {

namespace {

constexpr int kInsufficientDriver = 35;  // cudaErrorInsufficientDriver

NativeError MakeError(Library library, int status, const char* call, const CallContext& context) {
  NativeError error(library);
  error.code = status;
  error.call = call;
  error.device = context.device;
  error.requested_bytes = context.requested_bytes;
  return error;
}

}  // namespace

void ThrowStatus(Library library, int status, const char* call, const CallContext& context) {
  throw MakeError(library, status, call, context);
}

NativeError CudartError(const CudartApi& cudart, int status, const char* call,
                        const CallContext& context) {
  NativeError error = MakeError(Library::kCudart, status, call, context);
  if (status == kInsufficientDriver) {
    int version = 0;
    if (cudart.cudaDriverGetVersion(&version) == abi::cudart::cudaSuccess) {
      error.driver_version = version;
      error.detail = "CUDA runtime " + cudart.Version() + ", driver " +
                     (version == 0 ? std::string("absent") : CudaVersionText(version));
    }
  }
  if (!IsSticky(Library::kCudart, 0, status)) cudart.cudaGetLastError();
  return error;
}

void ThrowCudartStatus(const CudartApi& cudart, int status, const char* call,
                       const CallContext& context) {
  throw CudartError(cudart, status, call, context);
}

}  // namespace gpuex
