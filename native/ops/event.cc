#include "ops/event.h"

#include "ops/give_back.h"
#include "ops/missing.h"
#include "ops/progress.h"

namespace gpuex {

using namespace abi::cudart;  // NOLINT: the calls read as in NVIDIA's documentation

std::shared_ptr<Event> MakeEvent(const DeviceCalls& calls, std::shared_ptr<DeviceWork> work,
                                 bool timing) {
  const int device = work->device;
  const CallContext context{device, std::nullopt};
  const CurrentDevice current(calls, device, context);
  cudaEvent_t raw = nullptr;
  static constexpr char kCall[] = "cudaEventCreateWithFlags";
  const auto create = Needed(calls.cudart->cudaEventCreateWithFlags, kCall, device);
  CheckCudart(*calls.cudart, create(&raw, timing ? 0 : cudaEventDisableTiming), kCall, context);
  return HoldOrGiveBack(
      [&] {
        return std::make_shared<Event>(std::move(work), raw, timing,
                                       calls.libraries->MockGenerationsHere().last);
      },
      calls.cudart->cudaEventDestroy, raw);
}

void DestroyLater(const DeviceCalls& calls, const std::shared_ptr<Event>& event,
                  const std::shared_ptr<Progress>& progress) noexcept {
  DestroyHandleLater(calls, event->work, event->mock_generation, "cudaEventDestroy",
                     [calls, event, place = event->order.last()]() -> cudaError_t {
                       event->order.Await(place);
                       const auto destroy = calls.cudart->cudaEventDestroy;
                       return destroy == nullptr ? cudaSuccess : destroy(event->raw);
                     },
                     [progress](const NativeError& error) {
                       if (progress != nullptr) progress->Report(error);
                     });
}

}  // namespace gpuex
