// What belongs to one thread: cudart's last error and current device, the driver's context stack.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gpuex::mock {

class Machine;

// Trivial on purpose: nothing runs when a thread or the process ends.
struct ThreadState {
  static constexpr unsigned kMaxDepth = 128;

  // The calling thread's, started afresh when the machine is another one than last time.
  static ThreadState& On(const Machine& machine);
  // Of the machine that answered the calling thread's last call of cudart or the driver; 0: none did.
  static uint64_t LastGeneration();

  // The driver's current context decides; without one, the device that cudaSetDevice named.
  int CurrentOrdinal() const { return depth > 0 ? contexts[depth - 1] : device; }

  // Of the thread, from 1; the same for every machine.
  uint64_t Id();

  uint64_t generation;
  uint64_t id;
  unsigned number;  // threads in the order of their first call
  int last_error;
  // The call of cuDNN that failed last, for its text; status 0: none did.
  struct {
    unsigned function;
    int status;
  } cudnn_error;
  int device;
  int capture_mode;
  unsigned depth;
  int16_t contexts[kMaxDepth];  // ordinals: every context is a device's primary one

  // What `<<<…>>>` left for the kernel stub that runs next.
  struct LaunchConfiguration {
    unsigned grid[3];
    unsigned block[3];
    size_t shared_bytes;
    uintptr_t stream;
  };
  static constexpr unsigned kMaxPushed = 16;
  unsigned pushed;
  LaunchConfiguration configurations[kMaxPushed];
};

}  // namespace gpuex::mock
