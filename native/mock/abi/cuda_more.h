// CUDA driver API: what the stand-in gives beyond what the addon calls (native/abi/cuda_abi.h),
// written by hand from cuda.h of CUDA Toolkit 13.0. Suffixed names are the symbols that the header's
// macros stand for.
#pragma once

#include <cstddef>

#include "abi/cuda_abi.h"

namespace gpuex::abi::cuda {

using CUdeviceptr = unsigned long long;
struct CUevent_st;
using CUevent = CUevent_st*;
using cuuint64_t = unsigned long long;

// One list for each file of the stand-in.
#define GPUEX_CUDA_WORK_FUNCTIONS(X)                                                                \
  X(modelled, CUresult, cuGetErrorName, (CUresult error, const char** pStr))                        \
  X(modelled, CUresult, cuGetErrorString, (CUresult error, const char** pStr))                      \
  X(modelled, CUresult, cuGetProcAddress_v2,                                                        \
    (const char* symbol, void** pfn, int cudaVersion, cuuint64_t flags, int* symbolStatus))         \
  X(modelled, CUresult, cuGetExportTable, (const void** ppExportTable, const CUuuid* id))           \
  X(modelled, CUresult, cuCtxSetCurrent, (CUcontext ctx))                                           \
  X(modelled, CUresult, cuCtxGetDevice, (CUdevice * device))                                        \
  X(modelled, CUresult, cuCtxSynchronize, ())                                                       \
  X(modelled, CUresult, cuMemAlloc_v2, (CUdeviceptr * dptr, size_t bytesize))                       \
  X(modelled, CUresult, cuMemFree_v2, (CUdeviceptr dptr))                                           \
  X(modelled, CUresult, cuMemAllocHost_v2, (void** pp, size_t bytesize))                            \
  X(modelled, CUresult, cuMemFreeHost, (void* p))                                                   \
  X(modelled, CUresult, cuMemcpyHtoD_v2,                                                            \
    (CUdeviceptr dstDevice, const void* srcHost, size_t ByteCount))                                 \
  X(modelled, CUresult, cuMemcpyDtoH_v2, (void* dstHost, CUdeviceptr srcDevice, size_t ByteCount))  \
  X(modelled, CUresult, cuMemcpyDtoD_v2,                                                            \
    (CUdeviceptr dstDevice, CUdeviceptr srcDevice, size_t ByteCount))                               \
  X(modelled, CUresult, cuMemcpyHtoDAsync_v2,                                                       \
    (CUdeviceptr dstDevice, const void* srcHost, size_t ByteCount, CUstream hStream))               \
  X(modelled, CUresult, cuMemcpyDtoHAsync_v2,                                                       \
    (void* dstHost, CUdeviceptr srcDevice, size_t ByteCount, CUstream hStream))                     \
  X(modelled, CUresult, cuMemsetD8_v2, (CUdeviceptr dstDevice, unsigned char uc, size_t N))         \
  X(modelled, CUresult, cuMemsetD8Async,                                                            \
    (CUdeviceptr dstDevice, unsigned char uc, size_t N, CUstream hStream))                          \
  X(modelled, CUresult, cuStreamCreate, (CUstream * phStream, unsigned int Flags))                  \
  X(modelled, CUresult, cuStreamDestroy_v2, (CUstream hStream))                                     \
  X(modelled, CUresult, cuStreamSynchronize, (CUstream hStream))                                    \
  X(modelled, CUresult, cuStreamQuery, (CUstream hStream))                                          \
  X(modelled, CUresult, cuStreamWaitEvent, (CUstream hStream, CUevent hEvent, unsigned int Flags))  \
  X(modelled, CUresult, cuEventCreate, (CUevent * phEvent, unsigned int Flags))                     \
  X(modelled, CUresult, cuEventDestroy_v2, (CUevent hEvent))                                        \
  X(modelled, CUresult, cuEventRecord, (CUevent hEvent, CUstream hStream))                          \
  X(modelled, CUresult, cuEventSynchronize, (CUevent hEvent))                                       \
  X(modelled, CUresult, cuEventQuery, (CUevent hEvent))                                             \
  X(modelled, CUresult, cuEventElapsedTime_v2, (float* pMilliseconds, CUevent hStart, CUevent hEnd))

#define GPUEX_CUDA_MODULE_FUNCTIONS(X) \
  X(modelled, CUresult, cuModuleLoadData, (CUmodule * module, const void* image))

#define GPUEX_CUDA_MORE_FUNCTIONS(X) \
  GPUEX_CUDA_WORK_FUNCTIONS(X)       \
  GPUEX_CUDA_MODULE_FUNCTIONS(X)

}  // namespace gpuex::abi::cuda
