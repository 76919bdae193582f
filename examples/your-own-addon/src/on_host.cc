// The same kernels for gpu-exceptions' stand-in, which runs device code as host code.
#include "mock/kernel.h"
#include "saxpy.h"

using gpu_exceptions_mock::Argument;
using gpu_exceptions_mock::Span;

static void saxpyOnHost(const GpuExceptionsMockLaunch* launch) {
  const auto count = static_cast<size_t>(Argument<int>(launch, 0));
  const float a = Argument<float>(launch, 1);
  const Span<const float> x(launch, Argument<const float*>(launch, 2));
  const Span<float> y(launch, Argument<float*>(launch, 3));
  const size_t threads = size_t{launch->grid[0]} * launch->block[0];
  for (size_t i = 0; i < threads && i < count; ++i) y[i] = a * x[i] + y[i];
}

static void wildWriteOnHost(const GpuExceptionsMockLaunch* launch) {
  const Span<float> where(launch, Argument<float*>(launch, 0));
  where[size_t{1} << 40] = 1;
}

void registerOnHost() {
  const size_t saxpy_arguments[] = {sizeof(int), sizeof(float), sizeof(void*), sizeof(void*)};
  const size_t wild_arguments[] = {sizeof(void*)};
  gpuExceptionsMockKernel("saxpy", saxpyOnHost, saxpy_arguments, 4);
  gpuExceptionsMockKernel("wildWrite", wildWriteOnHost, wild_arguments, 1);
}
