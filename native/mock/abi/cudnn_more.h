// cuDNN: what the stand-in gives beyond what the addon calls (native/abi/cudnn_abi.h), with the
// signatures of the cuDNN API documentation: handles, streams and texts. No tensor is ever
// computed.
#pragma once

#include <cstddef>

#include "abi/cudnn_abi.h"

namespace gpuex::abi::cudnn {

struct cudnnContext;
using cudnnHandle_t = cudnnContext*;
struct CUstream_st;
using cudaStream_t = CUstream_st*;

#define GPUEX_CUDNN_SHARED_FUNCTIONS(X)                                                       \
  X(modelled, cudnnStatus_t, cudnnCreate, (cudnnHandle_t * handle))                           \
  X(modelled, cudnnStatus_t, cudnnDestroy, (cudnnHandle_t handle))                            \
  X(modelled, cudnnStatus_t, cudnnSetStream, (cudnnHandle_t handle, cudaStream_t streamId))   \
  X(modelled, cudnnStatus_t, cudnnGetStream, (cudnnHandle_t handle, cudaStream_t * streamId)) \
  X(modelled, const char*, cudnnGetErrorString, (cudnnStatus_t status))

// Of one major version only.
#define GPUEX_CUDNN9_FUNCTIONS(X) \
  X(modelled, void, cudnnGetLastErrorString, (char* message, size_t max_size))

#define GPUEX_CUDNN_MORE_FUNCTIONS(X) \
  GPUEX_CUDNN_SHARED_FUNCTIONS(X)     \
  GPUEX_CUDNN9_FUNCTIONS(X)

}  // namespace gpuex::abi::cudnn
