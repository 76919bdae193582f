#include "bindings/work.h"
#include "ops/buffer.h"
#include "ops/give_back.h"

namespace gpuex::bindings {

namespace {

constexpr double kLargestSize = 9007199254740991.0;  // Number.MAX_SAFE_INTEGER

const Allocation& LiveAt(GpuAddon& addon, const Napi::CallbackInfo& info) {
  return LiveIn(&addon.allocations, NumberAt(info, 0, "handle"), "device memory");
}

// alloc(bytes, device, stream): with a stream (not 0), in its order.
double Alloc(GpuAddon& addon, const double* arguments) {
  const double bytes = arguments[0];
  const int device = Ordinal(arguments[1]);
  if (!(bytes >= 1 && bytes <= kLargestSize) || bytes != std::floor(bytes)) {
    throw UsageError(UsageError::Kind::kRange,
                     "bytes: an integer from 1 to 9007199254740991 is required");
  }
  const auto size = static_cast<size_t>(bytes);
  const auto& work = addon.WorkOn(device);
  const bool in_stream = arguments[2] != 0;
  const auto stream = in_stream ? StreamAt(addon, arguments[2]) : nullptr;
  const DeviceCalls calls = addon.Calls("cudaMalloc");
  // A lane that waits for a feed waits for this thread, which must then not wait for the lane.
  const FreesInStreams* const frees = addon.feeds.empty() ? &addon.frees_in_streams : nullptr;
  const auto allocate_in_stream = [&] { return AllocateInStream(calls, size, stream, frees); };
  const Allocation allocation = in_stream ? InStream(*stream, allocate_in_stream)
                                          : AllocateOnDevice(calls, size, work, frees);
  try {
    return addon.allocations.Add(allocation);
  } catch (...) {
    if (stream != nullptr) stream->Mark(calls);  // for whoever waits for it on the lane
    FreeLater(calls, allocation, work, nullptr);
    throw;
  }
}

// Of work that nobody waits for nobody would learn that it is done, and the device would count as busy
// for ever.
void MarkAll(GpuAddon& addon, const DeviceCalls& calls, const std::shared_ptr<DeviceWork>& work) {
  if (!work->busy()) return;
  addon.streams.ForEach([&](const std::shared_ptr<Stream>& stream) {
    if (stream->work() == work) stream->Mark(calls);
  });
}

double Free(GpuAddon& addon, const double* arguments) {
  const Allocation& allocation = LiveIn(&addon.allocations, arguments[0], "device memory");
  const DeviceCalls calls = addon.Calls("cudaFree");
  const auto& work = addon.WorkOn(allocation.device);
  MarkAll(addon, calls, work);
  try {
    FreeOnDevice(calls, allocation, work, addon.progress(), &addon.frees_in_streams);
  } catch (const NativeError& error) {
    // Else all is as it was, and it may be tried again.
    if (!StaysAfter(error)) addon.allocations.Remove(arguments[0]);
    throw;
  }
  addon.allocations.Remove(arguments[0]);
  return 0;
}

// Where nobody is left who could try again.
double FreeForgotten(GpuAddon& addon, const double* arguments) {
  LiveIn(&addon.allocations, arguments[0], "device memory");
  const DeviceCalls calls = addon.Calls("cudaFree");
  const Allocation allocation = addon.allocations.Remove(arguments[0]);
  const auto& work = addon.WorkOn(allocation.device);
  MarkAll(addon, calls, work);
  for (const StreamUse& use : allocation.uses) use.stream->Mark(calls);
  FreeLater(calls, allocation, work, addon.progress());
  return 0;
}

double IsAllocated(GpuAddon& addon, const double* arguments) {
  HandleProblem problem = HandleProblem::kNone;
  return addon.allocations.Find(arguments[0], &problem) == nullptr ? 0 : 1;
}

Napi::Value Address(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const auto address = reinterpret_cast<uintptr_t>(LiveAt(addon, info).address);
  return Napi::BigInt::New(info.Env(), static_cast<uint64_t>(address));
}

double ByteLength(GpuAddon& addon, const double* arguments) {
  return static_cast<double>(LiveIn(&addon.allocations, arguments[0], "device memory").bytes);
}

double DeviceOf(GpuAddon& addon, const double* arguments) {
  return LiveIn(&addon.allocations, arguments[0], "device memory").device;
}

Napi::Value LiveAllocations(GpuAddon& addon, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(addon.allocations.live()));
}

}  // namespace

void DefineBuffers(GpuAddon& addon, Napi::Object exports) {
  ExportFlat<Alloc, 3>(addon, exports, "alloc");
  ExportFlat<Free, 1>(addon, exports, "free");
  ExportFlat<FreeForgotten, 1>(addon, exports, "freeForgotten");
  ExportFlat<IsAllocated, 1>(addon, exports, "isAllocated");
  Export<Address>(addon, exports, "address");
  ExportFlat<ByteLength, 1>(addon, exports, "byteLength");
  ExportFlat<DeviceOf, 1>(addon, exports, "deviceOf");
  Export<LiveAllocations>(addon, exports, "liveAllocations");
}

}  // namespace gpuex::bindings
