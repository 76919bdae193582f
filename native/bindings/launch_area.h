// The memory through which JavaScript tells a launch, and how the addon reads it: whatever stands there,
// nothing is touched but the memory itself and what a live handle names.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "bindings/entry.h"
#include "ops/module.h"
#include "ops/transfer.h"

namespace gpuex {

// What JavaScript writes before it launches: `LaunchArea` in lib/cuda/launch-area.ts.
struct LaunchArea {
  static constexpr size_t kMostArguments = 256;
  // What CUDA 12.1 and later take on recent devices; older ones, 4096.
  static constexpr size_t kArgumentBytes = 32768;
  // Behind the last argument: the driver reads as much as the kernel's parameter is long, which may
  // be more than was given where the parameters are not known.
  static constexpr size_t kSlack = kArgumentBytes;
  // More parameters than a kernel can have: each takes a byte at least.
  static constexpr size_t kMostParameters = kArgumentBytes;

  LaunchShape shape;
  uint32_t count;
  uint32_t used;  // of `arguments`
  uint32_t unchecked;  // the driver does not tell the parameters: there may be more or longer ones
  uint32_t turn;  // JavaScript's own
  double kernel;  // its handle
  double stream;  // its handle
  uint32_t offsets[kMostArguments];  // into `arguments`; see kIsBuffer
  alignas(16) unsigned char arguments[kArgumentBytes + kSlack];

  // An argument that is device memory: its handle and an offset in bytes stand there, two doubles,
  // and are replaced by the address.
  static constexpr uint32_t kIsBuffer = 0x80000000;
};

namespace bindings {

// What a launch needs beyond its shape: where each argument is, and whose memory it uses.
struct LaunchArguments {
  void* places[LaunchArea::kMostArguments];
  uint32_t count;
  Allocation* memory[LaunchArea::kMostArguments];
  uint32_t memory_count;
};

// Checks what JavaScript wrote, and puts addresses in the place of device memory, whose use can then
// be noted.
inline void ReadArguments(HandleTable<Allocation>* allocations, LaunchArea* area,
                          const Stream& stream, LaunchArguments* read) {
  void** const pointers = read->places;
  read->memory_count = 0;
  if (area->count > LaunchArea::kMostArguments || area->used > LaunchArea::kArgumentBytes) {
    throw UsageError(UsageError::Kind::kRange, "arguments: there are too many");
  }
  for (uint32_t i = 0; i < area->count; ++i) {
    const uint32_t offset = area->offsets[i] & ~LaunchArea::kIsBuffer;
    if (offset > area->used || offset > LaunchArea::kArgumentBytes - 2 * sizeof(double)) {
      throw UsageError(UsageError::Kind::kRange, "arguments: an offset is out of range");
    }
    unsigned char* const place = area->arguments + offset;
    pointers[i] = place;
    if (area->offsets[i] == offset) continue;
    // One by one, as they were written just now: the processor passes a load only a whole store.
    double handle = 0;
    double start = 0;
    std::memcpy(&handle, place, sizeof handle);
    std::memcpy(&start, place + sizeof handle, sizeof start);
    Allocation& memory = LiveIn(allocations, handle, "device memory");
    if (memory.device != stream.device()) {
      throw UsageError(UsageError::Kind::kType,
                       "arguments[" + std::to_string(i) + "] is memory of device " +
                           std::to_string(memory.device) + "; the kernel runs on device " +
                           std::to_string(stream.device()));
    }
    const bool whole = start >= 0 && start < 9007199254740992.0;  // 2^53
    const auto within = whole ? static_cast<uint64_t>(static_cast<int64_t>(start)) : 0;
    if (!whole || within > memory.bytes) {
      throw UsageError(UsageError::Kind::kRange, "arguments: an offset is out of range");
    }
    const uint64_t address = reinterpret_cast<uintptr_t>(memory.address) + within;
    std::memcpy(place, &address, sizeof address);
    MakeRoomForUse(&memory, stream);
    read->memory[read->memory_count++] = &memory;
  }
  read->count = area->count;
}

}  // namespace bindings
}  // namespace gpuex
