// The CUDA runtime's state: it starts once per process, at the first call but one, on top of the
// driver; its errors are per thread, except those of the start, which are everybody's.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>

#include "mock/engine/thread_state.h"

namespace gpuex::mock {

class Machine;

class Runtime {
 public:
  explicit Runtime(Machine& machine) : machine_(machine) {}

  // Starts the runtime if that was not tried yet. 0, or the status that every call answers from
  // then on: a failed start is not tried again. kRestart: see there.
  int Start() {
    const int status = start_status_.load(std::memory_order_acquire);
    return status == kUntried ? StartOnce() : status;
  }
  // As the driver told it at the start; 0: it did not.
  int driver_version() const { return driver_version_.load(std::memory_order_relaxed); }

  // Makes the primary context of the thread's device active and current.
  int EnsureContext(ThreadState& thread);

  int SetDevice(ThreadState& thread, int ordinal);
  int Allocate(ThreadState& thread, size_t bytes, void** address);
  int Free(ThreadState& thread, void* address);
  int MemoryInfo(ThreadState& thread, size_t* free, size_t* total);

 private:
  static constexpr int kUntried = -1;

  int StartOnce();
  int TryStart();
  int MakeCurrent(ThreadState& thread, int ordinal);

  Machine& machine_;
  std::mutex start_mutex_;
  std::atomic<int> start_status_{kUntried};
  std::atomic<int> driver_version_{0};
};

}  // namespace gpuex::mock
