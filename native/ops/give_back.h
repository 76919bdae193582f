// Things of the driver's that nobody uses any more.
#pragma once

#include <cstdint>
#include <memory>

#include "errors/check.h"
#include "ops/current_device.h"
#include "ops/device_work.h"

namespace gpuex {

// Calls `destroy`, which answers the runtime's status, on the lane, where the device is current. A
// runtime that is unloading, or a stand-in that was configured afresh since `mock_generation`, has
// done it already. Calls that stand in line are `destroy`'s to wait for. Reports nothing. On any thread.
template <typename Destroy>
void GiveBackLater(const DeviceCalls& calls, const std::shared_ptr<DeviceWork>& work,
                   uint64_t mock_generation, Destroy destroy) noexcept {
  try {
    work->lane->Post([calls, device = work->device, mock_generation, destroy] {
      if (mock_generation != calls.libraries->MockGenerationsHere().next) return;
      try {
        const CurrentDevice current(calls, device, {device, std::nullopt});
        const int status = destroy();
        if (status != abi::cudart::cudaSuccess && !IsSticky(Library::kCudart, 0, status)) {
          calls.cudart->cudaGetLastError();
        }
      } catch (...) {
        // Nobody is left to be told.
      }
    });
  } catch (...) {
    // The system gives no thread.
  }
}

// Answers what `make` makes to hold a thing of the driver's. Where there is no memory for that, nobody
// would hold the thing: `destroy`, which may be null, gives it back at once.
template <typename Make, typename Destroy, typename Thing>
auto HoldOrGiveBack(Make make, Destroy destroy, Thing thing) {
  try {
    return make();
  } catch (...) {
    if (destroy != nullptr) destroy(thing);
    throw;
  }
}

}  // namespace gpuex
