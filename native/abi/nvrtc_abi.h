// NVRTC: the few declarations we call, written by hand from the documentation of CUDA Toolkit 13.0
// ("NVRTC", nvrtc.h). See cudart_abi.h for the conventions. Getters for a cubin came with CUDA
// 11.1.
#pragma once

#include <cstddef>

namespace gpuex::abi::nvrtc {

using nvrtcResult = int;  // enum
inline constexpr nvrtcResult NVRTC_SUCCESS = 0;
inline constexpr nvrtcResult NVRTC_ERROR_COMPILATION = 6;

struct _nvrtcProgram;
using nvrtcProgram = _nvrtcProgram*;

#define GPUEX_NVRTC_FUNCTIONS(X)                                                                   \
  X(required, nvrtcResult, nvrtcVersion, (int* major, int* minor))                                 \
  X(required, nvrtcResult, nvrtcCreateProgram,                                                     \
    (nvrtcProgram * prog, const char* src, const char* name, int numHeaders,                       \
     const char* const* headers, const char* const* includeNames))                                 \
  X(required, nvrtcResult, nvrtcDestroyProgram, (nvrtcProgram * prog))                             \
  X(required, nvrtcResult, nvrtcCompileProgram,                                                    \
    (nvrtcProgram prog, int numOptions, const char* const* options))                               \
  X(required, nvrtcResult, nvrtcGetPTXSize, (nvrtcProgram prog, size_t* ptxSizeRet))               \
  X(required, nvrtcResult, nvrtcGetPTX, (nvrtcProgram prog, char* ptx))                            \
  X(optional, nvrtcResult, nvrtcGetCUBINSize, (nvrtcProgram prog, size_t* cubinSizeRet))           \
  X(optional, nvrtcResult, nvrtcGetCUBIN, (nvrtcProgram prog, char* cubin))                        \
  X(required, nvrtcResult, nvrtcGetProgramLogSize, (nvrtcProgram prog, size_t* logSizeRet))        \
  X(required, nvrtcResult, nvrtcGetProgramLog, (nvrtcProgram prog, char* log))                     \
  X(required, nvrtcResult, nvrtcAddNameExpression,                                                 \
    (nvrtcProgram prog, const char* const name_expression))                                        \
  X(required, nvrtcResult, nvrtcGetLoweredName,                                                    \
    (nvrtcProgram prog, const char* const name_expression, const char** lowered_name))

}  // namespace gpuex::abi::nvrtc
