/**
 * For authors of Node.js addons that call GPU libraries: a call that fails becomes a JavaScript
 * error which the guard of gpu-exceptions recognises, wherever it is caught.
 *
 *     GPU_EXCEPTIONS_CHECK(env, cudaMalloc(&data, bytes));
 *
 * C++17, headers only: nothing is linked, no vendor's header is needed, and the npm package need
 * not be loaded, since what it reads is the tag on the error. Works with plain Node-API and with
 * node-addon-api, with C++ exceptions and without. Include napi.h and the runtime's header
 * (cuda_runtime.h, hip_runtime.h), where you use them, before this one; the compiler insists where
 * it matters. docs/your-own-addon.md is the guide.
 *
 * The tag is an object under `Symbol.for('gpu-exceptions.tag')` on the error, not enumerable:
 * `{ v: 1, library, code, call, device, requestedBytes, file, line }`, with null for what is not
 * known. The error's `code` is the vendor's name, where the number is known. What the runtime below
 * a library says besides (`cudaPeekAtLastError`) is a tagged error in `cause`.
 *
 * Each call is evaluated once, and on success costs a comparison. A failed one reads the calling
 * thread's device and last error and clears that error, unless it is documented as sticky (the
 * context is lost then, and stays so). 0 is success; "not ready" is not, but leaves the last error
 * alone.
 */
#pragma once

#if __cplusplus < 201703L && (!defined(_MSVC_LANG) || _MSVC_LANG < 201703L)
#error "gpu_exceptions.h needs C++17"
#endif

// Whether a failure leaves by a C++ exception must not depend on the order of two includes.
#if !defined(SRC_NAPI_H_) && (defined(NODE_ADDON_API_CPP_EXCEPTIONS) || \
                              defined(NODE_ADDON_API_CPP_EXCEPTIONS_ALL) || \
                              defined(NAPI_CPP_EXCEPTIONS))
#if __has_include(<napi.h>)
#include <napi.h>
#endif
#endif

#include "gpu_exceptions/codes.h"
#include "gpu_exceptions/js_error.h"
#include "gpu_exceptions/status.h"

/**
 * The Status of a call, whose library is told by its type: cudaError_t, CUresult, nvmlReturn_t,
 * cudnnStatus_t, cublasStatus_t, cufftResult, curandStatus_t, cusparseStatus_t, cusolverStatus_t,
 * ncclResult_t, nvrtcResult, hipError_t, rsmi_status_t, nvinfer1::ErrorCode; a Status stays as it
 * is. On any thread, which must be the one that makes the call.
 */
#define GPU_EXCEPTIONS_CAPTURE(...) GPU_EXCEPTIONS_CAPTURED_(#__VA_ARGS__, __VA_ARGS__)

/** For a worker's functions: returns the Status from the calling function if the call failed. */
#define GPU_EXCEPTIONS_TRY(...) \
  GPU_EXCEPTIONS_RETURN_IF_FAILED_(GPU_EXCEPTIONS_CAPTURED_(#__VA_ARGS__, __VA_ARGS__))

/** The same for an allocation of so many bytes. */
#define GPU_EXCEPTIONS_TRY_ALLOC(bytes, ...) \
  GPU_EXCEPTIONS_RETURN_IF_FAILED_(          \
      GPU_EXCEPTIONS_CAPTURED_(#__VA_ARGS__, __VA_ARGS__).Requesting(bytes))

/**
 * Leaves the calling function if the call failed: with node-addon-api and C++ exceptions by
 * throwing a Napi::Error, otherwise by `return {}` with the error pending. On the environment's
 * thread only. `env` is a napi_env or a Napi::Env; it is evaluated on failure only.
 */
#define GPU_EXCEPTIONS_CHECK(env, ...) \
  GPU_EXCEPTIONS_LEAVE_IF_FAILED_(env, GPU_EXCEPTIONS_CAPTURED_(#__VA_ARGS__, __VA_ARGS__))

/** The same for an allocation of so many bytes. */
#define GPU_EXCEPTIONS_CHECK_ALLOC(env, bytes, ...) \
  GPU_EXCEPTIONS_LEAVE_IF_FAILED_(                  \
      env, GPU_EXCEPTIONS_CAPTURED_(#__VA_ARGS__, __VA_ARGS__).Requesting(bytes))

/**
 * Whether the call succeeded; if not, the error is pending. Never a C++ exception, never a return:
 * for functions that have something to clean up, or that `return {}` does not fit.
 */
#define GPU_EXCEPTIONS_OK(env, ...)     \
  (::gpu_exceptions::detail::Succeeded( \
      env, GPU_EXCEPTIONS_CAPTURED_(#__VA_ARGS__, __VA_ARGS__)))

// For plain numbers, whose type tells nothing, the library is named. GPU_EXCEPTIONS_TRY and
// GPU_EXCEPTIONS_OK take the captured form.
#define GPU_EXCEPTIONS_CAPTURE_CUDART(...) \
  GPU_EXCEPTIONS_NUMBERED_(kCudart, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CAPTURE_CUDA(...) \
  GPU_EXCEPTIONS_NUMBERED_(kCuda, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CAPTURE_NVML(...) \
  GPU_EXCEPTIONS_NUMBERED_(kNvml, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CAPTURE_CUDNN(...) \
  GPU_EXCEPTIONS_NUMBERED_(kCudnn, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CAPTURE_CUBLAS(...) \
  GPU_EXCEPTIONS_NUMBERED_(kCublas, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CAPTURE_CUFFT(...) \
  GPU_EXCEPTIONS_NUMBERED_(kCufft, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CAPTURE_CURAND(...) \
  GPU_EXCEPTIONS_NUMBERED_(kCurand, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CAPTURE_CUSPARSE(...) \
  GPU_EXCEPTIONS_NUMBERED_(kCusparse, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CAPTURE_CUSOLVER(...) \
  GPU_EXCEPTIONS_NUMBERED_(kCusolver, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CAPTURE_NCCL(...) \
  GPU_EXCEPTIONS_NUMBERED_(kNccl, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CAPTURE_NVRTC(...) \
  GPU_EXCEPTIONS_NUMBERED_(kNvrtc, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CAPTURE_TENSORRT(...) \
  GPU_EXCEPTIONS_NUMBERED_(kTensorrt, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CAPTURE_HIP(...) \
  GPU_EXCEPTIONS_NUMBERED_(kHip, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CAPTURE_ROCM_SMI(...) \
  GPU_EXCEPTIONS_NUMBERED_(kRocmSmi, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CHECK_CUDART(env, ...) \
  GPU_EXCEPTIONS_CHECK_NUMBERED_(env, kCudart, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CHECK_CUDA(env, ...) \
  GPU_EXCEPTIONS_CHECK_NUMBERED_(env, kCuda, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CHECK_NVML(env, ...) \
  GPU_EXCEPTIONS_CHECK_NUMBERED_(env, kNvml, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CHECK_CUDNN(env, ...) \
  GPU_EXCEPTIONS_CHECK_NUMBERED_(env, kCudnn, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CHECK_CUBLAS(env, ...) \
  GPU_EXCEPTIONS_CHECK_NUMBERED_(env, kCublas, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CHECK_CUFFT(env, ...) \
  GPU_EXCEPTIONS_CHECK_NUMBERED_(env, kCufft, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CHECK_CURAND(env, ...) \
  GPU_EXCEPTIONS_CHECK_NUMBERED_(env, kCurand, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CHECK_CUSPARSE(env, ...) \
  GPU_EXCEPTIONS_CHECK_NUMBERED_(env, kCusparse, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CHECK_CUSOLVER(env, ...) \
  GPU_EXCEPTIONS_CHECK_NUMBERED_(env, kCusolver, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CHECK_NCCL(env, ...) \
  GPU_EXCEPTIONS_CHECK_NUMBERED_(env, kNccl, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CHECK_NVRTC(env, ...) \
  GPU_EXCEPTIONS_CHECK_NUMBERED_(env, kNvrtc, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CHECK_TENSORRT(env, ...) \
  GPU_EXCEPTIONS_CHECK_NUMBERED_(env, kTensorrt, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CHECK_HIP(env, ...) \
  GPU_EXCEPTIONS_CHECK_NUMBERED_(env, kHip, #__VA_ARGS__, __VA_ARGS__)
#define GPU_EXCEPTIONS_CHECK_ROCM_SMI(env, ...) \
  GPU_EXCEPTIONS_CHECK_NUMBERED_(env, kRocmSmi, #__VA_ARGS__, __VA_ARGS__)

// How the macros above are made; not to be used.

#define GPU_EXCEPTIONS_CAPTURED_(text, ...)                               \
  ::gpu_exceptions::Capture<GPU_EXCEPTIONS_CUDART_, GPU_EXCEPTIONS_HIP_>( \
      (__VA_ARGS__), text, __FILE__, __LINE__)

#define GPU_EXCEPTIONS_NUMBERED_(library, text, ...)                            \
  ::gpu_exceptions::CaptureNumber<GPU_EXCEPTIONS_CUDART_, GPU_EXCEPTIONS_HIP_>( \
      ::gpu_exceptions::Library::library, static_cast<int>(__VA_ARGS__), text, __FILE__, __LINE__)

#define GPU_EXCEPTIONS_CHECK_NUMBERED_(env, library, text, ...) \
  GPU_EXCEPTIONS_LEAVE_IF_FAILED_(env, GPU_EXCEPTIONS_NUMBERED_(library, text, __VA_ARGS__))

#define GPU_EXCEPTIONS_RETURN_IF_FAILED_(...)                            \
  do {                                                                   \
    const ::gpu_exceptions::Status gpu_exceptions_status_ = __VA_ARGS__; \
    if (!gpu_exceptions_status_.ok()) return gpu_exceptions_status_;     \
  } while (false)

#if defined(SRC_NAPI_H_) && defined(NODE_ADDON_API_CPP_EXCEPTIONS)
namespace gpu_exceptions {
namespace detail GPU_EXCEPTIONS_HIDDEN_ {

// An exception that is pending already is what is thrown, as node-addon-api does.
[[noreturn]] inline void ThrowInCpp(napi_env env, const Status& status) {
  status.Throw(env);
  throw ::Napi::Error::New(env);
}

}  // namespace detail
}  // namespace gpu_exceptions

#define GPU_EXCEPTIONS_LEAVE_IF_FAILED_(env, ...)                        \
  do {                                                                   \
    const ::gpu_exceptions::Status gpu_exceptions_status_ = __VA_ARGS__; \
    if (!gpu_exceptions_status_.ok())                                    \
      ::gpu_exceptions::detail::ThrowInCpp(env, gpu_exceptions_status_); \
  } while (false)
#else
// Only napi.h itself may know that there are C++ exceptions, and then it must come first. The name
// of its guard expands to nothing once it was read.
#if defined(SRC_NAPI_H_)
#define GPU_EXCEPTIONS_NAPI_IN_ORDER_ true
#else
#define GPU_EXCEPTIONS_NAPI_IN_ORDER_ false
#endif
#define GPU_EXCEPTIONS_NAPI_IN_ORDER_SRC_NAPI_H_ true
#define GPU_EXCEPTIONS_IN_ORDER_(guard) GPU_EXCEPTIONS_IN_ORDER_JOINED_(guard)
#define GPU_EXCEPTIONS_IN_ORDER_JOINED_(guard) GPU_EXCEPTIONS_NAPI_IN_ORDER_##guard

#define GPU_EXCEPTIONS_LEAVE_IF_FAILED_(env, ...)                        \
  do {                                                                   \
    static_assert(GPU_EXCEPTIONS_IN_ORDER_(SRC_NAPI_H_),                 \
                  "include napi.h before gpu_exceptions.h");             \
    const ::gpu_exceptions::Status gpu_exceptions_status_ = __VA_ARGS__; \
    if (!gpu_exceptions_status_.ok()) {                                  \
      gpu_exceptions_status_.Throw(env);                                 \
      return {};                                                         \
    }                                                                    \
  } while (false)
#endif
