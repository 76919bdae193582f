#include "mock/engine/stream.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "mock/engine/device.h"
#include "mock/engine/host_thread.h"

namespace gpuex::mock {
namespace {

constexpr std::chrono::milliseconds kLinger{200};

}  // namespace

uint64_t Stream::Enqueue(std::function<void()> work, std::vector<Mark> after) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!working_) {
    // First: where there is no thread, nothing must wait for one.
    std::thread([self = shared_from_this()] { self->Work(); }).detach();
    working_ = true;
  }
  queue_.push_back({std::move(work), std::move(after)});
  arrived_.notify_one();
  return ++enqueued_;
}

Mark Stream::Last() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (done_ == enqueued_) return {};
  return {shared_from_this(), enqueued_};
}

bool Stream::Done(uint64_t ticket) {
  std::lock_guard<std::mutex> lock(mutex_);
  return done_ >= ticket;
}

bool Stream::EndedLocked(uint64_t ticket) const {
  return done_ >= ticket || (context_.poison() != 0 && ticket > done_ + (running_ ? 1 : 0));
}

void Stream::NotifyLocked() {
  finished_.notify_all();
  for (const GpuExceptionsMockHost* host : watching_) host->wake(host->data);
}

void Stream::LookAgain() {
  std::lock_guard<std::mutex> lock(mutex_);
  NotifyLocked();
}

// It may be this very thread that the work waits for.
void Stream::WaitAsHost(uint64_t ticket, const GpuExceptionsMockHost& host) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (EndedLocked(ticket)) return;
    watching_.push_back(&host);
  }
  struct Question {
    Stream* stream;
    uint64_t ticket;
  } question{this, ticket};
  host.serve_until(
      host.data,
      [](void* context) {
        const auto& asked = *static_cast<Question*>(context);
        std::lock_guard<std::mutex> lock(asked.stream->mutex_);
        return asked.stream->EndedLocked(asked.ticket) ? 1 : 0;
      },
      &question);
  std::lock_guard<std::mutex> lock(mutex_);
  watching_.erase(std::find(watching_.begin(), watching_.end(), &host));
}

void Stream::Wait(uint64_t ticket) {
  if (const GpuExceptionsMockHost* host = HostOfThisThread()) return WaitAsHost(ticket, *host);
  std::unique_lock<std::mutex> lock(mutex_);
  finished_.wait(lock, [&] { return EndedLocked(ticket); });
}

void Stream::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    // A deadline of the system's clock: thread checkers know that form of waiting.
    const auto until = std::chrono::system_clock::now() + kLinger;
    if (!arrived_.wait_until(lock, until, [this] { return !queue_.empty(); })) break;
    {
      Item item = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      for (const Mark& mark : item.after) gpuex::mock::Wait(mark);
      lock.lock();
      running_ = true;
      lock.unlock();
      item.work();
    }
    lock.lock();
    running_ = false;
    ++done_;
    NotifyLocked();
  }
  working_ = false;
}

}  // namespace gpuex::mock
