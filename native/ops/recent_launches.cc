#include "ops/recent_launches.h"

#include <algorithm>
#include <utility>

namespace gpuex {

std::vector<LaunchNote> RecentLaunches::On(std::optional<int> device) const {
  std::vector<LaunchNote> notes;
  for (const auto& ring : rings_) {
    if (!device || ring->device() == *device) ring->CopyTo(&notes);
  }
  std::sort(notes.begin(), notes.end(), [](const LaunchNote& one, const LaunchNote& other) {
    return one.sequence > other.sequence;
  });
  return notes;
}

void RecentLaunches::PrepareNext() {
  rings_.reserve(kMostStreams);
  next_ = std::make_shared<LaunchRing>();
}

void RecentLaunches::Begin(Stream* stream) noexcept {
  next_->Begin(stream->device(), stream->id);
  stream->launches = next_;
  if (rings_.size() < kMostStreams) {
    rings_.push_back(std::move(next_));
  } else {
    const auto oldest = std::min_element(
        rings_.begin(), rings_.end(),
        [](const auto& one, const auto& other) { return one->last() < other->last(); });
    (*oldest)->given_up = true;
    *oldest = std::move(next_);
  }
}

}  // namespace gpuex
