// CUDA driver API: the few declarations we call, written by hand from the documentation of
// CUDA Toolkit 13.0 ("CUDA Driver API", cuda.h). The suffixed names are the symbols that the
// header's macros stand for. See cudart_abi.h for the conventions.
#pragma once

#include <cstddef>

namespace gpuex::abi::cuda {

using CUresult = int;  // enum cudaError_enum
inline constexpr CUresult CUDA_SUCCESS = 0;
inline constexpr CUresult CUDA_ERROR_INVALID_DEVICE = 101;

using CUdevice = int;
struct CUctx_st;
using CUcontext = CUctx_st*;

struct CUuuid {
  unsigned char bytes[16];
};
static_assert(sizeof(CUuuid) == 16);

// enum CUstreamCaptureMode
using CUstreamCaptureMode = int;
inline constexpr CUstreamCaptureMode CU_STREAM_CAPTURE_MODE_RELAXED = 2;

// enum CUdevice_attribute
using CUdevice_attribute = int;
inline constexpr CUdevice_attribute CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75;
inline constexpr CUdevice_attribute CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76;

// Modules and kernels.
struct CUmod_st;
struct CUfunc_st;
struct CUstream_st;
using CUmodule = CUmod_st*;
using CUfunction = CUfunc_st*;
using CUstream = CUstream_st*;

// enum CUjit_option
using CUjit_option = int;
inline constexpr CUjit_option CU_JIT_ERROR_LOG_BUFFER = 5;
inline constexpr CUjit_option CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6;

// enum CUfunction_attribute
using CUfunction_attribute = int;

#define GPUEX_CUDA_DEVICE_FUNCTIONS(X)                                                       \
  X(required, CUresult, cuInit, (unsigned int flags))                                        \
  X(required, CUresult, cuDriverGetVersion, (int* driverVersion))                            \
  X(required, CUresult, cuDeviceGetCount, (int* count))                                      \
  X(required, CUresult, cuDeviceGet, (CUdevice * device, int ordinal))                       \
  X(required, CUresult, cuDeviceGetName, (char* name, int len, CUdevice dev))                \
  X(optional, CUresult, cuDeviceGetAttribute,                                                \
    (int* pi, CUdevice_attribute attrib, CUdevice dev))                                      \
  X(optional, CUresult, cuDeviceGetUuid, (CUuuid * uuid, CUdevice dev))                      \
  X(optional, CUresult, cuDeviceGetUuid_v2, (CUuuid * uuid, CUdevice dev))                   \
  X(required, CUresult, cuDeviceGetPCIBusId, (char* pciBusId, int len, CUdevice dev))        \
  X(required, CUresult, cuDeviceTotalMem_v2, (size_t * bytes, CUdevice dev))                 \
  X(required, CUresult, cuDevicePrimaryCtxGetState,                                          \
    (CUdevice dev, unsigned int* flags, int* active))                                        \
  X(required, CUresult, cuDevicePrimaryCtxRetain, (CUcontext * pctx, CUdevice dev))          \
  X(required, CUresult, cuDevicePrimaryCtxRelease_v2, (CUdevice dev))                        \
  X(required, CUresult, cuCtxGetCurrent, (CUcontext * pctx))                                 \
  X(required, CUresult, cuCtxPushCurrent_v2, (CUcontext ctx))                                \
  X(required, CUresult, cuCtxPopCurrent_v2, (CUcontext * pctx))                              \
  X(required, CUresult, cuMemGetInfo_v2, (size_t * free, size_t * total))                    \
  X(optional, CUresult, cuThreadExchangeStreamCaptureMode, (CUstreamCaptureMode * mode))

// cuFuncGetParamInfo came with CUDA 12.4.
#define GPUEX_CUDA_KERNEL_FUNCTIONS(X)                                                       \
  X(optional, CUresult, cuModuleLoadDataEx,                                                  \
    (CUmodule * module, const void* image, unsigned int numOptions, CUjit_option* options,   \
     void** optionValues))                                                                   \
  X(optional, CUresult, cuModuleUnload, (CUmodule hmod))                                     \
  X(optional, CUresult, cuModuleGetFunction,                                                 \
    (CUfunction * hfunc, CUmodule hmod, const char* name))                                   \
  X(optional, CUresult, cuFuncGetAttribute,                                                  \
    (int* pi, CUfunction_attribute attrib, CUfunction hfunc))                                \
  X(optional, CUresult, cuFuncSetAttribute,                                                  \
    (CUfunction hfunc, CUfunction_attribute attrib, int value))                              \
  X(optional, CUresult, cuFuncGetParamInfo,                                                  \
    (CUfunction func, size_t paramIndex, size_t* paramOffset, size_t* paramSize))            \
  X(optional, CUresult, cuOccupancyMaxActiveBlocksPerMultiprocessor,                         \
    (int* numBlocks, CUfunction func, int blockSize, size_t dynamicSMemSize))                \
  X(optional, CUresult, cuLaunchKernel,                                                      \
    (CUfunction f, unsigned int gridDimX, unsigned int gridDimY, unsigned int gridDimZ,      \
     unsigned int blockDimX, unsigned int blockDimY, unsigned int blockDimZ,                 \
     unsigned int sharedMemBytes, CUstream hStream, void** kernelParams, void** extra))      \
  X(optional, CUresult, cuLaunchCooperativeKernel,                                           \
    (CUfunction f, unsigned int gridDimX, unsigned int gridDimY, unsigned int gridDimZ,      \
     unsigned int blockDimX, unsigned int blockDimY, unsigned int blockDimZ,                 \
     unsigned int sharedMemBytes, CUstream hStream, void** kernelParams))

#define GPUEX_CUDA_FUNCTIONS(X)  \
  GPUEX_CUDA_DEVICE_FUNCTIONS(X) \
  GPUEX_CUDA_KERNEL_FUNCTIONS(X)

}  // namespace gpuex::abi::cuda
