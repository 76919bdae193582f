#include "mock/engine/driver.h"

#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "mock/engine/machine.h"
#include "mock/engine/status.h"
#include "mock/engine/visible_devices.h"

namespace gpuex::mock {

std::vector<Device*> Driver::InCudaOrder() const {
  std::vector<Device*> devices;
  const Scenario& scenario = machine_.scenario();
  if (scenario.cuda_order) {
    for (int index : *scenario.cuda_order) devices.push_back(machine_.DeviceByNvmlIndex(index));
    return devices;
  }
  const char* order = std::getenv("CUDA_DEVICE_ORDER");
  if (order != nullptr && std::strcmp(order, "PCI_BUS_ID") == 0) {
    for (int i = 0; i < machine_.device_count(); ++i) {
      devices.push_back(machine_.DeviceByNvmlIndex(i));
    }
    return devices;
  }
  return machine_.devices_as_listed();
}

int Driver::Initialize() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (initialized()) return cuda_status::kSuccess;
  if (machine_.scenario().cuda_driver_version == 0) return cuda_status::kNoDevice;

  std::optional<std::string> list = machine_.scenario().visible_devices;
  if (!list) {
    if (const char* environment = std::getenv("CUDA_VISIBLE_DEVICES")) list = environment;
  }
  std::vector<Device*> visible = InCudaOrder();
  if (list) visible = SelectVisible(visible, *list);
  // Of a divided board CUDA shows the first instance; another one only by its UUID.
  for (Device*& device : visible) {
    if (!device->instances.empty()) device = device->instances.front();
  }
  if (visible.empty()) return cuda_status::kNoDevice;

  for (size_t i = 0; i < visible.size(); ++i) visible[i]->cuda_ordinal = static_cast<int>(i);
  visible_ = std::move(visible);
  initialized_.store(true, std::memory_order_release);
  return cuda_status::kSuccess;
}

}  // namespace gpuex::mock
