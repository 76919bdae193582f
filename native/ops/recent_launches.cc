#include "ops/recent_launches.h"

#include <algorithm>

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

void RecentLaunches::Begin(Stream* stream) {
  if (stream->kind != Stream::Kind::kDefault && stream->launch_order == 0) {
    stream->launch_order = ++streams_;
  }
  const auto ring = std::make_shared<LaunchRing>(stream->device(), stream->launch_order);
  if (rings_.size() < kMostStreams) {
    rings_.push_back(ring);
  } else {
    const auto oldest = std::min_element(
        rings_.begin(), rings_.end(),
        [](const auto& one, const auto& other) { return one->last() < other->last(); });
    (*oldest)->given_up = true;
    *oldest = ring;
  }
  stream->launches = ring;
}

}  // namespace gpuex
