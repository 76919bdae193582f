/* Host implementations of kernels, for programs that run on the stand-in: C and C++.
 *
 * Nothing has to be linked. Without the stand-in, gpuExceptionsMockKernel answers -1 and changes
 * nothing, so a program may call it everywhere.
 */
#pragma once

#include <stddef.h>

#if !defined(_WIN32)
#include <dlfcn.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* One launch, on a worker thread, in its stream's turn. */
typedef struct GpuExceptionsMockLaunch {
  const char* kernel; /* as the compiler mangled it */
  unsigned grid[3];
  unsigned block[3];
  size_t shared_bytes;
  void* const* arguments; /* copies of what was given to the launch */
  /* Bytes of live device (or pinned, or managed) memory from this address on; 0: none. */
  size_t (*reachable)(const struct GpuExceptionsMockLaunch* launch, const void* address);
  /* The kernel touched what it must not: the context is lost with code 700. */
  void (*fault)(const struct GpuExceptionsMockLaunch* launch);
  void* internal;
  const char* registered; /* the name under which the implementation was registered */
  /* Of implementations that run elsewhere: called on the thread that touches the memory, before and
   * after. Between them no device memory goes away, and that thread may not call CUDA. 0, or 1 when
   * the machine is gone: then there is nothing to touch and nothing to leave. */
  int (*enter)(const struct GpuExceptionsMockLaunch* launch);
  void (*leave)(const struct GpuExceptionsMockLaunch* launch);
} GpuExceptionsMockLaunch;

typedef void (*GpuExceptionsMockKernelBody)(const GpuExceptionsMockLaunch* launch);

/* `name`: the kernel's mangled name, or the plain one of a function in no namespace.
 * `argument_bytes`: the size of each of its parameters. A null `body` takes it back.
 * 0, or 1 for a null name. Safe on every thread; a later one of the same name replaces it. */
typedef int (*GpuExceptionsMockRegisterKernel)(const char* name, GpuExceptionsMockKernelBody body,
                                               const size_t* argument_bytes, size_t count);

/* The same for a body that has another thread do the work, e.g. an interpreter's, and waits for it. */
typedef GpuExceptionsMockRegisterKernel GpuExceptionsMockRegisterKernelElsewhere;

/* Such a thread. While it waits for a stream within a call of CUDA, the stand-in has it wait by
 * `serve_until`, which runs what bodies ask of it until `done` answers other than 0. `wake`, on any
 * thread: `done` may answer differently now. */
typedef struct GpuExceptionsMockHost {
  void* data;
  void (*serve_until)(void* data, int (*done)(void* context), void* context);
  void (*wake)(void* data);
} GpuExceptionsMockHost;
/* For the calling thread; null takes it back. The host must live until then. */
typedef void (*GpuExceptionsMockHostThread)(const GpuExceptionsMockHost* host);

#if !defined(_WIN32)
static inline int gpuExceptionsMockKernel(const char* name, GpuExceptionsMockKernelBody body,
                                          const size_t* argument_bytes, size_t count) {
  GpuExceptionsMockRegisterKernel add =
      (GpuExceptionsMockRegisterKernel)dlsym(RTLD_DEFAULT, "gpuExceptionsMockRegisterKernel");
  return add == NULL ? -1 : add(name, body, argument_bytes, count);
}
#endif

#ifdef __cplusplus
}

#include <type_traits>

namespace gpu_exceptions_mock {

template <class T>
const T& Argument(const GpuExceptionsMockLaunch* launch, size_t index) {
  return *static_cast<const T*>(launch->arguments[index]);
}

/* A device pointer that knows where its allocation ends. */
template <class T>
class Span {
 public:
  Span(const GpuExceptionsMockLaunch* launch, T* data)
      : launch_(launch), data_(data), count_(launch->reachable(launch, data) / sizeof(T)) {}

  size_t size() const { return count_; }
  T& operator[](size_t index) const {
    if (index < count_) return data_[index];
    launch_->fault(launch_);
    static thread_local std::remove_const_t<T> nowhere{};
    return nowhere;
  }

 private:
  const GpuExceptionsMockLaunch* launch_;
  T* data_;
  size_t count_;
};

}  // namespace gpu_exceptions_mock
#endif
