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

#include "gpu_exceptions/capture.h"
#include "gpu_exceptions/js_error.h"

/**
 * Leaves the calling function if the call failed: in a source file that uses node-addon-api with C++
 * exceptions by throwing a Napi::Error, otherwise by `return {}` with the error pending. On the
 * environment's thread only. `env` is a napi_env or a Napi::Env; it is evaluated on failure only.
 */
#define GPU_EXCEPTIONS_CHECK(env, ...) \
  GPU_EXCEPTIONS_LEAVE_IF_FAILED_(env, GPU_EXCEPTIONS_CAPTURED_(#__VA_ARGS__, __VA_ARGS__))

/** The same for an allocation of so many bytes. */
#define GPU_EXCEPTIONS_CHECK_ALLOC(env, bytes, ...) \
  GPU_EXCEPTIONS_LEAVE_IF_FAILED_(                  \
      env, GPU_EXCEPTIONS_CAPTURED_(#__VA_ARGS__, __VA_ARGS__).Requesting(bytes))

/**
 * Whether the call succeeded; if not, the error is pending. Never a C++ exception, never a return:
 * for functions that have something to clean up, or that `return {}` does not fit. `env` is evaluated
 * once, also on success.
 */
#define GPU_EXCEPTIONS_OK(env, ...)     \
  (::gpu_exceptions::detail::Succeeded( \
      env, GPU_EXCEPTIONS_CAPTURED_(#__VA_ARGS__, __VA_ARGS__)))

// For plain numbers, whose type tells nothing, the library is named. GPU_EXCEPTIONS_OK takes the
// captured form.
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

#define GPU_EXCEPTIONS_CHECK_NUMBERED_(env, library, text, ...) \
  GPU_EXCEPTIONS_LEAVE_IF_FAILED_(env, GPU_EXCEPTIONS_NUMBERED_(library, text, __VA_ARGS__))

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
// A source file that includes napi.h too late would return where it is meant to throw. The name of
// napi.h's guard expands to nothing once it was read.
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
