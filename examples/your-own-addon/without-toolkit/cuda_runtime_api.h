// What this addon calls of the CUDA runtime, for machines without NVIDIA's toolkit. With a toolkit
// its own header is used, and this file is not on the include path.
#pragma once

#include <cstddef>

#define CUDART_VERSION 13000

enum cudaError : int { cudaSuccess = 0 };
using cudaError_t = cudaError;
enum cudaMemcpyKind : int { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };
using cudaStream_t = struct CUstream_st*;
struct dim3 {
  unsigned x, y, z;
};

extern "C" {
cudaError_t cudaMalloc(void** data, std::size_t bytes);
cudaError_t cudaFree(void* data);
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind);
cudaError_t cudaDeviceSynchronize();
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDevice(int* device);
cudaError_t cudaGetLastError();
cudaError_t cudaPeekAtLastError();
cudaError_t cudaLaunchKernel(const void* kernel, dim3 grid, dim3 block, void** arguments,
                             std::size_t shared_bytes, cudaStream_t stream);
}
