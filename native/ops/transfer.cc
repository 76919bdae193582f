#include "ops/transfer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "ops/missing.h"

namespace gpuex {

namespace {

using namespace abi::cudart;  // NOLINT: the calls read as in NVIDIA's documentation

void CopyHere(const DeviceCalls& calls, const Stream& stream, Direction direction, void* device,
              void* host, size_t bytes) {
  const CallContext context{stream.device(), static_cast<double>(bytes)};
  const auto copy = Needed(calls.cudart->cudaMemcpyAsync, "cudaMemcpyAsync", stream.device());
  const cudaError_t status =
      direction == Direction::kToDevice
          ? copy(device, host, bytes, cudaMemcpyHostToDevice, stream.raw)
          : copy(host, device, bytes, cudaMemcpyDeviceToHost, stream.raw);
  CheckCudart(*calls.cudart, status, "cudaMemcpyAsync", context);
}

// Whether it reads and writes pageable memory by itself (HMM, ATS): then a call that copies it may
// return before that is done. Where nobody tells, it does not: what is older knows nothing of it.
bool UsesPageableMemory(const DeviceCalls& calls, int ordinal) {
  using namespace abi::cuda;  // NOLINT
  const auto* const cuda = calls.cuda;
  CUdevice device = 0;
  int value = 0;
  return cuda != nullptr && cuda->cuDeviceGetAttribute != nullptr &&
         cuda->cuDeviceGet(&device, ordinal) == CUDA_SUCCESS &&
         cuda->cuDeviceGetAttribute(&value, CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS, device) ==
             CUDA_SUCCESS &&
         value != 0;
}

// The end of what was put into a stream before, and of nothing behind it: that may be anybody's and
// never end.
class EndOfCopy {
 public:
  // Before there is anything to wait for: a refusal leaves nothing under way. Throws NativeError.
  EndOfCopy(const DeviceCalls& calls, const Stream& stream) : calls_(calls), stream_(stream) {
    static constexpr char kCall[] = "cudaEventCreateWithFlags";
    const auto create = Needed(calls.cudart->cudaEventCreateWithFlags, kCall, stream.device());
    CheckCudart(*calls.cudart, create(&event_, cudaEventDisableTiming), kCall,
                {stream.device(), std::nullopt});
  }
  ~EndOfCopy() {
    if (calls_.cudart->cudaEventDestroy != nullptr) Forget(calls_.cudart->cudaEventDestroy(event_));
  }
  EndOfCopy(const EndOfCopy&) = delete;
  EndOfCopy& operator=(const EndOfCopy&) = delete;

  // How the copy went is for the stream's mark to tell.
  void Await() {
    constexpr std::chrono::microseconds kLongestPause{1000};
    std::chrono::microseconds pause{20};
    const auto& cudart = *calls_.cudart;
    const bool recorded = cudart.cudaEventRecord != nullptr && cudart.cudaEventQuery != nullptr &&
                          Forget(cudart.cudaEventRecord(event_, stream_.raw)) == cudaSuccess;
    if (!recorded && cudart.cudaStreamQuery == nullptr) return;
    // Rather too long than not at all.
    const auto query = [&] {
      return recorded ? cudart.cudaEventQuery(event_) : cudart.cudaStreamQuery(stream_.raw);
    };
    while (Forget(query()) == cudaErrorNotReady) {
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, kLongestPause);
    }
  }

 private:
  // Nobody is told of it here, and nobody is to find it later.
  cudaError_t Forget(cudaError_t status) const {
    const bool left = status != cudaSuccess && status != cudaErrorNotReady &&
                      !IsSticky(Library::kCudart, 0, status);
    if (left) calls_.cudart->cudaGetLastError();
    return status;
  }

  const DeviceCalls& calls_;
  const Stream& stream_;
  cudaEvent_t event_ = nullptr;
};

void* At(void* memory, size_t offset) { return static_cast<char*>(memory) + offset; }

}  // namespace

uint64_t CopyPinned(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                    Direction direction, void* device, void* host, size_t bytes,
                    std::shared_ptr<void> hold) {
  const uint64_t ticket = PutIn(calls, stream, nullptr, [=, until_made = hold] {
    CopyHere(calls, *stream, direction, device, host, bytes);
  });
  stream->held.Hold(ticket, std::move(hold), host, bytes);
  return ticket;
}

uint64_t CopyPageable(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                      Direction direction, void* device, void* host, size_t bytes,
                      std::shared_ptr<void> hold) {
  const uint64_t ticket = PutInLater(calls, stream, nullptr, [=, until_made = hold] {
    CopyHere(calls, *stream, direction, device, host, bytes);
  });
  stream->held.Hold(ticket, std::move(hold), host, bytes);
  return ticket;
}

uint64_t CopyGuest(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                   Direction direction, void* device, void* host, size_t bytes,
                   std::shared_ptr<GuestMemory> guest) {
  return PutInLater(calls, stream, nullptr, [=] {
    std::optional<EndOfCopy> end;
    if (UsesPageableMemory(calls, stream->device())) end.emplace(calls, *stream);
    for (size_t done = 0; done < bytes;) {
      const size_t piece = std::min(bytes - done, GuestMemory::kPiece);
      if (!guest->Enter()) return;
      try {
        CopyHere(calls, *stream, direction, At(device, done), At(host, done), piece);
        if (end) end->Await();
      } catch (...) {
        guest->Leave();
        throw;
      }
      guest->Leave();
      done += piece;
    }
  });
}

uint64_t CopyFeed(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream, void* device,
                  std::shared_ptr<Feed> feed) {
  const uint64_t ticket = PutInLater(calls, stream, nullptr, [=] {
    // Where the device reads pageable memory by itself (ATS, HMM), the call may return before.
    const bool until_told = UsesPageableMemory(calls, stream->device());
    size_t done = 0;
    try {
      while (const Feed::Piece* const piece = feed->Await()) {
        CopyHere(calls, *stream, Direction::kToDevice, At(device, done), piece->data.get(),
                 piece->bytes);
        done += piece->bytes;
        feed->Taken(!until_told);
      }
    } catch (...) {
      feed->End();  // or it would take all of the rest, for nobody
      throw;
    }
  });
  try {
    stream->held.Hold(ticket, feed);
  } catch (...) {
    feed->End();  // nobody feeds what nobody knows of
    throw;
  }
  return ticket;
}

uint64_t Fill(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream, void* device,
              int value, size_t bytes) {
  return PutIn(calls, stream, nullptr, [=] {
    const CallContext context{stream->device(), static_cast<double>(bytes)};
    const auto fill = Needed(calls.cudart->cudaMemsetAsync, "cudaMemsetAsync", stream->device());
    CheckCudart(*calls.cudart, fill(device, value, bytes, stream->raw), "cudaMemsetAsync", context);
  });
}

uint64_t CopyDevice(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                    DevicePointer to, DevicePointer from, size_t bytes) {
  return PutIn(calls, stream, nullptr, [=] {
    const CallContext context{stream->device(), static_cast<double>(bytes)};
    if (to.device == from.device) {
      const auto copy = Needed(calls.cudart->cudaMemcpyAsync, "cudaMemcpyAsync", from.device);
      CheckCudart(*calls.cudart,
                  copy(to.address, from.address, bytes, cudaMemcpyDeviceToDevice, stream->raw),
                  "cudaMemcpyAsync", context);
      return;
    }
    static constexpr char kCall[] = "cudaMemcpyPeerAsync";
    const auto copy = Needed(calls.cudart->cudaMemcpyPeerAsync, kCall, from.device);
    CheckCudart(*calls.cudart,
                copy(to.address, to.device, from.address, from.device, bytes, stream->raw), kCall,
                context);
  });
}

}  // namespace gpuex
