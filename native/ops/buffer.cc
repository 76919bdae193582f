#include "ops/buffer.h"

namespace gpuex {

namespace {

constexpr int kCudartUnloading = 4;  // cudaErrorCudartUnloading

// Only after a refused allocation: the device is initialised and, unless the error is sticky, works.
std::optional<MemoryReadings> MemoryAfterFailure(const CudartApi& cudart, int status) {
  const CodeEntry* entry = FindCode(Library::kCudart, 0, status);
  const bool device_answers = entry != nullptr && entry->category == Category::out_of_memory;
  if (!device_answers) return std::nullopt;
  size_t free = 0;
  size_t total = 0;
  const int asked = cudart.cudaMemGetInfo(&free, &total);
  if (asked != abi::cudart::cudaSuccess) {
    if (!IsSticky(Library::kCudart, 0, asked)) cudart.cudaGetLastError();
    return std::nullopt;
  }
  MemoryReadings readings = MemoryReadings::Unknown(MemoryReadings::kCuda);
  readings.free = static_cast<double>(free);
  readings.used = static_cast<double>(total - free);
  readings.total = static_cast<double>(total);
  return readings;
}

}  // namespace

void* AllocateOnDevice(const CudartApi& cudart, size_t bytes, int device) {
  const CallContext context{device, static_cast<double>(bytes)};
  const DeviceGuard guard(cudart, device, context);
  void* address = nullptr;
  const int status = cudart.cudaMalloc(&address, bytes);
  if (status != abi::cudart::cudaSuccess) {
    NativeError error = CudartError(cudart, status, "cudaMalloc", context);
    error.memory = MemoryAfterFailure(cudart, status);
    throw error;
  }
  return address;
}

void FreeOnDevice(const CudartApi& cudart, const Allocation& allocation) {
  const CallContext context{allocation.device, std::nullopt};
  const DeviceGuard guard(cudart, allocation.device, context);
  const int status = cudart.cudaFree(allocation.address);
  if (status == kCudartUnloading) {
    cudart.cudaGetLastError();
    return;
  }
  CheckCudart(cudart, status, "cudaFree", context);
}

void FreeAllOnDevice(const CudartApi& cudart,
                     const std::vector<Allocation>& allocations) noexcept {
  try {
    for (const Allocation& allocation : allocations) FreeOnDevice(cudart, allocation);
  } catch (...) {
    // Nobody is left to be told.
  }
}

}  // namespace gpuex
