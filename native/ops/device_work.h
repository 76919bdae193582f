// What one environment has at work on one device, and what the others have there.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "api/cuda_api.h"
#include "ops/lane.h"
#include "ops/order.h"
#include "ops/unreturned.h"

namespace gpuex {

// What the streams of one device in one environment share.
struct DeviceWork {
  // `cuda` may be null: only the runtime could be opened.
  DeviceWork(int work_device, const CudaApi* cuda);
  ~DeviceWork();
  DeviceWork(const DeviceWork&) = delete;
  DeviceWork& operator=(const DeviceWork&) = delete;

  const int device;
  // For calls that may wait for the device. What is handed to it directly must not rely on calls that
  // stand in line on the other one; see PostBehindCalls.
  const std::shared_ptr<Lane> lane;
  // For calls that only put something in: they wait in no other stream's line. That they do not wait
  // themselves is the driver's promise, which a driver that hangs does not keep; and it does wait where
  // too much stands in its queue.
  const std::shared_ptr<Lane> prompt_lane;
  // The calls of the prompt lane.
  Order prompt;
  // The legacy default stream waits for the streams that were not made non-blocking, and they for it
  // ("Stream synchronization behavior"): so calls about them keep their order as well.
  Order by_default;
  Order by_blocking;
  Order by_blocking_promptly;

  // Tickets of all streams, and how many of them are settled: whether the device may be at work. Given
  // on the environment's thread alone.
  std::atomic<uint64_t> tickets{0};
  std::atomic<uint64_t> settled{0};
  void AddTicket() {
    tickets.store(tickets.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  bool busy() const {
    const uint64_t done = settled.load(std::memory_order_acquire);
    return tickets.load(std::memory_order_relaxed) != done;
  }
  // Whether another environment of the process may have the device at work.
  bool busy_elsewhere() const;
  // Memory that the lane has yet to give back, and what it could not.
  std::atomic<unsigned> frees{0};
  Unreturned unreturned;
  // The process ends: nothing is given back any more.
  std::atomic<bool> abandoned{false};
};

// Hands `task` to the lane, behind all calls that were handed to either lane before. The
// environment's thread only. Throws std::system_error when the system gives no thread.
inline void PostBehindCalls(const std::shared_ptr<DeviceWork>& work, std::function<void()> task) {
  work->lane->Post([work, place = work->prompt.last(), task = std::move(task)] {
    work->prompt.Await(place);
    task();
  });
}

}  // namespace gpuex
