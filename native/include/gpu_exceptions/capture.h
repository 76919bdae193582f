// Making a Status of a call. This file needs neither Node-API nor a vendor's header, so a .cu file
// that knows nothing of JavaScript may include it alone.
#pragma once

#include <string_view>
#include <type_traits>

#include "call_name.h"
#include "codes.h"
#include "library_of.h"
#include "runtime.h"
#include "status.h"

// A failure's code is kept out of the way of a success.
#if defined(_MSC_VER)
#define GPU_EXCEPTIONS_COLD_ __declspec(noinline)
#else
#define GPU_EXCEPTIONS_COLD_ __attribute__((noinline, cold))
#endif

namespace gpu_exceptions {
namespace detail GPU_EXCEPTIONS_HIDDEN_ {

template <class Cudart, class Hip>
GPU_EXCEPTIONS_COLD_ Status Failure(Library library, int code, const char* call, const char* file,
                                    int line) {
  Status status;
  status.library = library;
  status.code = code;
  const std::string_view name = CalledName(call);
  status.call = name.empty() ? nullptr : name.data();
  status.file = file;
  status.line = line;
  // "Not ready" leaves no error behind, and what is there belongs to somebody else.
  if (IsStatus(library, code)) return status;
  const ThreadState state = StateAfter<Cudart, Hip>(library);
  status.device = state.device;
  status.last_error = state.last_error;
  return status;
}

}  // namespace detail

/** The status of a call that answers a plain number. On the thread that made the call. */
template <class Cudart, class Hip>
inline Status CaptureNumber(Library library, int code, const char* call, const char* file,
                            int line) {
  if (code != 0) return detail::Failure<Cudart, Hip>(library, code, call, file, line);
  Status success;
  success.library = library;
  return success;
}

/** The same for a vendor's type, which tells the library. */
template <class Cudart, class Hip, class T>
inline Status Capture(T code, const char* call, const char* file, int line) {
  if constexpr (std::is_same_v<T, Status>) {
    return code;
  } else {
    static_assert(kIsKnownStatus<T>,
                  "this type is no status that gpu_exceptions.h knows; for a plain number name the "
                  "library: GPU_EXCEPTIONS_CHECK_CUDART, GPU_EXCEPTIONS_CAPTURE_NVML and so on");
    constexpr Library kLibrary = kLibraryOf<T>;
    static_assert(kLibrary != Library::kCudart || detail::kIsDeclared<Cudart>,
                  "include cuda_runtime_api.h before gpu_exceptions.h, or define "
                  "GPU_EXCEPTIONS_FIND_RUNTIME to have the runtime looked up instead of linked");
    static_assert(kLibrary != Library::kHip || detail::kIsDeclared<Hip>,
                  "include hip/hip_runtime_api.h before gpu_exceptions.h, or define "
                  "GPU_EXCEPTIONS_FIND_RUNTIME to have the runtime looked up instead of linked");
    return CaptureNumber<Cudart, Hip>(kLibrary, static_cast<int>(code), call, file, line);
  }
}

}  // namespace gpu_exceptions

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

// For plain numbers, whose type tells nothing, the library is named.
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

// How the macros above are made; not to be used.

#define GPU_EXCEPTIONS_CAPTURED_(text, ...)                               \
  ::gpu_exceptions::Capture<GPU_EXCEPTIONS_CUDART_, GPU_EXCEPTIONS_HIP_>( \
      (__VA_ARGS__), text, __FILE__, __LINE__)

#define GPU_EXCEPTIONS_NUMBERED_(library, text, ...)                            \
  ::gpu_exceptions::CaptureNumber<GPU_EXCEPTIONS_CUDART_, GPU_EXCEPTIONS_HIP_>( \
      ::gpu_exceptions::Library::library, static_cast<int>(__VA_ARGS__), text, __FILE__, __LINE__)

#define GPU_EXCEPTIONS_RETURN_IF_FAILED_(...)                            \
  do {                                                                   \
    const ::gpu_exceptions::Status gpu_exceptions_status_ = __VA_ARGS__; \
    if (!gpu_exceptions_status_.ok()) return gpu_exceptions_status_;     \
  } while (false)
