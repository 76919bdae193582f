#include "api/cudart_api.h"

namespace gpuex {

void CudartApi::Bind(SymbolBinder* binder) { GPUEX_CUDART_FUNCTIONS(GPUEX_API_BIND) }

std::string CudartApi::Version() const {
  int version = 0;
  const int status = cudaRuntimeGetVersion(&version);  // the one call that does not initialise
  return VersionTold(findings, kVersionCall, status, version, CudaVersionText(version));
}

}  // namespace gpuex
