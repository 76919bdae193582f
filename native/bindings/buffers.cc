#include "bindings/entry.h"
#include "ops/buffer.h"

namespace gpuex::bindings {

namespace {

constexpr double kLargestSize = 9007199254740991.0;  // Number.MAX_SAFE_INTEGER

const Allocation& LiveAt(GpuAddon& addon, const Napi::CallbackInfo& info) {
  return LiveIn(&addon.allocations, NumberAt(info, 0, "handle"), "device memory");
}

Napi::Value Alloc(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const double bytes = NumberAt(info, 0, "bytes");
  const int device = OrdinalAt(info, 1);
  if (!(bytes >= 1 && bytes <= kLargestSize) || bytes != std::floor(bytes)) {
    throw UsageError(UsageError::Kind::kRange,
                     "bytes: an integer from 1 to 9007199254740991 is required");
  }
  const DeviceCalls calls = addon.Calls("cudaMalloc");
  const Allocation allocation = AllocateOnDevice(calls, static_cast<size_t>(bytes), device);
  double handle = 0;
  try {
    handle = addon.allocations.Add(allocation);
  } catch (...) {
    FreeLater(calls, addon.WorkOn(device)->lane.get(), allocation);
    throw;
  }
  return Napi::Number::New(info.Env(), handle);
}

Napi::Value Free(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const Allocation allocation = LiveAt(addon, info);
  // Gone whatever the runtime says: a second attempt could free somebody else's memory.
  addon.allocations.Remove(info[0].As<Napi::Number>().DoubleValue());
  FreeOnDevice(addon.Calls("cudaFree"), allocation);
  return info.Env().Undefined();
}

Napi::Value Address(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const auto address = reinterpret_cast<uintptr_t>(LiveAt(addon, info).address);
  return Napi::BigInt::New(info.Env(), static_cast<uint64_t>(address));
}

Napi::Value LiveAllocations(GpuAddon& addon, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(addon.allocations.live()));
}

}  // namespace

void DefineBuffers(GpuAddon& addon, Napi::Object exports) {
  Export<Alloc>(addon, exports, "alloc");
  Export<Free>(addon, exports, "free");
  Export<Address>(addon, exports, "address");
  Export<LiveAllocations>(addon, exports, "liveAllocations");
}

}  // namespace gpuex::bindings
