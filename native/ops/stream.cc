#include "ops/stream.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "ops/give_back.h"
#include "ops/missing.h"
#include "ops/ordered_calls.h"

namespace gpuex {

namespace {

using namespace abi::cudart;  // NOLINT: the calls read as in NVIDIA's documentation

// A refusal of the question that is not the context's end may pass; so many in a row do not.
constexpr unsigned kMostRefusals = 3;

}  // namespace

Stream::~Stream() {
  try {
    if (!failures_.empty()) held.LetGo(last_ticket_, failures_);
  } catch (...) {
    // No memory to keep it.
  }
}

void Stream::SettleLocked(uint64_t ticket) {
  if (ticket <= settled_) return;
  work_->settled.fetch_add(ticket - settled_, std::memory_order_release);
  settled_ = ticket;
}

void Stream::HoldUntilDone(const DeviceCalls& calls) noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (settled_ >= last_ticket_ && failures_.empty() && !held.awaits_failed()) return;
  }
  try {
    work_->lane->Post(
        [self = shared_from_this(), calls, last = marked_] { self->AwaitSettled(calls, last); });
  } catch (...) {
    KeepForEver(shared_from_this());
  }
}

void Stream::Mark(const DeviceCalls& calls) noexcept {
  if (marked_ == last_ticket_) return;
  const uint64_t ticket = last_ticket_;
  const uint64_t before = std::exchange(marked_, ticket);
  const auto self = shared_from_this();
  try {
    if (MayCallNow(*this)) {
      const CurrentDevice current(calls, device(), {device(), std::nullopt});
      PlaceMark(calls, before, ticket);
    } else {
      CallLater(
          calls, self, nullptr, [=] { self->PlaceMark(calls, before, ticket); },
          [=](const NativeError& error) { self->FailMark(before, ticket, error); });
    }
  } catch (const NativeError& error) {
    FailMark(before, ticket, error);
  } catch (...) {
    FailMark(before, ticket, OutOfResources(device()));
  }
}

void Stream::PlaceMark(const DeviceCalls& calls, uint64_t before, uint64_t ticket) noexcept {
  bool watch = false;
  Placed* placed = nullptr;
  try {
    const auto launch = Needed(calls.cudart->cudaLaunchHostFunc, "cudaLaunchHostFunc", device());
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (settled_ >= ticket) return;  // a poll has found the context's end meanwhile
      marks_.push_back({this, ticket, false});
      placed = &marks_.back();
      self_ = shared_from_this();
      watch = !std::exchange(watched_, true);
    }
    const cudaError_t status = launch(raw, Reached, placed);
    if (status != cudaSuccess) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!placed->given_up) marks_.pop_back();
        if (marks_.empty()) self_ = nullptr;  // the caller's hold is not the last
      }
      const CallContext context{device(), std::nullopt};
      FailMark(before, ticket, CudartError(*calls.cudart, status, "cudaLaunchHostFunc", context));
    }
    if (watch) {
      work_->lane->Watch([self = shared_from_this(), calls] { return self->Poll(calls); });
    }
  } catch (const NativeError& error) {
    FailMark(before, ticket, error);
  } catch (...) {
    FailMark(before, ticket, OutOfResources(device()));
    const std::lock_guard<std::mutex> lock(mutex_);
    watched_ = watched_ && !watch;  // the next mark tries again
  }
}

// On a thread of the driver's, in which nothing of CUDA may be called.
void Stream::Reached(void* data) noexcept {
  auto& mark = *static_cast<Placed*>(data);
  Stream& stream = *mark.stream;
  std::shared_ptr<Stream> self;
  {
    const std::lock_guard<std::mutex> lock(stream.mutex_);
    if (mark.given_up) return;
    stream.SettleLocked(mark.ticket);
    stream.marks_.pop_front();
    self = stream.self_;
    if (stream.marks_.empty()) {
      stream.self_ = nullptr;
      stream.SettleLocked(stream.unmarked_);
    }
    stream.moved_.notify_all();
  }
  stream.progress_->Tell(self);
}

void Stream::Fail(uint64_t ticket, const NativeError& error) noexcept {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ticket > settled_) failures_.push_back({ticket - 1, ticket, error});
  } catch (...) {
    return;  // no memory to say how: it settles all the same
  }
  progress_->Tell(shared_from_this());
}

void Stream::FailMark(uint64_t before, uint64_t ticket, const NativeError& error) noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    try {
      const uint64_t after = std::max(before, settled_);
      if (after < ticket) failures_.push_back({after, ticket, error});
    } catch (...) {
      // No memory to say how: it settles all the same.
    }
    unmarked_ = std::max(unmarked_, ticket);
    if (marks_.empty()) SettleLocked(unmarked_);
    moved_.notify_all();
  }
  progress_->Tell(shared_from_this());
}

bool Stream::Poll(const DeviceCalls& calls) noexcept {
  std::optional<NativeError> error;
  try {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (marks_.empty()) return watched_ = false;
    }
    const CallContext context{device(), std::nullopt};
    const CurrentDevice current(calls, device(), context);
    const cudaError_t status =
        Needed(calls.cudart->cudaStreamQuery, "cudaStreamQuery", device())(raw);
    if (status != cudaSuccess && status != cudaErrorNotReady) {
      error = CudartError(*calls.cudart, status, "cudaStreamQuery", context);
    }
  } catch (const NativeError& refused) {
    error = refused;
  } catch (...) {
    return true;
  }
  std::shared_ptr<Stream> self;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (marks_.empty()) return watched_ = false;
    if (!error) {
      refusals_ = 0;
      return true;
    }
    const bool lost = error->code && IsSticky(error->library, 0, *error->code);
    if (!lost && ++refusals_ < kMostRefusals) return true;
    refusals_ = 0;
    try {
      given_up_.emplace_back();
    } catch (...) {
      return true;  // no memory to keep them: asked again
    }
    const uint64_t last = std::max(marks_.back().ticket, unmarked_);
    try {
      failures_.push_back({settled_, last, *error});
    } catch (...) {
      // No memory to say how: it settles all the same.
    }
    SettleLocked(last);
    for (Placed& each : marks_) each.given_up = true;
    given_up_.back().swap(marks_);
    watched_ = false;
    self = std::exchange(self_, nullptr);
    moved_.notify_all();
  }
  progress_->Tell(self);
  // In a context in error the driver calls none of its host functions any more, by its
  // documentation; in one that only refused the question it may. So the stream stays.
  KeepForEver(std::move(self));
  return false;
}

void Stream::AwaitSettled(const DeviceCalls& calls, uint64_t ticket) noexcept {
  constexpr std::chrono::milliseconds kInterval{50};
  std::unique_lock<std::mutex> lock(mutex_);
  while (settled_ < ticket) {
    moved_.wait_until(lock, std::chrono::system_clock::now() + kInterval);
    if (settled_ >= ticket) return;
    lock.unlock();
    Poll(calls);
    lock.lock();
  }
}

void NoteStreamUse(std::vector<StreamUse>* uses, const std::shared_ptr<Stream>& stream,
                   uint64_t ticket) {
  for (StreamUse& use : *uses) {
    if (use.stream == stream) {
      use.ticket = ticket;
      return;
    }
  }
  // Streams come and go; what is done needs no note.
  uses->erase(std::remove_if(uses->begin(), uses->end(),
                             [](const StreamUse& use) { return use.stream->told >= use.ticket; }),
              uses->end());
  uses->push_back({stream, ticket});
}

Stream::News Stream::TakeNews() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {settled_, std::exchange(failures_, {})};
}

std::shared_ptr<Stream> MakeStream(const DeviceCalls& calls, std::shared_ptr<DeviceWork> work,
                                   std::shared_ptr<Progress> progress, bool non_blocking,
                                   int priority) {
  const int device = work->device;
  const CallContext context{device, std::nullopt};
  const CurrentDevice current(calls, device, context);
  cudaStream_t raw = nullptr;
  static constexpr char kCall[] = "cudaStreamCreateWithPriority";
  const auto create = Needed(calls.cudart->cudaStreamCreateWithPriority, kCall, device);
  const unsigned int flags = non_blocking ? cudaStreamNonBlocking : 0;
  CheckCudart(*calls.cudart, create(&raw, flags, priority), kCall, context);
  const auto kind = non_blocking ? Stream::Kind::kNonBlocking : Stream::Kind::kBlocking;
  return std::make_shared<Stream>(std::move(work), std::move(progress), raw, kind,
                                  calls.libraries->MockGenerationsHere().last);
}

void DestroyLater(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream) noexcept {
  if (stream->kind == Stream::Kind::kDefault) return;
  GiveBackLater(calls, stream->work(), stream->mock_generation,
                [calls, stream]() -> cudaError_t {
                  const auto destroy = calls.cudart->cudaStreamDestroy;
                  return destroy == nullptr ? cudaSuccess : destroy(stream->raw);
                });
}

}  // namespace gpuex
