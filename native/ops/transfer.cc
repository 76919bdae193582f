#include "ops/transfer.h"

#include <algorithm>
#include <chrono>
#include <list>
#include <optional>
#include <thread>
#include <utility>

#include "ops/missing.h"

namespace gpuex {

namespace {

using namespace abi::cudart;  // NOLINT: the calls read as in NVIDIA's documentation

// `asked`: what a refusal tells, of a copy that this is a piece of.
void CopyHere(const DeviceCalls& calls, const Stream& stream, Direction direction, void* device,
              void* host, size_t bytes, size_t asked) {
  const CallContext context{stream.device(), static_cast<double>(asked)};
  const auto copy = Needed(calls.cudart->cudaMemcpyAsync, "cudaMemcpyAsync", stream.device());
  const cudaError_t status =
      direction == Direction::kToDevice
          ? copy(device, host, bytes, cudaMemcpyHostToDevice, stream.raw)
          : copy(host, device, bytes, cudaMemcpyDeviceToHost, stream.raw);
  CheckCudart(*calls.cudart, status, "cudaMemcpyAsync", context);
}

// The end of what was put into a stream before, and of nothing behind it: that may be anybody's and
// never end. That the call of a copy has returned does not tell: with pageable memory it "might be
// synchronous", and some devices read and write that by themselves.
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

  // False: it was refused, and nothing is known of the end.
  bool Record() {
    const auto& cudart = *calls_.cudart;
    return cudart.cudaEventRecord != nullptr && cudart.cudaEventQuery != nullptr &&
           Forget(cudart.cudaEventRecord(event_, stream_.raw)) == cudaSuccess;
  }
  // Of what was recorded.
  bool Passed() { return Forget(calls_.cudart->cudaEventQuery(event_)) == cudaSuccess; }

  // How the copy went is for the stream's mark to tell. Where the end cannot be had from the event, the
  // stream is asked: rather too long than not at all. `needless`: whether nobody waits for it any more.
  template <typename Needless>
  void Await(Needless needless) {
    constexpr std::chrono::microseconds kLongestPause{1000};
    std::chrono::microseconds pause{20};
    const auto& cudart = *calls_.cudart;
    bool by_event = Record();
    for (unsigned refusals = 0;;) {
      if (!by_event && cudart.cudaStreamQuery == nullptr) return;
      const cudaError_t status = Forget(by_event ? cudart.cudaEventQuery(event_)
                                                 : cudart.cudaStreamQuery(stream_.raw));
      if (status == cudaSuccess || IsSticky(Library::kCudart, 0, status)) return;
      refusals = status == cudaErrorNotReady ? 0 : refusals + 1;
      if (refusals == kMostRefusals) {
        if (!by_event) return;  // the lane has others to serve
        by_event = false;
        refusals = 0;
      }
      if (needless()) return;
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, kLongestPause);
    }
  }
  void Await() {
    Await([] { return false; });
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

// How far the copies of a feed's pieces have come.
class CopiesUnderWay {
 public:
  CopiesUnderWay(const DeviceCalls& calls, const Stream& stream) : calls_(calls), stream_(stream) {}

  // One more was put in. Where its end cannot be marked, the next one's is its end, too.
  void Add() {
    ++unmarked_;
    try {
      if (spare_.empty()) spare_.emplace_back(calls_, stream_);
      if (!spare_.front().end.Record()) return;
      spare_.front().pieces = std::exchange(unmarked_, 0);
      marks_.splice(marks_.end(), spare_, spare_.begin());
    } catch (...) {
      // It is unmarked, then: the copy itself was not refused.
    }
  }
  // How many more are done, of those that were put in first.
  size_t TakeDone() {
    size_t pieces = 0;
    while (!marks_.empty() && marks_.front().end.Passed()) {
      pieces += marks_.front().pieces;
      spare_.splice(spare_.end(), marks_, marks_.begin());
    }
    return pieces;
  }

 private:
  struct Mark {
    Mark(const DeviceCalls& calls, const Stream& stream) : end(calls, stream) {}
    EndOfCopy end;
    size_t pieces = 0;
  };
  const DeviceCalls& calls_;
  const Stream& stream_;
  std::list<Mark> marks_;
  std::list<Mark> spare_;
  size_t unmarked_ = 0;
};

void* At(void* memory, size_t offset) { return static_cast<char*>(memory) + offset; }

}  // namespace

uint64_t CopyPinned(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                    Direction direction, void* device, void* host, size_t bytes,
                    std::shared_ptr<void> hold) {
  const uint64_t ticket = PutInLater(calls, stream, nullptr, Waits::kNo, [=, until_made = hold] {
    CopyHere(calls, *stream, direction, device, host, bytes, bytes);
  });
  stream->held.Hold(ticket, std::move(hold), host, bytes);
  return ticket;
}

uint64_t CopyPageable(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                      Direction direction, void* device, void* host, size_t bytes,
                      std::shared_ptr<void> hold) {
  const uint64_t ticket = PutInLater(calls, stream, nullptr, Waits::kMay, [=, until_made = hold] {
    CopyHere(calls, *stream, direction, device, host, bytes, bytes);
  });
  stream->held.Hold(ticket, std::move(hold), host, bytes);
  return ticket;
}

uint64_t CopyGuest(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                   Direction direction, void* device, void* host, size_t bytes,
                   std::shared_ptr<GuestMemory> guest) {
  return PutInLater(calls, stream, nullptr, Waits::kMay, [=] {
    EndOfCopy end(calls, *stream);
    // What the stream has to do before may take long, and the environment's end waits for nobody
    // outside the memory.
    end.Await([&] { return guest->closed(); });
    for (size_t done = 0; done < bytes;) {
      const size_t piece = std::min(bytes - done, GuestMemory::kPiece);
      if (!guest->Enter()) return;
      try {
        CopyHere(calls, *stream, direction, At(device, done), At(host, done), piece, bytes);
        end.Await();
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
  // However the call goes, or does not come about: nobody is to give for nobody.
  const std::shared_ptr<void> call(nullptr, [feed](void*) { feed->End(); });
  const uint64_t ticket = PutInLater(calls, stream, nullptr, Waits::kMay, [=, until_made = call] {
    CopiesUnderWay under_way(calls, *stream);
    size_t done = 0;
    while (const Feed::Piece* const piece = feed->Await()) {
      CopyHere(calls, *stream, Direction::kToDevice, At(device, done), piece->data.get(),
               piece->bytes, feed->bytes);
      done += piece->bytes;
      feed->Taken();
      under_way.Add();
      feed->Copied(under_way.TakeDone());
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
  return PutInLater(calls, stream, nullptr, Waits::kNo, [=] {
    const CallContext context{stream->device(), static_cast<double>(bytes)};
    const auto fill = Needed(calls.cudart->cudaMemsetAsync, "cudaMemsetAsync", stream->device());
    CheckCudart(*calls.cudart, fill(device, value, bytes, stream->raw), "cudaMemsetAsync", context);
  });
}

uint64_t CopyDevice(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                    DevicePointer to, DevicePointer from, size_t bytes) {
  return PutInLater(calls, stream, nullptr, Waits::kNo, [=] {
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
