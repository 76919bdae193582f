// Device memory: how it is had and how it is given back. No thread's current device is changed, and
// no last error is left behind unless it is sticky.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "ops/current_device.h"
#include "ops/stream.h"

namespace gpuex {

struct Allocation {
  void* address;
  size_t bytes;
  int device;
  uint64_t mock_generation;  // the stand-in's configuration that answered; 0: no stand-in
  // Stream-ordered memory (cudaMallocAsync) goes back into its stream; null: cudaMalloc.
  std::shared_ptr<Stream> stream = nullptr;
  // Work elsewhere that giving it back would not wait for by itself: copies in streams of other
  // devices and, of stream-ordered memory, in other streams. See NoteUse.
  std::vector<StreamUse> uses = {};
};

// Where streams have memory to give back: what of it may still be on its way.
using FreesInStreams = std::vector<StreamUse>;

// Throws NativeError with the bytes asked for and, where the device still answers, its free and
// total memory. May block as long as the driver does. `frees`: memory that these streams, or the lane,
// have yet to give back is waited for, a second at most, before it is out of memory; null: it is not.
Allocation AllocateOnDevice(const DeviceCalls& calls, size_t bytes,
                            const std::shared_ptr<DeviceWork>& work, const FreesInStreams* frees);

// Stream-ordered; the same as above where the runtime has no such memory (before CUDA 11.2), or the device
// none (cudaErrorNotSupported: it has no memory pools).
Allocation AllocateInStream(const DeviceCalls& calls, size_t bytes,
                            const std::shared_ptr<Stream>& stream, const FreesInStreams* frees);

// Throws NativeError, after which the memory is as it was if StaysAfter says so (give_back.h). A runtime
// or driver that is unloading has freed it already, and so has a stand-in that was configured afresh: no
// failure. cudaFree waits for the work on the device: while this process may have some there, and where
// it was used elsewhere, it is called on the lane, and a refusal is reported to `progress`.
// Stream-ordered memory goes into its stream, which is noted in `frees`.
void FreeOnDevice(const DeviceCalls& calls, const Allocation& allocation,
                  const std::shared_ptr<DeviceWork>& work,
                  const std::shared_ptr<Progress>& progress, FreesInStreams* frees);

// On the lane, behind what was handed to it before. Waits for nothing. What is refused is offered again
// (unreturned.h). `progress`: who hears of a refusal, null: nobody.
void FreeLater(const DeviceCalls& calls, const Allocation& allocation,
               const std::shared_ptr<DeviceWork>& work,
               const std::shared_ptr<Progress>& progress) noexcept;

// On the lane: what was refused before.
void OfferAllLater(const std::shared_ptr<DeviceWork>& work) noexcept;

}  // namespace gpuex
