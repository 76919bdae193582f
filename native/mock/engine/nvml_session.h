// NVML's reference-counted initialisation.
#pragma once

#include <atomic>

#include "mock/engine/status.h"

namespace gpuex::mock {

class NvmlSession {
 public:
  void Initialize() {
    ever_.store(true, std::memory_order_relaxed);
    references_.fetch_add(1, std::memory_order_release);
  }
  // One call too many is no error (NVML keeps that for old callers); without any initialisation
  // before it is.
  int Shutdown() {
    unsigned references = references_.load(std::memory_order_relaxed);
    while (references > 0) {
      if (references_.compare_exchange_weak(references, references - 1)) break;
    }
    return ever_.load(std::memory_order_relaxed) ? nvml_status::kSuccess
                                                 : nvml_status::kUninitialized;
  }
  bool initialized() const { return references_.load(std::memory_order_acquire) > 0; }

 private:
  std::atomic<unsigned> references_{0};
  std::atomic<bool> ever_{false};
};

}  // namespace gpuex::mock
