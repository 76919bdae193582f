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

// On a thread whose current device is the allocation's, or may be made so.
Allocation AllocateHere(const DeviceCalls& calls, size_t bytes, int device,
                        const CallContext& context) {
  Allocation allocation{nullptr, bytes, device, 0};
  const int status = calls.cudart->cudaMalloc(&allocation.address, bytes);
  if (status != abi::cudart::cudaSuccess) {
    NativeError error = CudartError(*calls.cudart, status, "cudaMalloc", context);
    error.memory = MemoryAfterFailure(*calls.cudart, status);
    throw error;
  }
  // Asked afterwards: the stand-in may have been configured afresh while the call was under way.
  allocation.mock_generation = calls.libraries->MockGenerationsHere().last;
  return allocation;
}

void FreeHere(const DeviceCalls& calls, const Allocation& allocation, const CallContext& context) {
  if (allocation.mock_generation != calls.libraries->MockGenerationsHere().next) return;
  const int status = calls.cudart->cudaFree(allocation.address);
  if (status == kCudartUnloading) {
    calls.cudart->cudaGetLastError();
    return;
  }
  CheckCudart(*calls.cudart, status, "cudaFree", context);
}

bool IsUnloading(const NativeError& error) {
  // The driver's CUDA_ERROR_DEINITIALIZED is the same number.
  return (error.library == Library::kCudart || error.library == Library::kCuda) &&
         error.code == kCudartUnloading;
}

}  // namespace

Allocation AllocateOnDevice(const DeviceCalls& calls, size_t bytes, int device) {
  const CallContext context{device, static_cast<double>(bytes)};
  const CurrentDevice current(calls, device, context);
  return AllocateHere(calls, bytes, device, context);
}

void FreeOnDevice(const DeviceCalls& calls, const Allocation& allocation) {
  if (allocation.mock_generation != calls.libraries->MockGenerationsHere().next) return;
  const CallContext context{allocation.device, std::nullopt};
  try {
    const CurrentDevice current(calls, allocation.device, context);
    FreeHere(calls, allocation, context);
  } catch (const NativeError& error) {
    if (!IsUnloading(error)) throw;
  }
}

void FreeLater(const DeviceCalls& calls, Lane* lane, const Allocation& allocation) noexcept {
  try {
    lane->Post([calls, allocation] {
      try {
        FreeOnDevice(calls, allocation);
      } catch (...) {
        // Nobody is left to be told.
      }
    });
  } catch (...) {
    // The system gives no thread.
  }
}

}  // namespace gpuex
