#include "mock/engine/events.h"

namespace gpuex::mock {

int Events::Create() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (static_cast<size_t>(next_) >= kMaxSets) return -1;
  sets_[next_];
  return next_++;
}

bool Events::Free(int set) {
  std::lock_guard<std::mutex> lock(mutex_);
  return sets_.erase(set) > 0;
}

bool Events::Register(int set, const Device* device, uint64_t types) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = sets_.find(set);
  if (found == sets_.end()) return false;
  found->second.wanted[device] |= types;
  return true;
}

void Events::Raise(const Event& event) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto& [number, set] : sets_) {
    const auto wanted = set.wanted.find(event.device);
    if (wanted == set.wanted.end() || (wanted->second & event.type) == 0) continue;
    if (set.queue.size() == kMaxQueued) set.queue.pop_front();
    set.queue.push_back(event);
  }
}

bool Events::Exists(int set) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return sets_.count(set) > 0;
}

bool Events::HasEvent(int set) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = sets_.find(set);
  return found != sets_.end() && !found->second.queue.empty();
}

std::optional<Event> Events::Take(int set) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = sets_.find(set);
  if (found == sets_.end() || found->second.queue.empty()) return std::nullopt;
  const Event event = found->second.queue.front();
  found->second.queue.pop_front();
  return event;
}

}  // namespace gpuex::mock
