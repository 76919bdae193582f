// What the GPU runtime says about the calling thread: its current device and its last error. Asked
// after a failure only.
//
// The runtime that counts is the copy that this addon calls. Where the vendor's header came first,
// its functions are called as the addon's own code calls them, so that a static copy is met, too.
// Otherwise they are looked up in what the addon is linked with; where they are not found, the
// device is unknown, and no last error is read or cleared.
#pragma once

#include "codes.h"
#include "status.h"

#if defined(_WIN32)
#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace gpu_exceptions {

namespace detail GPU_EXCEPTIONS_HIDDEN_ {

struct ThreadState {
  int device = kUnknown;
  int last_error = 0;
};

struct CudartNames {
  static constexpr const char* kGetDevice = "cudaGetDevice";
  static constexpr const char* kPeekAtLastError = "cudaPeekAtLastError";
  static constexpr const char* kGetLastError = "cudaGetLastError";
  static constexpr const char* kModules[] = {"cudart64_13", "cudart64_12", "cudart64_110"};
};

struct HipNames {
  static constexpr const char* kGetDevice = "hipGetDevice";
  static constexpr const char* kPeekAtLastError = "hipPeekAtLastError";
  static constexpr const char* kGetLastError = "hipGetLastError";
  static constexpr const char* kModules[] = {"amdhip64_7", "amdhip64_6", "amdhip64"};
};

template <class Names>
struct FoundRuntime {
  static int GetDevice(int* device) {
    const auto ask = Find<int (*)(int*)>(Names::kGetDevice);
    return ask == nullptr ? kUnknown : ask(device);
  }
  static int PeekAtLastError() {
    const auto ask = Find<int (*)()>(Names::kPeekAtLastError);
    return ask == nullptr ? 0 : ask();
  }
  static void ClearLastError() {
    if (const auto ask = Find<int (*)()>(Names::kGetLastError)) ask();
  }

 private:
  template <class Function>
  static Function Find(const char* symbol) {
#if defined(_WIN32)
    for (const char* name : Names::kModules) {
      const HMODULE module = GetModuleHandleA(name);
      const FARPROC found = module == nullptr ? nullptr : GetProcAddress(module, symbol);
      if (found != nullptr) return reinterpret_cast<Function>(reinterpret_cast<void*>(found));
    }
    return nullptr;
#else
    // The caller's own scope: the program, the addon and what the addon is linked with.
    return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, symbol));
#endif
  }
};

// Looked up as well, but nobody said that it should be: the runtime may be linked statically, and
// its header have come too late. A status of its own type is then refused at compile time.
template <class Names>
struct UndeclaredRuntime : FoundRuntime<Names> {};

template <class Runtime>
inline constexpr bool kIsDeclared = true;
template <class Names>
inline constexpr bool kIsDeclared<UndeclaredRuntime<Names>> = false;

#if defined(CUDART_VERSION) && !defined(GPU_EXCEPTIONS_FIND_RUNTIME)
struct LinkedCudart {
  static int GetDevice(int* device) { return static_cast<int>(::cudaGetDevice(device)); }
  static int PeekAtLastError() { return static_cast<int>(::cudaPeekAtLastError()); }
  static void ClearLastError() { static_cast<void>(::cudaGetLastError()); }
};
#define GPU_EXCEPTIONS_CUDART_ ::gpu_exceptions::detail::LinkedCudart
#elif defined(GPU_EXCEPTIONS_FIND_RUNTIME)
#define GPU_EXCEPTIONS_CUDART_ \
  ::gpu_exceptions::detail::FoundRuntime<::gpu_exceptions::detail::CudartNames>
#else
#define GPU_EXCEPTIONS_CUDART_ \
  ::gpu_exceptions::detail::UndeclaredRuntime<::gpu_exceptions::detail::CudartNames>
#endif

#if defined(HIP_VERSION) && !defined(GPU_EXCEPTIONS_FIND_RUNTIME)
struct LinkedHip {
  static int GetDevice(int* device) { return static_cast<int>(::hipGetDevice(device)); }
  static int PeekAtLastError() { return static_cast<int>(::hipPeekAtLastError()); }
  static void ClearLastError() { static_cast<void>(::hipGetLastError()); }
};
#define GPU_EXCEPTIONS_HIP_ ::gpu_exceptions::detail::LinkedHip
#elif defined(GPU_EXCEPTIONS_FIND_RUNTIME)
#define GPU_EXCEPTIONS_HIP_ \
  ::gpu_exceptions::detail::FoundRuntime<::gpu_exceptions::detail::HipNames>
#else
#define GPU_EXCEPTIONS_HIP_ \
  ::gpu_exceptions::detail::UndeclaredRuntime<::gpu_exceptions::detail::HipNames>
#endif

// The driver keeps no last error. There is one driver in a process, wherever it was loaded from;
// it is not loaded for this.
inline int CurrentDriverDevice() {
  using GetDevice = int (*)(int*);
  int device = kUnknown;
#if defined(_WIN32)
  const HMODULE driver = GetModuleHandleA("nvcuda");
  if (driver == nullptr) return kUnknown;
  const auto ask = reinterpret_cast<GetDevice>(
      reinterpret_cast<void*>(GetProcAddress(driver, "cuCtxGetDevice")));
  return ask != nullptr && ask(&device) == 0 ? device : kUnknown;
#else
  void* driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
  if (driver == nullptr) return kUnknown;
  const auto ask = reinterpret_cast<GetDevice>(dlsym(driver, "cuCtxGetDevice"));
  const bool known = ask != nullptr && ask(&device) == 0;
  dlclose(driver);
  return known ? device : kUnknown;
#endif
}

// The device is asked between the two, since asking may itself leave an error.
template <class Runtime>
ThreadState ReadAndClear(Library runtime) {
  ThreadState state;
  state.last_error = Runtime::PeekAtLastError();
  int device = kUnknown;
  if (Runtime::GetDevice(&device) == 0) state.device = device;
  if (state.last_error != 0 && !IsSticky(runtime, state.last_error)) Runtime::ClearLastError();
  return state;
}

template <class Cudart, class Hip>
ThreadState StateAfter(Library failed) {
  switch (failed) {
    case Library::kCudart:
    case Library::kCudnn:
    case Library::kCublas:
    case Library::kCufft:
    case Library::kCurand:
    case Library::kCusparse:
    case Library::kCusolver:
    case Library::kNccl:
    case Library::kTensorrt:
      return ReadAndClear<Cudart>(Library::kCudart);
    case Library::kHip:
      return ReadAndClear<Hip>(Library::kHip);
    case Library::kCuda:
      return {CurrentDriverDevice(), 0};
    // These know no current device and leave no error behind.
    case Library::kNvml:
    case Library::kNvrtc:
    case Library::kRocmSmi:
      break;
  }
  return {};
}

}  // namespace detail
}  // namespace gpu_exceptions
