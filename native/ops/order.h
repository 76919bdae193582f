// Keeps calls in the order in which JavaScript made them, although some are made on its own thread
// and others are handed to a lane.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace gpuex {

// Of one stream or event: the calls about it that were handed to lanes. While there are any, the next
// one must be handed over, too.
class Order {
 public:
  // On the environment's thread.
  bool idle() const {
    return taken_ == done_.load(std::memory_order_acquire) || taken_ == made_;
  }
  // By the word of its own work, the call in that place was made, and so were those before: a lane that
  // has yet to leave it puts nothing in any more.
  void KnowMade(uint64_t place) { made_ = std::max(made_, place); }
  uint64_t TakePlace() { return ++taken_; }
  // Of a call that may wait for the device, and lets nobody by meanwhile.
  uint64_t TakePlaceThatWaits() { return last_that_waits_ = ++taken_; }
  // The last one, whose call nobody will make.
  void GiveBackPlace() {
    --taken_;
    last_that_waits_ = std::min(last_that_waits_, taken_);
  }
  uint64_t last() const { return taken_; }
  // Whether none of those that may wait is outstanding.
  bool prompt() const { return last_that_waits_ <= done_.load(std::memory_order_acquire); }

  // On a lane: until the call in that place was made. Places are taken by one thread, so each call
  // waits for earlier ones only, and no circle can arise.
  void Await(uint64_t place) {
    std::unique_lock<std::mutex> lock(mutex_);
    moved_.wait(lock, [&] { return done_.load(std::memory_order_relaxed) >= place; });
  }
  void Leave() {
    const std::lock_guard<std::mutex> lock(mutex_);
    done_.fetch_add(1, std::memory_order_release);
    moved_.notify_all();
  }

 private:
  uint64_t taken_ = 0;
  uint64_t last_that_waits_ = 0;
  uint64_t made_ = 0;
  std::atomic<uint64_t> done_{0};
  std::mutex mutex_;
  std::condition_variable moved_;
};

}  // namespace gpuex
