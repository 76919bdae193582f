#include "api/cuda_api.h"

namespace gpuex {

void CudaApi::Bind(SymbolBinder* binder) { GPUEX_CUDA_FUNCTIONS(GPUEX_API_BIND) }

std::string CudaApi::Version() const {
  int version = 0;
  const int status = cuDriverGetVersion(&version);  // needs no cuInit
  return status == abi::cuda::CUDA_SUCCESS ? CudaVersionText(version) : std::string();
}

}  // namespace gpuex
