// The functions of the CUDA runtime that we call. A pointer to an optional one is null where the loaded
// version lacks it.
#pragma once

#include <string>

#include "abi/cudart_abi.h"
#include "api/vendor_api.h"
#include "errors/code_table.h"

namespace gpuex {

struct CudartApi {
  static constexpr Library kLibrary = Library::kCudart;
  static constexpr const char* kVersionCall = "cudaRuntimeGetVersion";

  using cudaError_t = abi::cudart::cudaError_t;
  using cudaStream_t = abi::cudart::cudaStream_t;
  using cudaEvent_t = abi::cudart::cudaEvent_t;
  using cudaHostFn_t = abi::cudart::cudaHostFn_t;

  GPUEX_CUDART_FUNCTIONS(GPUEX_API_MEMBER)

  Findings* findings = nullptr;  // of this library; there as soon as it is bound

  void Bind(SymbolBinder* binder);

  // As the library tells it; empty when it does not. Initialises nothing.
  std::string Version() const;
};

}  // namespace gpuex
