#include "ops/device_work.h"

#include <algorithm>
#include <mutex>
#include <vector>

namespace gpuex {

namespace {

// Never destroyed: environments end after the process has begun to.
struct Everywhere {
  std::mutex mutex;
  std::vector<const DeviceWork*> works;
};

Everywhere& AtWorkEverywhere() {
  static Everywhere* const everywhere = new Everywhere;
  return *everywhere;
}

}  // namespace

DeviceWork::DeviceWork(int work_device)
    : device(work_device),
      lane(std::make_shared<Lane>()),
      prompt_lane(std::make_shared<Lane>()) {
  Everywhere& everywhere = AtWorkEverywhere();
  const std::lock_guard<std::mutex> lock(everywhere.mutex);
  everywhere.works.push_back(this);
}

DeviceWork::~DeviceWork() {
  Everywhere& everywhere = AtWorkEverywhere();
  const std::lock_guard<std::mutex> lock(everywhere.mutex);
  auto& works = everywhere.works;
  works.erase(std::find(works.begin(), works.end(), this));
}

bool DeviceWork::busy_elsewhere() const {
  Everywhere& everywhere = AtWorkEverywhere();
  const std::lock_guard<std::mutex> lock(everywhere.mutex);
  return std::any_of(everywhere.works.begin(), everywhere.works.end(),
                     [this](const DeviceWork* other) {
                       return other != this && other->device == device && other->busy();
                     });
}

}  // namespace gpuex
