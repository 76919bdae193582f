#include "ops/lane.h"

#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

namespace gpuex {

namespace {

// Work that is done sooner is never asked about; what failed is known at most so much later.
constexpr std::chrono::milliseconds kFirstPoll{10};
constexpr std::chrono::milliseconds kLongestInterval{250};

// A thread of ours must end in no other way than by returning: anything else ends the process.
bool Guarded(const std::function<bool()>& poll) noexcept {
  try {
    return poll();
  } catch (...) {
    return true;
  }
}
void Guarded(const std::function<void()>& task) noexcept {
  try {
    task();
  } catch (...) {
    // Nobody is known who could be told.
  }
}

}  // namespace

void Lane::StartLocked() {
  if (running_) return;
  std::thread(Work, shared_from_this()).detach();
  running_ = true;
}

void Lane::Post(std::function<void()> task) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    StartLocked();
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void Lane::Watch(std::function<bool()> poll) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    StartLocked();
    polls_.push_back(std::move(poll));
    interval_ = kFirstPoll;
    next_poll_ = Clock::now() + interval_;
  }
  wake_.notify_one();
}

void Lane::Close() {
  // Not ended under the lock: with the last hold on a stream may go what posts to this lane.
  std::list<std::function<bool()>> polls;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    polls.swap(polls_);
  }
  wake_.notify_all();
}

void Lane::PollAll(std::unique_lock<std::mutex>* lock) {
  // Neither asked nor ended under the lock, and moved without asking for memory.
  std::list<std::function<bool()>> polls;
  polls.swap(polls_);
  lock->unlock();
  for (auto poll = polls.begin(); poll != polls.end();) {
    poll = Guarded(*poll) ? std::next(poll) : polls.erase(poll);
  }
  lock->lock();
  if (closed_) {
    lock->unlock();  // see Close()
    polls.clear();
    lock->lock();
  } else {
    polls_.splice(polls_.begin(), polls);  // what was asked to be watched meanwhile comes behind
  }
  interval_ = std::min<Clock::duration>(interval_ * 2, kLongestInterval);
  next_poll_ = Clock::now() + interval_;
}

void Lane::Work(const std::shared_ptr<Lane>& self) {
  Lane& lane = *self;
  if (lane.at_start_) Guarded(lane.at_start_);
  std::unique_lock<std::mutex> lock(lane.mutex_);
  for (;;) {
    if (!lane.polls_.empty() && Clock::now() >= lane.next_poll_) lane.PollAll(&lock);
    if (!lane.tasks_.empty()) {
      std::function<void()> task = std::move(lane.tasks_.front());
      lane.tasks_.pop_front();
      lock.unlock();
      Guarded(task);
      task = nullptr;
      lock.lock();
      continue;
    }
    if (lane.closed_) {
      lane.running_ = false;  // what is posted later starts another thread
      return;
    }
    if (lane.polls_.empty()) {
      lane.wake_.wait(lock);
    } else {
      lane.wake_.wait_until(lock, lane.next_poll_);
    }
  }
}

}  // namespace gpuex
