#include "ops/buffer.h"

#include <chrono>
#include <future>
#include <utility>

#include "ops/give_back.h"
#include "ops/missing.h"
#include "ops/ordered_calls.h"

namespace gpuex {

namespace {

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
  if (status == abi::cudart::cudaErrorNotSupported) {  // the device has no memory pools
    calls.cudart->cudaGetLastError();
    return AllocateHere(calls, bytes, device);
  }
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
  const bool lane_frees = work->frees.load() != 0 || work->unreturned.size() != 0;
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
    PostBehindCalls(work, [calls, open, given_back, work] {
      try {
        AwaitUses(calls, open);
      } catch (...) {
        // The next attempt says what is wrong.
      }
      work->unreturned.OfferAll();
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

void FreeHere(const DeviceCalls& calls, const Allocation& allocation) {
  const bool in_stream = allocation.stream != nullptr;
  GiveBackHere(calls, allocation.device, allocation.mock_generation,
               in_stream ? "cudaFreeAsync" : "cudaFree", [&] {
                 return in_stream
                            ? calls.cudart->cudaFreeAsync(allocation.address, allocation.stream->raw)
                            : calls.cudart->cudaFree(allocation.address);
               });
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

// On the lane: what is refused, and may be offered again. `last`: the stream's last ticket.
void KeepLeft(const DeviceCalls& calls, const Allocation& allocation, uint64_t last,
              DeviceWork* work, const NativeError& error) {
  // Without its stream, which holds its DeviceWork; cudaFree of such memory waits for nothing.
  if (allocation.stream != nullptr) AwaitUses(calls, {{allocation.stream, last}});
  const Allocation left{allocation.address, allocation.bytes, allocation.device,
                        allocation.mock_generation};
  KeepUnreturned(work, error, [calls, left] { FreeHere(calls, left); });
}

// On the lane, where nobody can try again: it is done here.
void FreeOrKeep(const DeviceCalls& calls, const Allocation& allocation, uint64_t last,
                DeviceWork* work) {
  try {
    FreeHere(calls, allocation);
    work->unreturned.OfferAll();
  } catch (const NativeError& error) {
    KeepLeft(calls, allocation, last, work, error);
    throw;
  }
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
    const auto& stream = allocation.stream;
    MakeRoomForUse(frees);
    uint64_t ticket = 0;
    if (MayCallNow(*stream)) {
      ticket = PutIn(calls, stream, nullptr, [&] { FreeHere(calls, allocation); });
    } else {
      const uint64_t last = stream->last_ticket();
      ticket = PutInLater(calls, stream, nullptr, Waits::kNo, [calls, allocation, last, work] {
        try {
          FreeHere(calls, allocation);
        } catch (const NativeError& error) {
          work->lane->Post([=] { KeepLeft(calls, allocation, last, work.get(), error); });
          throw;
        }
      });
    }
    NoteStreamUse(frees, stream, ticket);
  } else if (work->busy() || work->busy_elsewhere()) {
    FreeLater(calls, allocation, work, progress);
  } else {
    FreeHere(calls, allocation);
    OfferAllLater(work);
  }
}

void FreeLater(const DeviceCalls& calls, const Allocation& given,
               const std::shared_ptr<DeviceWork>& work,
               const std::shared_ptr<Progress>& progress) noexcept {
  work->frees.fetch_add(1, std::memory_order_release);
  try {
    const Allocation allocation = WithLiveStream(given);
    const uint64_t last = allocation.stream == nullptr ? 0 : allocation.stream->last_ticket();
    PostBehindCalls(work, [calls, allocation, last, work, progress] {
      try {
        AwaitUses(calls, allocation.uses);
        FreeOrKeep(calls, allocation, last, work.get());
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

void OfferAllLater(const std::shared_ptr<DeviceWork>& work) noexcept {
  if (work->unreturned.size() == 0) return;
  try {
    work->lane->Post([work] { work->unreturned.OfferAll(); });
  } catch (...) {
    // The system gives no thread: another time.
  }
}

}  // namespace gpuex
