// cuDNN: the few declarations we call, written by hand from the cuDNN API documentation; they are
// the same in versions 8 and 9, whose status numbers are not. See cudart_abi.h for the conventions.
#pragma once

#include <cstddef>

namespace gpuex::abi::cudnn {

using cudnnStatus_t = int;
inline constexpr cudnnStatus_t CUDNN_STATUS_SUCCESS = 0;

// enum libraryPropertyType
using libraryPropertyType = int;
inline constexpr libraryPropertyType MAJOR_VERSION = 0;
inline constexpr libraryPropertyType MINOR_VERSION = 1;
inline constexpr libraryPropertyType PATCH_LEVEL = 2;

#define GPUEX_CUDNN_FUNCTIONS(X)                                                     \
  X(optional, size_t, cudnnGetVersion, ())                                           \
  X(required, cudnnStatus_t, cudnnGetProperty, (libraryPropertyType type, int* value)) \
  X(optional, size_t, cudnnGetCudartVersion, ())

}  // namespace gpuex::abi::cudnn
