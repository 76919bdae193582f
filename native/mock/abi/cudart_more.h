// CUDA runtime API: what the stand-in gives to programs that other people wrote, beyond what the
// addon calls (native/abi/cudart_abi.h). Written by hand from driver_types.h, cuda_runtime_api.h and
// crt/host_runtime.h of CUDA Toolkit 13.0; no SDK header is needed to build.
#pragma once

#include <cstddef>

#include "abi/cudart_abi.h"

namespace gpuex::abi::cudart {

struct CUkern_st;
using cudaKernel_t = CUkern_st*;

struct dim3 {
  unsigned int x, y, z;
};
static_assert(sizeof(dim3) == 12);

// Stream handles that name no stream object.
inline constexpr size_t kStreamLegacy = 1;
inline constexpr size_t kStreamPerThread = 2;

struct cudaFuncAttributes {
  size_t sharedSizeBytes;
  size_t constSizeBytes;
  size_t localSizeBytes;
  int maxThreadsPerBlock;
  int numRegs;
  int ptxVersion;
  int binaryVersion;
  int cacheModeCA;
  int maxDynamicSharedSizeBytes;
  int preferredShmemCarveout;
  int clusterDimMustBeSet;
  int requiredClusterWidth;
  int requiredClusterHeight;
  int requiredClusterDepth;
  int clusterSchedulingPolicyPreference;
  int nonPortableClusterSizeAllowed;
  int reserved[16];
};
static_assert(sizeof(cudaFuncAttributes) == 144 && offsetof(cudaFuncAttributes, binaryVersion) == 36);

// CUDA 13 appends `long reserved[8]`, which stays untouched: callers of 12 give no room for it.
struct cudaPointerAttributes {
  int type;
  int device;
  void* devicePointer;
  void* hostPointer;
};
static_assert(sizeof(cudaPointerAttributes) == 24);

struct cudaLaunchConfig_t {
  dim3 gridDim;
  dim3 blockDim;
  size_t dynamicSmemBytes;
  cudaStream_t stream;
  void* attrs;
  unsigned int numAttrs;
};
static_assert(sizeof(cudaLaunchConfig_t) == 56 && offsetof(cudaLaunchConfig_t, stream) == 32);

// struct cudaDeviceProp; its layout changed with CUDA 13.
struct DeviceProp13 {
  char name[256];
  unsigned char uuid[16];
  char luid[8];
  unsigned int luidDeviceNodeMask;
  size_t totalGlobalMem;
  size_t sharedMemPerBlock;
  int regsPerBlock;
  int warpSize;
  size_t memPitch;
  int maxThreadsPerBlock;
  int maxThreadsDim[3];
  int maxGridSize[3];
  size_t totalConstMem;
  int major;
  int minor;
  size_t textureAlignment;
  size_t texturePitchAlignment;
  int multiProcessorCount;
  int integrated;
  int canMapHostMemory;
  int textures[39];  // maxTexture1D to maxSurfaceCubemapLayered; the stand-in has none
  size_t surfaceAlignment;
  int concurrentKernels;
  int ECCEnabled;
  int pciBusID;
  int pciDeviceID;
  int pciDomainID;
  int tccDriver;
  int asyncEngineCount;
  int unifiedAddressing;
  int memoryBusWidth;
  int l2CacheSize;
  int persistingL2CacheMaxSize;
  int maxThreadsPerMultiProcessor;
  int streamPrioritiesSupported;
  int globalL1CacheSupported;
  int localL1CacheSupported;
  size_t sharedMemPerMultiprocessor;
  int regsPerMultiprocessor;
  int managedMemory;
  int isMultiGpuBoard;
  int multiGpuBoardGroupID;
  int hostNativeAtomicSupported;
  int pageableMemoryAccess;
  int concurrentManagedAccess;
  int computePreemptionSupported;
  int canUseHostPointerForRegisteredMem;
  int cooperativeLaunch;
  size_t sharedMemPerBlockOptin;
  int pageableMemoryAccessUsesHostPageTables;
  int directManagedMemAccessFromHost;
  int maxBlocksPerMultiProcessor;
  int accessPolicyMaxWindowSize;
  size_t reservedSharedMemPerBlock;
  int hostRegisterSupported;
  int others[10];  // sparseCudaArraySupported to ipcEventSupported
  int clusterLaunch;
  int unifiedFunctionPointers;
  int numaAndPci[7];
  int reserved[56];
};
static_assert(sizeof(DeviceProp13) == 1008 && offsetof(DeviceProp13, totalGlobalMem) == 288 &&
              offsetof(DeviceProp13, major) == 360 &&
              offsetof(DeviceProp13, multiProcessorCount) == 384 &&
              offsetof(DeviceProp13, integrated) == 388 &&
              offsetof(DeviceProp13, pciBusID) == 568 &&
              offsetof(DeviceProp13, sharedMemPerBlockOptin) == 672);

// As driver_types.h of CUDA Toolkit 12.6 has it; see test/fixtures/abi/cuda.json.
struct DeviceProp12 {
  char name[256];
  unsigned char uuid[16];
  char luid[8];
  unsigned int luidDeviceNodeMask;
  size_t totalGlobalMem;
  size_t sharedMemPerBlock;
  int regsPerBlock;
  int warpSize;
  size_t memPitch;
  int maxThreadsPerBlock;
  int maxThreadsDim[3];
  int maxGridSize[3];
  int clockRate;
  size_t totalConstMem;
  int major;
  int minor;
  size_t textureAlignment;
  size_t texturePitchAlignment;
  int deviceOverlap;
  int multiProcessorCount;
  int kernelExecTimeoutEnabled;
  int integrated;
  int canMapHostMemory;
  int computeMode;
  int textures[40];  // as above, and maxTexture1DLinear
  size_t surfaceAlignment;
  int concurrentKernels;
  int ECCEnabled;
  int pciBusID;
  int pciDeviceID;
  int pciDomainID;
  int tccDriver;
  int asyncEngineCount;
  int unifiedAddressing;
  int memoryClockRate;
  int memoryBusWidth;
  int l2CacheSize;
  int persistingL2CacheMaxSize;
  int maxThreadsPerMultiProcessor;
  int streamPrioritiesSupported;
  int globalL1CacheSupported;
  int localL1CacheSupported;
  size_t sharedMemPerMultiprocessor;
  int regsPerMultiprocessor;
  int managedMemory;
  int isMultiGpuBoard;
  int multiGpuBoardGroupID;
  int hostNativeAtomicSupported;
  int singleToDoublePrecisionPerfRatio;
  int pageableMemoryAccess;
  int concurrentManagedAccess;
  int computePreemptionSupported;
  int canUseHostPointerForRegisteredMem;
  int cooperativeLaunch;
  int cooperativeMultiDeviceLaunch;
  size_t sharedMemPerBlockOptin;
  int pageableMemoryAccessUsesHostPageTables;
  int directManagedMemAccessFromHost;
  int maxBlocksPerMultiProcessor;
  int accessPolicyMaxWindowSize;
  size_t reservedSharedMemPerBlock;
  int hostRegisterSupported;
  int others[10];
  int clusterLaunch;
  int unifiedFunctionPointers;
  int reserved[63];
};
static_assert(sizeof(DeviceProp12) == 1032);

// As in cudart_abi.h, one list for each file of the stand-in; `modelled` stands where a presence
// would: the stand-in does what they say.
#define GPUEX_CUDART_DEVICE_FUNCTIONS(X)                                                           \
  X(modelled, const char*, cudaGetErrorName, (cudaError_t error))                                  \
  X(modelled, const char*, cudaGetErrorString, (cudaError_t error))                                \
  X(modelled, cudaError_t, cudaSetDevice, (int device))                                            \
  X(modelled, cudaError_t, cudaDeviceGetAttribute, (int* value, int attr, int device))             \
  X(modelled, cudaError_t, cudaDeviceGetPCIBusId, (char* pciBusId, int len, int device))           \
  X(modelled, cudaError_t, cudaDeviceCanAccessPeer,                                                \
    (int* canAccessPeer, int device, int peerDevice))                                              \
  X(modelled, cudaError_t, cudaDeviceEnablePeerAccess, (int peerDevice, unsigned int flags))       \
  X(modelled, cudaError_t, cudaDeviceDisablePeerAccess, (int peerDevice))                          \
  X(modelled, cudaError_t, cudaDeviceReset, ())                                                    \
  X(modelled, cudaError_t, cudaSetDeviceFlags, (unsigned int flags))                               \
  X(modelled, cudaError_t, cudaDeviceGetStreamPriorityRange,                                       \
    (int* leastPriority, int* greatestPriority))

#define GPUEX_CUDART_MEMORY_FUNCTIONS(X)                                                           \
  X(modelled, cudaError_t, cudaMallocHost, (void** ptr, size_t size))                              \
  X(modelled, cudaError_t, cudaHostRegister, (void* ptr, size_t size, unsigned int flags))         \
  X(modelled, cudaError_t, cudaHostUnregister, (void* ptr))                                        \
  X(modelled, cudaError_t, cudaHostGetDevicePointer,                                               \
    (void** pDevice, void* pHost, unsigned int flags))                                             \
  X(modelled, cudaError_t, cudaMallocManaged, (void** devPtr, size_t size, unsigned int flags))    \
  X(modelled, cudaError_t, cudaPointerGetAttributes,                                               \
    (cudaPointerAttributes * attributes, const void* ptr))                                         \
  X(modelled, cudaError_t, cudaMemcpy, (void* dst, const void* src, size_t count, int kind))       \
  X(modelled, cudaError_t, cudaMemcpy2DAsync,                                                      \
    (void* dst, size_t dpitch, const void* src, size_t spitch, size_t width, size_t height,        \
     int kind, cudaStream_t stream))                                                               \
  X(modelled, cudaError_t, cudaMemset, (void* devPtr, int value, size_t count))

#define GPUEX_CUDART_STREAM_FUNCTIONS(X)                                                           \
  X(modelled, cudaError_t, cudaStreamCreate, (cudaStream_t * pStream))                             \
  X(modelled, cudaError_t, cudaStreamCreateWithFlags,                                              \
    (cudaStream_t * pStream, unsigned int flags))                                                  \
  X(modelled, cudaError_t, cudaStreamSynchronize, (cudaStream_t stream))                           \
  X(modelled, cudaError_t, cudaStreamIsCapturing, (cudaStream_t stream, int* pCaptureStatus))      \
  X(modelled, cudaError_t, cudaEventCreate, (cudaEvent_t * event))                                 \
  X(modelled, cudaError_t, cudaEventSynchronize, (cudaEvent_t event))

#define GPUEX_CUDART_LAUNCH_FUNCTIONS(X)                                                           \
  X(modelled, void**, __cudaRegisterFatBinary, (void* fatCubin))                                   \
  X(modelled, void, __cudaRegisterFatBinaryEnd, (void** fatCubinHandle))                           \
  X(modelled, void, __cudaUnregisterFatBinary, (void** fatCubinHandle))                            \
  X(modelled, char, __cudaInitModule, (void** fatCubinHandle))                                     \
  X(modelled, void, __cudaRegisterFunction,                                                        \
    (void** fatCubinHandle, const char* hostFun, char* deviceFun, const char* deviceName,          \
     int thread_limit, void* tid, void* bid, dim3* bDim, dim3* gDim, int* wSize))                  \
  X(modelled, void, __cudaRegisterVar,                                                             \
    (void** fatCubinHandle, char* hostVar, char* deviceAddress, const char* deviceName, int ext,   \
     size_t size, int constant, int global))                                                       \
  X(modelled, unsigned int, __cudaPushCallConfiguration,                                           \
    (dim3 gridDim, dim3 blockDim, size_t sharedMem, cudaStream_t stream))                          \
  X(modelled, cudaError_t, __cudaPopCallConfiguration,                                             \
    (dim3 * gridDim, dim3 * blockDim, size_t * sharedMem, void* stream))                           \
  X(modelled, cudaError_t, __cudaGetKernel, (cudaKernel_t * kernel, const void* entryFuncAddr))    \
  X(modelled, cudaError_t, __cudaLaunchKernel,                                                     \
    (cudaKernel_t kernel, dim3 gridDim, dim3 blockDim, void** args, size_t sharedMem,              \
     cudaStream_t stream))                                                                         \
  X(modelled, cudaError_t, cudaLaunchKernel,                                                       \
    (const void* func, dim3 gridDim, dim3 blockDim, void** args, size_t sharedMem,                 \
     cudaStream_t stream))                                                                         \
  X(modelled, cudaError_t, cudaLaunchCooperativeKernel,                                            \
    (const void* func, dim3 gridDim, dim3 blockDim, void** args, size_t sharedMem,                 \
     cudaStream_t stream))                                                                         \
  X(modelled, cudaError_t, cudaLaunchKernelExC,                                                    \
    (const cudaLaunchConfig_t* config, const void* func, void** args))                             \
  X(modelled, cudaError_t, cudaFuncGetAttributes, (cudaFuncAttributes * attr, const void* func))   \
  X(modelled, cudaError_t, cudaFuncSetAttribute, (const void* func, int attr, int value))          \
  X(modelled, cudaError_t, cudaOccupancyMaxActiveBlocksPerMultiprocessor,                          \
    (int* numBlocks, const void* func, int blockSize, size_t dynamicSMemSize))                     \
  X(modelled, cudaError_t, cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags,                 \
    (int* numBlocks, const void* func, int blockSize, size_t dynamicSMemSize, unsigned int flags))

// Of one major version only.
#define GPUEX_CUDART13_FUNCTIONS(X) \
  X(modelled, cudaError_t, cudaGetDeviceProperties, (DeviceProp13 * prop, int device))
#define GPUEX_CUDART12_FUNCTIONS(X) \
  X(modelled, cudaError_t, cudaGetDeviceProperties_v2, (DeviceProp12 * prop, int device))

// Of every version.
#define GPUEX_CUDART_SHARED_FUNCTIONS(X) \
  GPUEX_CUDART_DEVICE_FUNCTIONS(X)     \
  GPUEX_CUDART_MEMORY_FUNCTIONS(X)     \
  GPUEX_CUDART_STREAM_FUNCTIONS(X)     \
  GPUEX_CUDART_LAUNCH_FUNCTIONS(X)

#define GPUEX_CUDART_MORE_FUNCTIONS(X) \
  GPUEX_CUDART_SHARED_FUNCTIONS(X)     \
  GPUEX_CUDART13_FUNCTIONS(X)          \
  GPUEX_CUDART12_FUNCTIONS(X)

}  // namespace gpuex::abi::cudart
