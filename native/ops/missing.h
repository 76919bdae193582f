// What a call needed and did not find, so that no library has answered: its function, memory, or a
// thread.
#pragma once

#include "errors/native_error.h"

namespace gpuex {

// The runtime's (or the driver's) function, or a NativeError that says that the loaded version has none.
template <typename Function>
Function Needed(Function function, const char* name, int device,
                Library library = Library::kCudart) {
  if (function != nullptr) return function;
  NativeError error(library);
  error.call = name;
  error.device = device;
  error.detail = library == Library::kCudart ? "the loaded CUDA runtime does not have it"
                                             : "the loaded driver does not have it";
  throw error;
}

// For the process's own memory and threads. `call`: of the runtime, null where it is not known.
// Called where memory may be short: then it says less.
NativeError OutOfResources(const char* call, int device) noexcept;

}  // namespace gpuex
