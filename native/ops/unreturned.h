// Memory that the runtime refused to take back although it still works: during the capture of a graph
// elsewhere in the process, for one.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <iterator>
#include <list>
#include <utility>

namespace gpuex {

// A lane's, where nobody is left who could try again. Offered anew when the runtime takes something else
// back, and before an allocation fails for want of memory. What is kept must not hold its DeviceWork.
class Unreturned {
 public:
  // Answers whether it is settled: given back, or not to be offered again. Throws nothing.
  using Offer = std::function<bool()>;

  size_t size() const { return size_.load(std::memory_order_acquire); }

  // The rest on the lane's thread. Throws std::bad_alloc.
  void Keep(Offer offer) {
    offers_.push_back({std::move(offer), 0});
    size_.store(offers_.size(), std::memory_order_release);
  }
  void OfferAll() noexcept {
    for (auto each = offers_.begin(); each != offers_.end();) {
      const bool settled = each->offer() || ++each->tries == kMostTries;
      each = settled ? offers_.erase(each) : std::next(each);
    }
    size_.store(offers_.size(), std::memory_order_release);
  }

 private:
  // Refused so often while others were taken, it will be for ever.
  static constexpr unsigned kMostTries = 8;

  struct Kept {
    Offer offer;
    unsigned tries;
  };

  std::list<Kept> offers_;
  std::atomic<size_t> size_{0};
};

}  // namespace gpuex
