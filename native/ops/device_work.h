// What one environment has at work on one device.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "ops/lane.h"
#include "ops/order.h"
#include "ops/unreturned.h"

namespace gpuex {

// What the streams of one device in one environment share.
struct DeviceWork {
  explicit DeviceWork(int work_device) : device(work_device), lane(std::make_shared<Lane>()) {}

  const int device;
  const std::shared_ptr<Lane> lane;
  // The legacy default stream waits for the streams that were not made non-blocking, and they for it
  // ("Stream synchronization behavior"): so calls about them keep their order as well.
  Order by_default;
  Order by_blocking;

  // Tickets of all streams, and how many of them are settled: whether the device may be at work.
  uint64_t tickets = 0;
  std::atomic<uint64_t> settled{0};
  bool busy() const { return tickets != settled.load(std::memory_order_acquire); }
  // Memory that the lane has yet to give back, and what it could not.
  std::atomic<unsigned> frees{0};
  Unreturned unreturned;
  // The process ends: nothing is given back any more.
  std::atomic<bool> abandoned{false};
};

}  // namespace gpuex
