#include "ops/holdings.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace gpuex {

void Holdings::Hold(uint64_t ticket, std::shared_ptr<void> thing, void* data, size_t bytes) {
  try {
    held_.push_back({ticket, thing, data, bytes});
  } catch (...) {
    KeepForEver(std::move(thing));
    throw;
  }
}

const void* Holdings::Find(uint64_t ticket, size_t bytes) const {
  const auto found = std::lower_bound(
      held_.begin(), held_.end(), ticket,
      [](const Holding& each, uint64_t wanted) { return each.ticket < wanted; });
  const bool fits = found != held_.end() && found->ticket == ticket && found->bytes == bytes;
  return fits ? found->data : nullptr;
}

void Holdings::LetGo(uint64_t settled, TicketRange in_doubt) {
  while (!held_.empty() && held_.front().ticket <= settled) {
    if (in_doubt.Has(held_.front().ticket)) KeepForEver(std::move(held_.front().thing));
    held_.pop_front();
  }
}

void KeepForEver(std::shared_ptr<void> thing) noexcept {
  try {
    static std::mutex* const mutex = new std::mutex();
    static auto* const kept = new std::vector<std::shared_ptr<void>>();
    const std::lock_guard<std::mutex> lock(*mutex);
    kept->push_back(thing);
  } catch (...) {
    // Not even room for a pointer: a hold that nobody can give up any more. A leak checker finds what
    // is in the list, and not this.
    alignas(std::shared_ptr<void>) unsigned char place[sizeof thing];
    new (place) std::shared_ptr<void>(std::move(thing));
  }
}

}  // namespace gpuex
