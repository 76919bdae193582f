// The functions of the CUDA driver that we call. A pointer to an optional one is null where the loaded
// version lacks it.
#pragma once

#include <string>

#include "abi/cuda_abi.h"
#include "api/vendor_api.h"
#include "errors/code_table.h"

namespace gpuex {

struct CudaApi {
  static constexpr Library kLibrary = Library::kCuda;
  static constexpr const char* kVersionCall = "cuDriverGetVersion";

  using CUresult = abi::cuda::CUresult;
  using CUdevice = abi::cuda::CUdevice;
  using CUcontext = abi::cuda::CUcontext;
  using CUdevice_attribute = abi::cuda::CUdevice_attribute;
  using CUuuid = abi::cuda::CUuuid;
  using CUstreamCaptureMode = abi::cuda::CUstreamCaptureMode;
  using CUmodule = abi::cuda::CUmodule;
  using CUfunction = abi::cuda::CUfunction;
  using CUstream = abi::cuda::CUstream;
  using CUjit_option = abi::cuda::CUjit_option;
  using CUfunction_attribute = abi::cuda::CUfunction_attribute;

  GPUEX_CUDA_FUNCTIONS(GPUEX_API_MEMBER)

  Findings* findings = nullptr;  // of this library; there as soon as it is bound

  void Bind(SymbolBinder* binder);

  // As the library tells it; empty when it does not. Initialises nothing.
  std::string Version() const;

  // cuInit(0), with its latest refusal among the findings. Creates no context.
  int Start() const { return findings->Started("cuInit", cuInit(0)); }

  // A toolkit's linker stub: it has every function, and each answers that it is one.
  bool IsStub() const;
};

}  // namespace gpuex
