// NVML's event sets: who wants to hear of what, and what has happened since.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace gpuex::mock {

struct Device;
class Clock;

struct Event {
  const Device* device = nullptr;
  uint64_t type = 0;  // one nvmlEventType… bit
  uint64_t data = 0;  // for a critical Xid, its number
};

class Events {
 public:
  static constexpr size_t kMaxSets = 1024;  // in one machine's life
  static constexpr size_t kMaxQueued = 1024;

  // -1: too many.
  int Create();
  // False: there is no such set.
  bool Free(int set);
  bool Register(int set, const Device* device, uint64_t types);
  // To every set that asked for it. A full queue loses its oldest.
  void Raise(const Event& event);

  bool Exists(int set) const;
  bool HasEvent(int set) const;
  std::optional<Event> Take(int set);

 private:
  struct Set {
    std::map<const Device*, uint64_t> wanted;
    std::deque<Event> queue;
  };
  mutable std::mutex mutex_;
  std::unordered_map<int, Set> sets_;
  int next_ = 0;
};

}  // namespace gpuex::mock
