// The CUDA driver's process-wide state: whether cuInit was called, and which devices it then saw.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "mock/engine/device.h"

namespace gpuex::mock {

class Machine;

class Driver {
 public:
  explicit Driver(Machine& machine) : machine_(machine) {}

  // Looks at CUDA_VISIBLE_DEVICES and CUDA_DEVICE_ORDER, unless the scenario says otherwise.
  // Answers kNoDevice where nothing is visible or no driver is installed; it may be tried again.
  int Initialize();
  bool initialized() const { return initialized_.load(std::memory_order_acquire); }

  // Of the devices that CUDA sees; 0 before Initialize succeeded.
  int count() const { return initialized() ? static_cast<int>(visible_.size()) : 0; }
  // Null for a number that is no ordinal.
  Device* Find(int ordinal) const {
    return ordinal >= 0 && ordinal < count() ? visible_[static_cast<size_t>(ordinal)] : nullptr;
  }

 private:
  std::vector<Device*> InCudaOrder() const;

  Machine& machine_;
  std::mutex mutex_;
  std::vector<Device*> visible_;  // constant once initialized_ is set
  std::atomic<bool> initialized_{false};
};

}  // namespace gpuex::mock
