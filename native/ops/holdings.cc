#include "ops/holdings.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace gpuex {

void Holdings::Hold(uint64_t ticket, std::shared_ptr<void> thing, void* data, size_t bytes) {
  held_.push_back({ticket, std::move(thing), data, bytes});
}

const void* Holdings::Find(uint64_t ticket, size_t bytes) const {
  const auto found = std::lower_bound(
      held_.begin(), held_.end(), ticket,
      [](const Holding& each, uint64_t wanted) { return each.ticket < wanted; });
  const bool fits = found != held_.end() && found->ticket == ticket && found->bytes == bytes;
  return fits ? found->data : nullptr;
}

void Holdings::LetGo(uint64_t settled, const std::vector<WorkFailure>& failures) {
  for (const WorkFailure& failure : failures) failed_.push_back({failure.after, failure.last});
  while (!held_.empty() && held_.front().ticket <= settled) {
    const uint64_t ticket = held_.front().ticket;
    const bool failed = std::any_of(failed_.begin(), failed_.end(), [&](const Range& each) {
      return ticket > each.after && ticket <= each.last;
    });
    if (failed) KeepForEver(std::move(held_.front().thing));
    held_.pop_front();
  }
  failed_.erase(std::remove_if(failed_.begin(), failed_.end(),
                               [&](const Range& each) { return each.last <= settled; }),
                failed_.end());
}

void KeepForEver(std::shared_ptr<void> thing) noexcept {
  try {
    static std::mutex* const mutex = new std::mutex();
    static auto* const kept = new std::vector<std::shared_ptr<void>>();
    const std::lock_guard<std::mutex> lock(*mutex);
    kept->push_back(std::move(thing));
  } catch (...) {
    // Not even room for a pointer: rather this than the end of the process.
  }
}

}  // namespace gpuex
