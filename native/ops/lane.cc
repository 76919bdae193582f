#include "ops/lane.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace gpuex {

namespace {

// Work that is done sooner is never asked about; what failed is known at most so much later.
constexpr std::chrono::milliseconds kFirstPoll{10};
constexpr std::chrono::milliseconds kLongestInterval{250};

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
  std::vector<std::function<bool()>> polls;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    polls.swap(polls_);
  }
  wake_.notify_all();
}

void Lane::PollAll(std::unique_lock<std::mutex>* lock) {
  std::vector<std::function<bool()>> polls = std::move(polls_);
  polls_.clear();
  lock->unlock();
  const auto open = std::stable_partition(polls.begin(), polls.end(),
                                          [](const std::function<bool()>& poll) { return poll(); });
  polls.erase(open, polls.end());
  lock->lock();
  if (closed_) {
    lock->unlock();  // see Close()
    polls.clear();
    lock->lock();
  } else {
    // What was asked to be watched meanwhile comes behind.
    polls.swap(polls_);
    for (auto& poll : polls) polls_.push_back(std::move(poll));
  }
  interval_ = std::min<Clock::duration>(interval_ * 2, kLongestInterval);
  next_poll_ = Clock::now() + interval_;
}

void Lane::Work(const std::shared_ptr<Lane>& self) {
  Lane& lane = *self;
  std::unique_lock<std::mutex> lock(lane.mutex_);
  for (;;) {
    if (!lane.polls_.empty() && Clock::now() >= lane.next_poll_) lane.PollAll(&lock);
    if (!lane.tasks_.empty()) {
      std::function<void()> task = std::move(lane.tasks_.front());
      lane.tasks_.pop_front();
      lock.unlock();
      task();
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
