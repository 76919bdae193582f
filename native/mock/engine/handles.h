// Handles that name objects of a machine: numbers that no program looks behind.
#pragma once

#include <atomic>
#include <cstdint>

namespace gpuex::mock {

// Never the same twice in a process, so one of a machine that is gone names nothing.
inline uintptr_t NewHandle() {
  static std::atomic<uintptr_t> next{0x10000};
  return next.fetch_add(16, std::memory_order_relaxed);
}

}  // namespace gpuex::mock
