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
  const bool is_default = stream->kind == Stream::Kind::kDefault;
  rings_.push_back(
      std::make_shared<LaunchRing>(stream->device(), is_default ? 0 : ++streams_));
  stream->launches = rings_.back();
  if (rings_.size() <= kMostStreams) return;
  rings_.front()->given_up = true;
  rings_.pop_front();
}

}  // namespace gpuex
