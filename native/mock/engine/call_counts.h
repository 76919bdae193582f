// How often each exported function was called.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "mock/engine/functions.h"

namespace gpuex::mock {

// Threads count in different places, so that those which call the same function at once do not wait
// for one another's cache line: the real libraries do not make them wait either.
class CallCounts {
 public:
  // `thread`: its number in the order of first calls.
  void Add(Function function, unsigned thread) {
    shares_[thread % kShares].counts[static_cast<size_t>(function)].fetch_add(
        1, std::memory_order_relaxed);
  }
  uint64_t Of(Function function) const {
    uint64_t sum = 0;
    for (const Share& share : shares_) {
      sum += share.counts[static_cast<size_t>(function)].load(std::memory_order_relaxed);
    }
    return sum;
  }

 private:
  static constexpr size_t kShares = 8;
  struct alignas(64) Share {
    std::array<std::atomic<uint64_t>, kFunctionCount> counts{};
  };

  std::array<Share, kShares> shares_;
};

}  // namespace gpuex::mock
