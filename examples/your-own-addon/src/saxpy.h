// The kernels of this addon: saxpy.cu has them for a GPU, saxpy_without_nvcc.cc launches them where
// there is no compiler for one.
#pragma once

#include <cuda_runtime_api.h>

// y = a * x + y for `count` numbers, on the default stream. Answers what the launch answered; what
// the kernel does wrong is told by a later call.
cudaError_t launchSaxpy(int count, float a, const float* x, float* y);

// Writes far behind the end of an allocation: a bug of the kind that costs a process its GPU.
cudaError_t launchWildWrite(float* where);

// Makes the kernels known to gpu-exceptions' stand-in, in C++ for the CPU; nothing on a GPU.
void registerOnHost();
