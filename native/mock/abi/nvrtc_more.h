// NVRTC: what the stand-in gives beyond what the addon calls (native/abi/nvrtc_abi.h), written by
// hand from nvrtc.h of CUDA Toolkit 13.0.
#pragma once

#include "abi/nvrtc_abi.h"

namespace gpuex::abi::nvrtc {

#define GPUEX_NVRTC_MORE_FUNCTIONS(X)                                     \
  X(modelled, nvrtcResult, nvrtcGetNumSupportedArchs, (int* numArchs))    \
  X(modelled, nvrtcResult, nvrtcGetSupportedArchs, (int* supportedArchs)) \
  X(modelled, const char*, nvrtcGetErrorString, (nvrtcResult result))

}  // namespace gpuex::abi::nvrtc
