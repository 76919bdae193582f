// Events of one environment: points in streams.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "ops/current_device.h"
#include "ops/device_work.h"
#include "ops/order.h"

namespace gpuex {

class Progress;
class Stream;

struct Event {
  Event(std::shared_ptr<DeviceWork> event_work, abi::cudart::cudaEvent_t event, bool with_timing,
        uint64_t generation)
      : work(std::move(event_work)), raw(event), timing(with_timing), mock_generation(generation) {}

  const std::shared_ptr<DeviceWork> work;
  const abi::cudart::cudaEvent_t raw;
  const bool timing;
  const uint64_t mock_generation;
  Order order;  // of the calls about it
  std::weak_ptr<Stream> recorded_in;  // last; the environment's thread only
};

// Throws NativeError.
std::shared_ptr<Event> MakeEvent(const DeviceCalls& calls, std::shared_ptr<DeviceWork> work,
                                 bool timing);

// On the lane, once the calls about it were made; see DestroyHandleLater. `progress`: who hears of a
// refusal, null: nobody.
void DestroyLater(const DeviceCalls& calls, const std::shared_ptr<Event>& event,
                  const std::shared_ptr<Progress>& progress) noexcept;

}  // namespace gpuex
