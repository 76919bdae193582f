// The functions of cuDNN that we call. A pointer to an optional one is null where the loaded
// version lacks it.
#pragma once

#include <string>

#include "abi/cudnn_abi.h"
#include "api/vendor_api.h"
#include "errors/code_table.h"

namespace gpuex {

struct CudnnApi {
  static constexpr Library kLibrary = Library::kCudnn;
  static constexpr const char* kVersionCall = "cudnnGetProperty";

  using cudnnStatus_t = abi::cudnn::cudnnStatus_t;
  using libraryPropertyType = abi::cudnn::libraryPropertyType;

  GPUEX_CUDNN_FUNCTIONS(GPUEX_API_MEMBER)

  Findings* findings = nullptr;  // of this library; there as soon as it is bound

  void Bind(SymbolBinder* binder);

  // As the library tells it; empty when it does not. Initialises nothing.
  std::string Version() const;
};

}  // namespace gpuex
