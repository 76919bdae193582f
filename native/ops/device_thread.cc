#include "ops/device_thread.h"

#include <memory>
#include <thread>
#include <utility>

namespace gpuex {

namespace {
// More than any node has; ordinals beyond cannot exist and share one thread, so that asking for them
// costs none.
constexpr int kMostDevices = 64;
}  // namespace

void DeviceThreads::Work(Lane* lane) {
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock<std::mutex> lock(lane->mutex);
      lane->wake.wait(lock, [lane] { return !lane->tasks.empty(); });
      task = std::move(lane->tasks.front());
      lane->tasks.pop_front();
    }
    try {
      task();
    } catch (...) {
      // Nobody is known who could be told; a thread of ours must not end the process.
    }
  }
}

DeviceThreads::Lane* DeviceThreads::LaneOf(Library library, int device) {
  const std::pair key(library, device < kMostDevices ? device : kNoDevice);
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = lanes_.find(key);
  if (found != lanes_.end()) return found->second;
  auto lane = std::make_unique<Lane>();
  std::thread(Work, lane.get()).detach();
  return lanes_[key] = lane.release();
}

void DeviceThreads::Post(Library library, int device, std::function<void()> task) {
  Lane* lane = LaneOf(library, device);
  {
    const std::lock_guard<std::mutex> lock(lane->mutex);
    lane->tasks.push_back(std::move(task));
  }
  lane->wake.notify_one();
}

}  // namespace gpuex
