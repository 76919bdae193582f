// The machine's clock, in milliseconds since it was made. It runs with real time, or stands still
// until it is advanced; whoever waits for a moment wakes either way.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace gpuex::mock {

class Clock {
 public:
  explicit Clock(bool is_virtual)
      : virtual_(is_virtual), started_(std::chrono::steady_clock::now()) {}

  uint64_t Now() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return NowLocked();
  }

  void Advance(uint64_t milliseconds) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      advanced_ += milliseconds;
    }
    changed_.notify_all();
  }

  // Wakes everybody, so that they look at what they wait for.
  void Wake() {
    { std::lock_guard<std::mutex> lock(mutex_); }
    changed_.notify_all();
  }

  static constexpr uint64_t kForEver = UINT64_MAX;

  // Until `done()` or, answering false, until the clock shows `deadline`. `done` runs under the
  // clock's lock; what it reads must be changed before Wake. `look` runs without it, now and then.
  template <class Done, class Look>
  bool WaitUntil(uint64_t deadline, Done done, Look look) {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      if (done()) return true;
      const uint64_t now = NowLocked();
      if (now >= deadline) return false;
      uint64_t wait = kLookEvery;
      if (!virtual_ && deadline - now < wait) wait = deadline - now;
      changed_.wait_for(lock, std::chrono::milliseconds(wait));
      lock.unlock();
      look();
      lock.lock();
    }
  }

 private:
  static constexpr uint64_t kLookEvery = 20;

  uint64_t NowLocked() const {
    if (virtual_) return advanced_;
    const auto passed = std::chrono::steady_clock::now() - started_;
    return advanced_ + static_cast<uint64_t>(
                           std::chrono::duration_cast<std::chrono::milliseconds>(passed).count());
  }

  const bool virtual_;
  const std::chrono::steady_clock::time_point started_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t advanced_ = 0;
};

}  // namespace gpuex::mock
