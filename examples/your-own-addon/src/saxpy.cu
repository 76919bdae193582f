#include "saxpy.h"

__global__ void saxpy(int count, float a, const float* x, float* y) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) y[i] = a * x[i] + y[i];
}

__global__ void wildWrite(float* where) { where[1LL << 40] = 1; }

cudaError_t launchSaxpy(int count, float a, const float* x, float* y) {
  saxpy<<<(count + 255) / 256, 256>>>(count, a, x, y);
  return cudaGetLastError();
}

cudaError_t launchWildWrite(float* where) {
  wildWrite<<<1, 1>>>(where);
  return cudaGetLastError();
}
