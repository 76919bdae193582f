// For machines without nvcc, so without a GPU to compile for: what nvcc would write around the
// kernels of saxpy.cu. The stand-in runs their host code (on_host.cc).
#include "saxpy.h"

// As nvcc declares them for itself.
extern "C" {
void** __cudaRegisterFatBinary(void* image);
void __cudaRegisterFatBinaryEnd(void** handle);
void __cudaRegisterFunction(void** handle, const char* host, char* device, const char* name,
                            int thread_limit, void* tid, void* bid, void* block, void* grid,
                            int* warp_size);
}

namespace {

const char saxpy = 0;
const char wildWrite = 0;

struct Registration {
  Registration() {
    void** handle = __cudaRegisterFatBinary(nullptr);
    add(handle, &saxpy, "_Z5saxpyifPKfPf");
    add(handle, &wildWrite, "_Z9wildWritePf");
    __cudaRegisterFatBinaryEnd(handle);
  }
  static void add(void** handle, const char* kernel, const char* name) {
    __cudaRegisterFunction(handle, kernel, nullptr, name, -1, nullptr, nullptr, nullptr, nullptr,
                           nullptr);
  }
};

const Registration registration;

}  // namespace

cudaError_t launchSaxpy(int count, float a, const float* x, float* y) {
  void* arguments[] = {&count, &a, &x, &y};
  const auto blocks = static_cast<unsigned>((count + 255) / 256);
  return cudaLaunchKernel(&saxpy, dim3{blocks, 1, 1}, dim3{256, 1, 1}, arguments, 0, nullptr);
}

cudaError_t launchWildWrite(float* where) {
  void* arguments[] = {&where};
  return cudaLaunchKernel(&wildWrite, dim3{1, 1, 1}, dim3{1, 1, 1}, arguments, 0, nullptr);
}
