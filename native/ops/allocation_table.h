// The device allocations of one environment, by handle. Pure bookkeeping: calls no library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gpuex {

struct Allocation {
  void* address;
  size_t bytes;
  int device;
  uint64_t mock_generation;  // the stand-in's configuration that answered; 0: no stand-in
};

// A handle is a number > 0 that JavaScript holds exactly: the owning environment, how often the slot
// was used, and the slot. So a handle is recognised after it was freed, after its slot was used
// again (2^20 times; then the count begins anew), and in a foreign environment (of 4096).
class AllocationTable {
 public:
  // `owner` tells environments apart; its low 12 bits are used.
  explicit AllocationTable(unsigned owner) : owner_(owner & kOwnerMask) {}

  // Throws UsageError when a million allocations are live.
  double Add(const Allocation& allocation);

  enum class Problem { kNone, kForeign, kUnknown, kFreed };
  // Null when there is a problem.
  const Allocation* Find(double handle, Problem* problem) const;

  // The handle must be live.
  void Remove(double handle);

  // Empties the table.
  std::vector<Allocation> TakeAll();

  size_t live() const { return live_; }

 private:
  static constexpr unsigned kSlotBits = 20;
  static constexpr unsigned kUseBits = 20;
  static constexpr uint64_t kSlotMask = (uint64_t{1} << kSlotBits) - 1;
  static constexpr uint64_t kUseMask = (uint64_t{1} << kUseBits) - 1;
  static constexpr unsigned kOwnerMask = 0xFFF;

  struct Slot {
    std::optional<Allocation> allocation;
    uint64_t uses = 0;
  };

  unsigned owner_;
  std::vector<Slot> slots_;
  std::vector<size_t> free_;
  size_t live_ = 0;
};

}  // namespace gpuex
