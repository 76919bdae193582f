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

constexpr char kMarkCall[] = "cudaLaunchHostFunc";

void AwaitDevice(const DeviceCalls& calls, int device) {
  const CallContext context{device, std::nullopt};
  static constexpr char kCall[] = "cudaDeviceSynchronize";
  const CurrentDevice current(calls, device, context);
  const auto synchronize = Needed(calls.cudart->cudaDeviceSynchronize, kCall, device);
  CheckCudart(*calls.cudart, synchronize(), kCall, context);
}

}  // namespace

Stream::~Stream() {
  // No mark is outstanding, or the stream would hold itself.
  held.LetGo(settled_, in_doubt_);
  held.LetGo(last_ticket_, {settled_, last_ticket_});
}

// By the driver's own word that everything up to the ticket is done.
void Stream::SettleLocked(uint64_t ticket) {
  if (ticket >= in_doubt_.last) in_doubt_ = {};
  if (ticket <= settled_) return;
  work_->settled.fetch_add(ticket - settled_, std::memory_order_release);
  settled_ = ticket;
}

void Stream::SettleInDoubtLocked(uint64_t ticket) {
  if (ticket <= settled_) return;
  const uint64_t after = in_doubt_.last == 0 ? settled_ : in_doubt_.after;
  SettleLocked(ticket);
  in_doubt_ = {after, ticket};
}

void Stream::FailLocked(uint64_t after, uint64_t last, const NativeError& error) noexcept {
  if (last <= settled_) return;
  after = std::max(after, settled_);
  try {
    failures_.push_back({after, last, error});
  } catch (...) {
    unsaid_ = unsaid_.last == 0 ? TicketRange{after, last}
                                : TicketRange{std::min(unsaid_.after, after),
                                              std::max(unsaid_.last, last)};
  }
}

void Stream::HoldUntilDone(const DeviceCalls& calls) noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (settled_ >= last_ticket_) return;
  }
  try {
    PostBehindCalls(work_, [self = shared_from_this(), calls, last = marked_] {
      self->AwaitSettled(calls, last);
    });
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
    CallLater(
        calls, self, nullptr, Waits::kNo, [=] { self->PlaceMark(calls, before, ticket); },
        [=](const NativeError& error) { self->FailMark(calls, before, ticket, error); });
  } catch (const NativeError& error) {
    FailMark(calls, before, ticket, error);
  } catch (...) {
    FailMark(calls, before, ticket, OutOfResources(kMarkCall, device()));
  }
}

void Stream::PlaceMark(const DeviceCalls& calls, uint64_t before, uint64_t ticket) noexcept {
  try {
    const auto launch = Needed(calls.cudart->cudaLaunchHostFunc, kMarkCall, device());
    std::list<Placed> mark{{this, ticket, false}};
    Placed* const placed = &mark.front();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      marks_.splice(marks_.end(), mark);
      self_ = shared_from_this();
    }
    const cudaError_t status = launch(raw, Reached, placed);
    if (status != cudaSuccess) {
      {
        // Given up by a lane meanwhile, it is not the last one of these any more.
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!placed->given_up) marks_.pop_back();
        if (marks_.empty()) self_ = nullptr;  // the caller's hold is not the last
      }
      const CallContext context{device(), std::nullopt};
      throw CudartError(*calls.cudart, status, kMarkCall, context);
    }
    if (!Watch(calls)) throw OutOfResources(kMarkCall, device());
  } catch (const NativeError& error) {
    FailMark(calls, before, ticket, error);
  } catch (...) {
    FailMark(calls, before, ticket, OutOfResources(kMarkCall, device()));
  }
}

// On a thread of the driver's, in which nothing of CUDA may be called.
void Stream::Reached(void* data) noexcept {
  auto& mark = *static_cast<Placed*>(data);
  Stream& stream = *mark.stream;
  std::shared_ptr<Stream> self;
  {
    const std::lock_guard<std::mutex> lock(stream.mutex_);
    stream.SettleLocked(mark.ticket);
    if (mark.given_up) return;
    stream.marks_.pop_front();
    self = stream.self_;
    if (stream.marks_.empty()) {
      stream.self_ = nullptr;
      if (!stream.watched_) stream.SettleInDoubtLocked(stream.unmarked_);
    }
    stream.moved_.notify_all();
  }
  stream.progress_->Tell(self);
}

void Stream::Fail(uint64_t ticket, const NativeError& error) noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    FailLocked(ticket - 1, ticket, error);
  }
  progress_->Tell(shared_from_this());
}

void Stream::FailMark(const DeviceCalls& calls, uint64_t before, uint64_t ticket,
                      const NativeError& error) noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    FailLocked(before, ticket, error);
    unmarked_ = std::max(unmarked_, ticket);
  }
  if (!Watch(calls)) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (marks_.empty()) SettleInDoubtLocked(unmarked_);
    moved_.notify_all();
  }
  progress_->Tell(shared_from_this());
}

bool Stream::Watch(const DeviceCalls& calls) noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!OutstandingLocked() || std::exchange(watched_, true)) return true;
  }
  try {
    work_->prompt_lane->Watch([self = shared_from_this(), calls] {
      self->Ask(calls);
      const std::lock_guard<std::mutex> lock(self->mutex_);
      return self->watched_ = self->OutstandingLocked();
    });
    return true;
  } catch (...) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return watched_ = false;  // the next mark tries again
  }
}

uint64_t Stream::UnmarkedAndMadeLocked() const {
  const uint64_t handed = handed_.load(std::memory_order_acquire);
  const uint64_t made = made_.load(std::memory_order_acquire);
  return made >= handed ? unmarked_ : std::min(unmarked_, made);
}

void Stream::Ask(const DeviceCalls& calls) noexcept {
  uint64_t put_in = 0;
  // With nothing outstanding it may have been given back.
  std::unique_lock<std::mutex> asking(asking_);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!OutstandingLocked()) return;
    put_in = UnmarkedAndMadeLocked();  // and nothing beyond, whatever the driver has to say
  }
  bool passed = false;
  std::optional<NativeError> error;
  try {
    const CallContext context{device(), std::nullopt};
    const CurrentDevice current(calls, device(), context);
    const cudaError_t status =
        Needed(calls.cudart->cudaStreamQuery, "cudaStreamQuery", device())(raw);
    passed = status == cudaSuccess;
    if (!passed && status != cudaErrorNotReady) {
      error = CudartError(*calls.cudart, status, "cudaStreamQuery", context);
    }
  } catch (NativeError& refused) {
    error = std::move(refused);
  } catch (...) {
    return;
  }
  asking.unlock();
  std::shared_ptr<Stream> self;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!OutstandingLocked()) return;
    if (!error) {
      refusals_ = 0;
      if (!passed || put_in <= settled_) return;
      SettleLocked(put_in);
    } else {
      const bool lost = error->code && IsSticky(error->library, 0, *error->code);
      if (!lost && ++refusals_ < kMostRefusals) return;
      refusals_ = 0;
      const uint64_t last = marks_.empty() ? unmarked_ : std::max(marks_.back().ticket, unmarked_);
      // Else all that is outstanding has failed before, with its mark.
      if (!marks_.empty()) FailLocked(settled_, last, *error);
      SettleInDoubtLocked(last);
      for (Placed& each : marks_) each.given_up = true;
      given_up_.splice(given_up_.end(), marks_);
      self = std::exchange(self_, nullptr);
    }
    moved_.notify_all();
  }
  progress_->Tell(shared_from_this());
  // In a context in error the driver calls none of its host functions any more, by its
  // documentation; in one that only refused the question it may. So the stream stays.
  if (self != nullptr) KeepForEver(std::move(self));
}

bool Stream::AwaitSettled(const DeviceCalls& calls, uint64_t ticket) noexcept {
  constexpr std::chrono::milliseconds kInterval{50};
  std::unique_lock<std::mutex> lock(mutex_);
  while (settled_ < ticket) {
    moved_.wait_until(lock, std::chrono::system_clock::now() + kInterval);
    if (settled_ >= ticket) break;
    lock.unlock();
    Ask(calls);
    lock.lock();
  }
  return in_doubt_.last == 0;
}

void Stream::NoteTold(uint64_t settled, TicketRange in_doubt) {
  told = settled;
  done = in_doubt.last == 0 ? settled : in_doubt.after;
  if (done < last_ticket_) return;
  for (const Place& place : last_handed) {
    if (place.order != nullptr) place.order->KnowMade(place.number);
  }
}

Stream::News Stream::TakeNews() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {settled_, std::exchange(failures_, {}), std::exchange(unsaid_, {}), in_doubt_};
}

bool Stream::HasFailures() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !failures_.empty() || unsaid_.last != 0;
}

void AwaitUses(const DeviceCalls& calls, const std::vector<StreamUse>& uses) {
  for (const StreamUse& use : uses) {
    const bool done = use.stream->AwaitSettled(calls, use.ticket);
    if (!done) AwaitDevice(calls, use.stream->device());
  }
}

void NoteStreamUse(std::vector<StreamUse>* uses, const std::shared_ptr<Stream>& stream,
                   uint64_t ticket) noexcept {
  for (StreamUse& use : *uses) {
    if (use.stream == stream) {
      use.ticket = ticket;
      return;
    }
  }
  // Streams come and go; what is done needs no note.
  uses->erase(std::remove_if(uses->begin(), uses->end(),
                             [](const StreamUse& use) { return use.stream->done >= use.ticket; }),
              uses->end());
  uses->push_back({stream, ticket});
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
  return HoldOrGiveBack(
      [&] {
        return std::make_shared<Stream>(std::move(work), std::move(progress), raw, kind,
                                        calls.libraries->MockGenerationsHere().last);
      },
      calls.cudart->cudaStreamDestroy, raw);
}

void DestroyLater(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream) noexcept {
  if (stream->kind == Stream::Kind::kDefault) return;
  DestroyHandleLater(calls, stream->work(), stream->mock_generation, "cudaStreamDestroy",
                     [calls, stream, place = stream->order.last()]() -> cudaError_t {
                       stream->order.Await(place);
                       const std::lock_guard<std::mutex> asking(stream->asking_);
                       const auto destroy = calls.cudart->cudaStreamDestroy;
                       return destroy == nullptr ? cudaSuccess : destroy(stream->raw);
                     },
                     [stream](NativeError& error) {
                       error.stream = stream->id;
                       stream->progress_->Report(error);
                     });
}

}  // namespace gpuex
