// CUDA runtime API: the few declarations we call, written by hand from the documentation of
// CUDA Toolkit 13.0 ("CUDA Runtime API", driver_types.h). No SDK header is needed to build.
// Vendor names are unchanged; they live in a namespace so that NVIDIA's own headers can be
// included beside them to prove that both agree.
#pragma once

#include <cstddef>

namespace gpuex::abi::cudart {

// enum cudaError. Kept as an int: a newer library may answer numbers that we have no name for.
using cudaError_t = int;
inline constexpr cudaError_t cudaSuccess = 0;

// X(presence, result, name, parameters). `required`: without it the library is refused and the
// symbol named; `optional`: null when missing, reported as not supported by the loaded version.
#define GPUEX_CUDART_FUNCTIONS(X)                                        \
  X(required, cudaError_t, cudaRuntimeGetVersion, (int* runtimeVersion)) \
  X(required, cudaError_t, cudaDriverGetVersion, (int* driverVersion))   \
  X(required, cudaError_t, cudaGetLastError, ())                         \
  X(required, cudaError_t, cudaPeekAtLastError, ())                      \
  X(required, cudaError_t, cudaGetDeviceCount, (int* count))             \
  X(required, cudaError_t, cudaGetDevice, (int* device))                 \
  X(required, cudaError_t, cudaSetDevice, (int device))                  \
  X(required, cudaError_t, cudaMalloc, (void** devPtr, size_t size))     \
  X(required, cudaError_t, cudaFree, (void* devPtr))                     \
  X(required, cudaError_t, cudaMemGetInfo, (size_t * free, size_t * total))

}  // namespace gpuex::abi::cudart
