#include "ops/buffer.h"

#include <chrono>
#include <future>
#include <utility>

#include "ops/missing.h"
#include "ops/ordered_calls.h"

namespace gpuex {

namespace {

constexpr int kCudartUnloading = 4;  // cudaErrorCudartUnloading
// The event loop stands still meanwhile.
constexpr std::chrono::milliseconds kLongestWait{1000};

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

NativeError Refused(const DeviceCalls& calls, int status, const char* call,
                    const CallContext& context) {
  NativeError error = CudartError(*calls.cudart, status, call, context);
  error.memory = MemoryAfterFailure(*calls.cudart, status);
  return error;
}

bool IsOutOfMemory(const NativeError& error) {
  const CodeEntry* entry = error.code ? FindCode(error.library, 0, *error.code) : nullptr;
  return entry != nullptr && entry->category == Category::out_of_memory;
}

Allocation AllocateHere(const DeviceCalls& calls, size_t bytes, int device) {
  const CallContext context{device, static_cast<double>(bytes)};
  const CurrentDevice current(calls, device, context);
  Allocation allocation{nullptr, bytes, device, 0};
  const int status = calls.cudart->cudaMalloc(&allocation.address, bytes);
  if (status != abi::cudart::cudaSuccess) throw Refused(calls, status, "cudaMalloc", context);
  // Asked afterwards: the stand-in may have been configured afresh while the call was under way.
  allocation.mock_generation = calls.libraries->MockGenerationsHere().last;
  return allocation;
}

Allocation AllocateInStreamHere(const DeviceCalls& calls, size_t bytes,
                                const std::shared_ptr<Stream>& stream) {
  const int device = stream->device();
  const CallContext context{device, static_cast<double>(bytes)};
  const CurrentDevice current(calls, device, context);
  Allocation allocation{nullptr, bytes, device, 0, stream, {}};
  const int status = calls.cudart->cudaMallocAsync(&allocation.address, bytes, stream->raw);
  if (status != abi::cudart::cudaSuccess) throw Refused(calls, status, "cudaMallocAsync", context);
  allocation.mock_generation = calls.libraries->MockGenerationsHere().last;
  return allocation;
}

// Those on the device that are not known to be there again.
FreesInStreams OnTheirWay(const DeviceCalls& calls, const FreesInStreams& frees, int device) {
  const uint64_t generation = calls.libraries->MockGenerationsHere().next;
  FreesInStreams open;
  for (const StreamUse& use : frees) {
    const Stream& stream = *use.stream;
    const bool is_void = stream.mock_generation != generation;
    if (stream.device() == device && stream.done < use.ticket && !is_void) open.push_back(use);
  }
  return open;
}

// Once more where there is no memory, but some is on its way back.
template <typename Allocate>
Allocation Patiently(const DeviceCalls& calls, const std::shared_ptr<DeviceWork>& work,
                     const FreesInStreams* frees, Allocate allocate) {
  // Asked before: what is given back between the refusal and the question would not be seen.
  const bool lane_frees = work->frees.load() != 0;
  try {
    return allocate();
  } catch (const NativeError& error) {
    if (frees == nullptr || !IsOutOfMemory(error)) throw;
    const FreesInStreams open = OnTheirWay(calls, *frees, work->device);
    if (!lane_frees && open.empty()) throw;
    for (const StreamUse& use : open) use.stream->Mark(calls);
    // The frees wait for the device, and that may wait for this thread: for kernels of the stand-in
    // that JavaScript runs, for one.
    const auto given_back = std::make_shared<std::promise<void>>();
    auto done = given_back->get_future();
    PostBehindCalls(work, [calls, open, given_back] {
      try {
        AwaitUses(calls, open);
      } catch (...) {
        // The next attempt says what is wrong.
      }
      given_back->set_value();
    });
    if (done.wait_for(kLongestWait) != std::future_status::ready) throw;
  }
  return allocate();
}

// Of a stand-in that was configured afresh since.
bool IsVoid(const DeviceCalls& calls, const Allocation& allocation) {
  return allocation.mock_generation != calls.libraries->MockGenerationsHere().next;
}

bool IsUnloading(const NativeError& error) {
  // The driver's CUDA_ERROR_DEINITIALIZED is the same number.
  return (error.library == Library::kCudart || error.library == Library::kCuda) &&
         error.code == kCudartUnloading;
}

void FreeHere(const DeviceCalls& calls, const Allocation& allocation) {
  if (IsVoid(calls, allocation)) return;
  const CallContext context{allocation.device, std::nullopt};
  const bool in_stream = allocation.stream != nullptr;
  try {
    const CurrentDevice current(calls, allocation.device, context);
    const int status =
        in_stream ? calls.cudart->cudaFreeAsync(allocation.address, allocation.stream->raw)
                  : calls.cudart->cudaFree(allocation.address);
    CheckCudart(*calls.cudart, status, in_stream ? "cudaFreeAsync" : "cudaFree", context);
  } catch (const NativeError& error) {
    if (!IsUnloading(error)) throw;
  }
}

// A stream that was disposed of takes nothing back; cudaFree does, but of stream-ordered memory it
// waits for nothing (CUDA Runtime API, "Stream Ordered Memory Allocator").
Allocation WithLiveStream(const Allocation& given) {
  Allocation allocation = given;
  if (allocation.stream != nullptr && allocation.stream->disposed) {
    const std::shared_ptr<Stream> stream = std::exchange(allocation.stream, nullptr);
    if (!stream->idle()) allocation.uses.push_back({stream, stream->last_ticket()});
  }
  return allocation;
}

}  // namespace

Allocation AllocateOnDevice(const DeviceCalls& calls, size_t bytes,
                            const std::shared_ptr<DeviceWork>& work, const FreesInStreams* frees) {
  return Patiently(calls, work, frees, [&] { return AllocateHere(calls, bytes, work->device); });
}

Allocation AllocateInStream(const DeviceCalls& calls, size_t bytes,
                            const std::shared_ptr<Stream>& stream, const FreesInStreams* frees) {
  if (calls.cudart->cudaMallocAsync == nullptr || calls.cudart->cudaFreeAsync == nullptr) {
    return AllocateOnDevice(calls, bytes, stream->work(), frees);
  }
  return Patiently(calls, stream->work(), frees,
                   [&] { return AllocateInStreamHere(calls, bytes, stream); });
}

void FreeOnDevice(const DeviceCalls& calls, const Allocation& given,
                  const std::shared_ptr<DeviceWork>& work,
                  const std::shared_ptr<Progress>& progress, FreesInStreams* frees) {
  const Allocation allocation = WithLiveStream(given);
  for (const StreamUse& use : allocation.uses) use.stream->Mark(calls);
  if (!allocation.uses.empty()) {
    FreeLater(calls, allocation, work, progress);
  } else if (allocation.stream != nullptr) {
    if (IsVoid(calls, allocation)) return;
    MakeRoomForUse(frees);
    const uint64_t ticket =
        PutIn(calls, allocation.stream, nullptr,
              [calls, allocation] { FreeHere(calls, allocation); });
    NoteStreamUse(frees, allocation.stream, ticket);
  } else if (work->busy() || work->busy_elsewhere()) {
    FreeLater(calls, allocation, work, progress);
  } else {
    FreeHere(calls, allocation);
  }
}

void FreeLater(const DeviceCalls& calls, const Allocation& given,
               const std::shared_ptr<DeviceWork>& work,
               const std::shared_ptr<Progress>& progress) noexcept {
  work->frees.fetch_add(1, std::memory_order_release);
  try {
    const Allocation allocation = WithLiveStream(given);
    PostBehindCalls(work, [calls, allocation, work, progress] {
      try {
        AwaitUses(calls, allocation.uses);
        FreeHere(calls, allocation);
      } catch (const NativeError& error) {
        if (progress != nullptr) progress->Report(error);
      } catch (...) {
        // Nobody can be told without memory.
      }
      work->frees.fetch_sub(1, std::memory_order_release);
    });
  } catch (...) {
    // No memory, or the system gives no thread.
    work->frees.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace gpuex
