// Copies and fills, in the order of a stream. Answers are numbers of cuda_status.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mock/engine/thread_state.h"

namespace gpuex::mock {

class Machine;

// enum cudaMemcpyKind
enum class Direction { kHostToHost, kHostToDevice, kDeviceToHost, kDeviceToDevice, kByAddress };

// `rows` of `width` bytes, `*_pitch` bytes from one to the next.
struct Copy {
  void* to = nullptr;
  const void* from = nullptr;
  size_t width = 0;
  size_t rows = 1;
  size_t to_pitch = 0;
  size_t from_pitch = 0;
  Direction direction = Direction::kByAddress;
};

// `may_return_early`: the caller asked for an asynchronous copy. It is one only where both ends are
// device or pinned memory; with pageable memory the call returns when the copy is done, unless the
// device reads and writes that by itself.
int Transfer(Machine& machine, ThreadState& thread, const Copy& copy, uintptr_t stream,
             bool may_return_early);
int Fill(Machine& machine, ThreadState& thread, void* address, int value, size_t bytes,
         uintptr_t stream, bool may_return_early);

}  // namespace gpuex::mock
