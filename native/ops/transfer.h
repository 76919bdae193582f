// Copies and fills in a stream (CUDA Runtime API, "Memory Management"; what makes the caller wait is
// in "API synchronization behavior"). Each answers the ticket of its piece of work, and throws
// NativeError if it was refused at once. The environment's thread only. Nothing is checked here:
// ranges and devices are the caller's to know.
#pragma once

#include <cstddef>
#include <memory>

#include "ops/buffer.h"
#include "ops/feed.h"
#include "ops/host_memory.h"
#include "ops/ordered_calls.h"

namespace gpuex {

enum class Direction { kToDevice, kToHost };

// Between device memory and pinned memory of ours, which `hold` keeps until it is done.
uint64_t CopyPinned(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                    Direction direction, void* device, void* host, size_t bytes,
                    std::shared_ptr<void> hold);

// The same with pageable memory of ours: on the lane, since the call may wait.
uint64_t CopyPageable(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                      Direction direction, void* device, void* host, size_t bytes,
                      std::shared_ptr<void> hold);

// The same with memory that V8 owns, and that the caller keeps until the ticket is told.
uint64_t CopyGuest(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                   Direction direction, void* device, void* host, size_t bytes,
                   std::shared_ptr<GuestMemory> guest);

// To the device, as it comes. What follows in the stream waits for its end.
uint64_t CopyFeed(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream, void* device,
                  std::shared_ptr<Feed> feed);

uint64_t Fill(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream, void* device,
              int value, size_t bytes);

// Within one device, or from the stream's device to another.
struct DevicePointer {
  void* address;
  int device;
};
uint64_t CopyDevice(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                    DevicePointer to, DevicePointer from, size_t bytes);

// Whether giving the memory back waits for work in the stream by itself.
inline bool IsWaitedFor(const Allocation& allocation, const Stream& stream) {
  return allocation.stream == nullptr ? stream.device() == allocation.device
                                      : &stream == allocation.stream.get();
}
// Notes that work in `stream` up to `ticket` uses the memory, where freeing it would not wait for
// that by itself. Room is made before the work is put in (throws std::bad_alloc).
inline void MakeRoomForUse(Allocation* allocation, const Stream& stream) {
  if (!IsWaitedFor(*allocation, stream)) MakeRoomForUse(&allocation->uses);
}
inline void NoteUse(Allocation* allocation, const std::shared_ptr<Stream>& stream,
                    uint64_t ticket) noexcept {
  if (!IsWaitedFor(*allocation, *stream)) NoteStreamUse(&allocation->uses, stream, ticket);
}

}  // namespace gpuex
