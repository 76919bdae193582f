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
inline constexpr cudaError_t cudaErrorNotReady = 600;
inline constexpr cudaError_t cudaErrorNotSupported = 801;

struct CUstream_st;
struct CUevent_st;
using cudaStream_t = CUstream_st*;
using cudaEvent_t = CUevent_st*;
using cudaHostFn_t = void (*)(void* userData);

// Flags of streams, events and host memory.
inline constexpr unsigned int cudaStreamNonBlocking = 1;
inline constexpr unsigned int cudaEventDisableTiming = 2;
inline constexpr unsigned int cudaHostAllocPortable = 1;

// enum cudaMemcpyKind
inline constexpr int cudaMemcpyHostToDevice = 1;
inline constexpr int cudaMemcpyDeviceToHost = 2;
inline constexpr int cudaMemcpyDeviceToDevice = 3;

// X(presence, result, name, parameters). `required`: without it the library is refused and the
// symbol named; `optional`: null when missing, reported as not supported by the loaded version.
#define GPUEX_CUDART_BASE_FUNCTIONS(X)                                   \
  X(required, cudaError_t, cudaRuntimeGetVersion, (int* runtimeVersion)) \
  X(required, cudaError_t, cudaDriverGetVersion, (int* driverVersion))   \
  X(required, cudaError_t, cudaGetLastError, ())                         \
  X(required, cudaError_t, cudaPeekAtLastError, ())                      \
  X(required, cudaError_t, cudaGetDeviceCount, (int* count))             \
  X(required, cudaError_t, cudaGetDevice, (int* device))                 \
  X(required, cudaError_t, cudaMalloc, (void** devPtr, size_t size))     \
  X(required, cudaError_t, cudaFree, (void* devPtr))                     \
  X(required, cudaError_t, cudaMemGetInfo, (size_t * free, size_t * total))

// What only GPU work needs. The plain names, whose stream 0 is the legacy default stream; the
// variants for per-thread default streams (`_ptds`, `_ptsz`) are other functions.
#define GPUEX_CUDART_WORK_MEMORY_FUNCTIONS(X)                                                      \
  X(optional, cudaError_t, cudaHostAlloc, (void** pHost, size_t size, unsigned int flags))         \
  X(optional, cudaError_t, cudaFreeHost, (void* ptr))                                              \
  X(optional, cudaError_t, cudaMallocAsync, (void** devPtr, size_t size, cudaStream_t stream))     \
  X(optional, cudaError_t, cudaFreeAsync, (void* devPtr, cudaStream_t stream))                     \
  X(optional, cudaError_t, cudaMemcpyAsync,                                                        \
    (void* dst, const void* src, size_t count, int kind, cudaStream_t stream))                     \
  X(optional, cudaError_t, cudaMemcpyPeerAsync,                                                    \
    (void* dst, int dstDevice, const void* src, int srcDevice, size_t count, cudaStream_t stream)) \
  X(optional, cudaError_t, cudaMemsetAsync,                                                        \
    (void* devPtr, int value, size_t count, cudaStream_t stream))

#define GPUEX_CUDART_WORK_STREAM_FUNCTIONS(X)                                         \
  X(optional, cudaError_t, cudaDeviceSynchronize, ())                                 \
  X(optional, cudaError_t, cudaStreamCreateWithPriority,                              \
    (cudaStream_t * pStream, unsigned int flags, int priority))                       \
  X(optional, cudaError_t, cudaStreamDestroy, (cudaStream_t stream))                  \
  X(optional, cudaError_t, cudaStreamQuery, (cudaStream_t stream))                    \
  X(optional, cudaError_t, cudaStreamWaitEvent,                                       \
    (cudaStream_t stream, cudaEvent_t event, unsigned int flags))                     \
  X(optional, cudaError_t, cudaLaunchHostFunc,                                        \
    (cudaStream_t stream, cudaHostFn_t fn, void* userData))                           \
  X(optional, cudaError_t, cudaEventCreateWithFlags,                                  \
    (cudaEvent_t * event, unsigned int flags))                                        \
  X(optional, cudaError_t, cudaEventDestroy, (cudaEvent_t event))                     \
  X(optional, cudaError_t, cudaEventRecord, (cudaEvent_t event, cudaStream_t stream)) \
  X(optional, cudaError_t, cudaEventQuery, (cudaEvent_t event))                       \
  X(optional, cudaError_t, cudaEventElapsedTime,                                      \
    (float* ms, cudaEvent_t start, cudaEvent_t end))

#define GPUEX_CUDART_FUNCTIONS(X)       \
  GPUEX_CUDART_BASE_FUNCTIONS(X)        \
  GPUEX_CUDART_WORK_MEMORY_FUNCTIONS(X) \
  GPUEX_CUDART_WORK_STREAM_FUNCTIONS(X)

}  // namespace gpuex::abi::cudart
