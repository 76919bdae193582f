#include "api/cuda_api.h"

namespace gpuex {

void CudaApi::Bind(SymbolBinder* binder) { GPUEX_CUDA_FUNCTIONS(GPUEX_API_BIND) }

std::string CudaApi::Version() const {
  int version = 0;
  const int status = cuDriverGetVersion(&version);  // needs no cuInit
  return VersionTold(findings, kVersionCall, status, version, CudaVersionText(version));
}

bool CudaApi::IsStub() const {
  constexpr int kStubLibrary = 34;  // CUDA_ERROR_STUB_LIBRARY
  int version = 0;
  return cuDriverGetVersion(&version) == kStubLibrary;
}

}  // namespace gpuex
