#include "mock/engine/stream.h"

#include <chrono>
#include <thread>
#include <utility>

namespace gpuex::mock {
namespace {

constexpr std::chrono::milliseconds kLinger{200};

}  // namespace

uint64_t Stream::Enqueue(std::function<void()> work, std::vector<Mark> after) {
  std::lock_guard<std::mutex> lock(mutex_);
  queue_.push_back({std::move(work), std::move(after)});
  ++enqueued_;
  if (working_) {
    arrived_.notify_one();
  } else {
    working_ = true;
    std::thread([self = shared_from_this()] { self->Work(); }).detach();
  }
  return enqueued_;
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

void Stream::Wait(uint64_t ticket) {
  std::unique_lock<std::mutex> lock(mutex_);
  finished_.wait(lock, [&] { return done_ >= ticket; });
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
      item.work();
    }
    lock.lock();
    ++done_;
    finished_.notify_all();
  }
  working_ = false;
}

}  // namespace gpuex::mock
