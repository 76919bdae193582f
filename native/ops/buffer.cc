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

// On the lane, where nobody can try again: it is done here. `last`: the stream's last ticket.
void FreeOrKeep(const DeviceCalls& calls, const Allocation& allocation, uint64_t last,
                DeviceWork* work) {
  try {
    FreeHere(calls, allocation);
    work->unreturned.OfferAll();
  } catch (const NativeError& error) {
    // Without its stream, which holds its DeviceWork; cudaFree of such memory waits for nothing.
    if (allocation.stream != nullptr) AwaitUses(calls, {{allocation.stream, last}});
    const Allocation left{allocation.address, allocation.bytes, allocation.device,
                          allocation.mock_generation};
    KeepUnreturned(work, error, [calls, left] { FreeHere(calls, left); });
    throw;
  }
}

}  // namespace

Allocation AllocateOnDevice(const DeviceCalls& calls, size_t bytes,
                            const std::shared_ptr<DeviceWork>& work, bool may_wait) {
  // Asked before: what is given back between the refusal and the question would not be seen.
  may_wait = may_wait && (work->frees.load() != 0 || work->unreturned.size() != 0);
  try {
    return AllocateHere(calls, bytes, work->device);
  } catch (const NativeError& error) {
    if (!may_wait || !IsOutOfMemory(error)) throw;
    // The lane's frees wait for the device, and that may wait for this thread: for kernels of the
    // stand-in that JavaScript runs, for one.
    const auto given_back = std::make_shared<std::promise<void>>();
    auto done = given_back->get_future();
    work->lane->Post([given_back, work] {
      work->unreturned.OfferAll();
      given_back->set_value();
    });
    if (done.wait_for(kLongestWait) != std::future_status::ready) throw;
  }
  return AllocateHere(calls, bytes, work->device);
}

Allocation AllocateInStream(const DeviceCalls& calls, size_t bytes,
                            const std::shared_ptr<Stream>& stream, bool may_wait) {
  const auto allocate = calls.cudart->cudaMallocAsync;
  if (allocate == nullptr || calls.cudart->cudaFreeAsync == nullptr) {
    return AllocateOnDevice(calls, bytes, stream->work(), may_wait);
  }
  const int device = stream->device();
  const CallContext context{device, static_cast<double>(bytes)};
  const CurrentDevice current(calls, device, context);
  Allocation allocation{nullptr, bytes, device, 0, stream, {}};
  const int status = allocate(&allocation.address, bytes, stream->raw);
  if (status != abi::cudart::cudaSuccess) throw Refused(calls, status, "cudaMallocAsync", context);
  allocation.mock_generation = calls.libraries->MockGenerationsHere().last;
  return allocation;
}

void FreeOnDevice(const DeviceCalls& calls, const Allocation& given,
                  const std::shared_ptr<DeviceWork>& work,
                  const std::shared_ptr<Progress>& progress) {
  const Allocation allocation = WithLiveStream(given);
  for (const StreamUse& use : allocation.uses) use.stream->Mark(calls);
  if (!allocation.uses.empty()) {
    FreeLater(calls, allocation, work, progress);
  } else if (allocation.stream != nullptr) {
    if (IsVoid(calls, allocation)) return;
    const auto& stream = allocation.stream;
    if (MayCallNow(*stream)) {
      PutIn(calls, stream, nullptr, [&] { FreeHere(calls, allocation); });
    } else {
      PutInLater(calls, stream, nullptr, [calls, allocation, last = stream->last_ticket(), work] {
        FreeOrKeep(calls, allocation, last, work.get());
      });
    }
  } else if (work->busy()) {
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
    work->lane->Post([calls, allocation, last, work, progress] {
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
