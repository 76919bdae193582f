// One device's memory, in bytes. cudart, the driver and NVML all read this one ledger, so their
// views agree at any moment. Lock-free: NVML reads it while other threads allocate.
#pragma once

#include <atomic>
#include <cstdint>

namespace gpuex::mock {

class MemoryLedger {
 public:
  // reserved + used_by_others must not exceed total.
  MemoryLedger(uint64_t total, uint64_t reserved, uint64_t used_by_others)
      : total_(total), reserved_(reserved), others_(used_by_others) {}

  // All or nothing. False: does not fit.
  bool Take(uint64_t bytes) {
    uint64_t own = own_.load(std::memory_order_relaxed);
    do {
      if (bytes > total_ - reserved_ - others_ - own) return false;
    } while (!own_.compare_exchange_weak(own, own + bytes, std::memory_order_relaxed));
    return true;
  }
  void Give(uint64_t bytes) { own_.fetch_sub(bytes, std::memory_order_relaxed); }

  struct Reading {
    uint64_t total;
    uint64_t reserved;
    uint64_t used;  // without what is reserved
    uint64_t free;
  };
  // Taken in one look: total = reserved + used + free always holds.
  Reading Read() const {
    const uint64_t used = others_ + own_.load(std::memory_order_relaxed);
    return {total_, reserved_, used, total_ - reserved_ - used};
  }

 private:
  const uint64_t total_;
  const uint64_t reserved_;
  const uint64_t others_;
  std::atomic<uint64_t> own_{0};
};

}  // namespace gpuex::mock
