// Things of the driver's that nobody uses any more.
#pragma once

#include <cstdint>
#include <memory>

#include "errors/check.h"
#include "ops/current_device.h"
#include "ops/device_work.h"

namespace gpuex {

// A runtime or driver that unloads takes all back itself.
inline bool IsUnloading(const NativeError& error) {
  constexpr int kUnloading = 4;  // cudaErrorCudartUnloading and CUDA_ERROR_DEINITIALIZED
  const bool cuda = error.library == Library::kCudart || error.library == Library::kCuda;
  return cuda && error.code == kUnloading;
}

// Whether a thing is still the driver's after the refusal, which may take it back another time. Not in
// a lost context, whose things go with the process.
inline bool StaysAfter(const NativeError& error) {
  return !(error.code && IsSticky(error.library, 0, *error.code)) && !IsUnloading(error);
}

// Whether it may be offered again with nobody's word: cudaErrorInvalidValue may mean that it is gone, and
// its address somebody else's.
inline bool MayBeOfferedAgain(const NativeError& error) {
  constexpr int kInvalidValue = 1;
  return StaysAfter(error) && !(error.library == Library::kCudart && error.code == kInvalidValue);
}

// Calls `destroy`, which answers the runtime's status, with the device current. A stand-in that was
// configured afresh since `mock_generation` has done it already. Throws NativeError.
template <typename Destroy>
void GiveBackHere(const DeviceCalls& calls, int device, uint64_t mock_generation, const char* call,
                  Destroy destroy) {
  if (mock_generation != calls.libraries->MockGenerationsHere().next) return;
  const CallContext context{device, std::nullopt};
  try {
    const CurrentDevice current(calls, device, context);
    CheckCudart(*calls.cudart, destroy(), call, context);
  } catch (const NativeError& error) {
    if (!IsUnloading(error)) throw;
  }
}

// Keeps memory that was refused, where it may be offered again by `give_back`, which throws as the above.
// The lane's thread only.
template <typename GiveBack>
void KeepUnreturned(DeviceWork* work, const NativeError& error, GiveBack give_back) {
  if (!MayBeOfferedAgain(error)) return;
  work->unreturned.Keep([give_back] {
    try {
      give_back();
      return true;
    } catch (const NativeError& again) {
      return !MayBeOfferedAgain(again);
    } catch (...) {
      return true;
    }
  });
}

// On the lane, from any thread; calls that stand in line are `destroy`'s to wait for. `refused` hears of a
// refusal, there, and throws nothing. It is not tried again: what a handle of the driver's names after it
// was refused is not known, and using one that is gone is undefined.
template <typename Destroy, typename Refused>
void DestroyHandleLater(const DeviceCalls& calls, const std::shared_ptr<DeviceWork>& work,
                        uint64_t mock_generation, const char* call, Destroy destroy,
                        Refused refused) noexcept {
  try {
    work->lane->Post([calls, device = work->device, mock_generation, call, destroy, refused] {
      try {
        GiveBackHere(calls, device, mock_generation, call, destroy);
      } catch (NativeError& error) {
        refused(error);
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
