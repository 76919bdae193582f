#include "ops/device_work.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "api/capture_mode.h"

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

// What a lane asks and gives back nobody expects at that moment, least of all who captures a stream.
std::shared_ptr<Lane> LaneBesideCaptures(const CudaApi* cuda) {
  if (cuda == nullptr) return std::make_shared<Lane>();
  return std::make_shared<Lane>([cuda] { SpoilNoCaptures(*cuda); });
}

}  // namespace

DeviceWork::DeviceWork(int work_device, const CudaApi* cuda)
    : device(work_device), lane(LaneBesideCaptures(cuda)), prompt_lane(LaneBesideCaptures(cuda)) {
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
