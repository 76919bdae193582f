// Threads that run kernels on behalf of streams, and must go on doing so while they wait for one.
#pragma once

#include <functional>

#include "mock/kernel.h"

namespace gpuex::mock {

// Of the calling thread; null: it runs none.
const GpuExceptionsMockHost* HostOfThisThread();
void SetHostOfThisThread(const GpuExceptionsMockHost* host);

// Whether the calling thread is within a kernel's host implementation, where CUDA may not be called.
bool InsideKernel();

class InsideKernelScope {
 public:
  InsideKernelScope();
  ~InsideKernelScope();
  InsideKernelScope(const InsideKernelScope&) = delete;
  InsideKernelScope& operator=(const InsideKernelScope&) = delete;
};

}  // namespace gpuex::mock
