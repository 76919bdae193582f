// Every vendor call's status goes through here: success passes, anything else is a NativeError.
#pragma once

#include <optional>

#include "api/cudart_api.h"
#include "errors/native_error.h"

namespace gpuex {

// What the failing call was about.
struct CallContext {
  std::optional<int> device;
  std::optional<double> requested_bytes;
};

[[noreturn]] void ThrowStatus(Library library, int status, const char* call,
                              const CallContext& context);

// For libraries without a last error: driver, NVML, cuDNN. Here, because success is to cost nothing.
inline void Check(Library library, int status, const char* call, const CallContext& context = {}) {
  if (status != 0) ThrowStatus(library, status, call, context);
}

// For the runtime. After a failure that is not sticky the thread's last error is cleared, by one
// call: without a driver it never clears, and a loop would not end. Must run on the thread that
// made the call.
[[noreturn]] void ThrowCudartStatus(const CudartApi& cudart, int status, const char* call,
                                    const CallContext& context);
inline void CheckCudart(const CudartApi& cudart, int status, const char* call,
                        const CallContext& context = {}) {
  if (status != abi::cudart::cudaSuccess) ThrowCudartStatus(cudart, status, call, context);
}

// The same as a value, for callers that add to it before they throw.
NativeError CudartError(const CudartApi& cudart, int status, const char* call,
                        const CallContext& context);

}  // namespace gpuex
