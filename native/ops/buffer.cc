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

// Whether the calling thread may do it itself. Throws NativeError.
bool IsCurrent(const CudartApi& cudart, int device, const CallContext& context) {
  int current = 0;
  CheckCudart(cudart, cudart.cudaGetDevice(&current), "cudaGetDevice", context);
  return current == device;
}

// `work` where `device` is the current one.
template <typename Work>
void OnDevice(const DeviceCalls& calls, int device, const CallContext& context, const Work& work) {
  if (IsCurrent(*calls.cudart, device, context)) {
    work();
    return;
  }
  calls.threads->Run(device, [&] {
    if (!IsCurrent(*calls.cudart, device, context)) {
      CheckCudart(*calls.cudart, calls.cudart->cudaSetDevice(device), "cudaSetDevice", context);
    }
    work();
  });
}

bool IsUnloading(const NativeError& error) {
  return error.library == Library::kCudart && error.code == kCudartUnloading;
}

}  // namespace

Allocation AllocateOnDevice(const DeviceCalls& calls, size_t bytes, int device) {
  const CallContext context{device, static_cast<double>(bytes)};
  Allocation allocation{};
  OnDevice(calls, device, context,
           [&] { allocation = AllocateHere(calls, bytes, device, context); });
  return allocation;
}

void FreeOnDevice(const DeviceCalls& calls, const Allocation& allocation) {
  if (allocation.mock_generation != calls.libraries->MockGenerationsHere().next) return;
  const CallContext context{allocation.device, std::nullopt};
  try {
    OnDevice(calls, allocation.device, context,
             [&] { FreeHere(calls, allocation, context); });
  } catch (const NativeError& error) {
    if (!IsUnloading(error)) throw;
  }
}

void FreeLater(const DeviceCalls& calls, const std::vector<Allocation>& allocations) noexcept {
  for (const Allocation& allocation : allocations) {
    try {
      calls.threads->Post(allocation.device, [calls, allocation] {
        const CallContext context{allocation.device, std::nullopt};
        try {
          if (!IsCurrent(*calls.cudart, allocation.device, context)) {
            CheckCudart(*calls.cudart, calls.cudart->cudaSetDevice(allocation.device),
                        "cudaSetDevice", context);
          }
          FreeHere(calls, allocation, context);
        } catch (...) {
          // Nobody is left to be told.
        }
      });
    } catch (...) {
      // The system gives no thread; the next allocation's may be there already.
    }
  }
}

}  // namespace gpuex
