// What one environment holds of one kind, by handle. Pure bookkeeping: calls no library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "errors/native_error.h"

namespace gpuex {

// Why a number is no live handle of a table.
enum class HandleProblem { kNone, kForeign, kUnknown, kFreed };

// A handle is a number > 0 that JavaScript holds exactly: the owning environment, how often the slot
// was used, and the slot. So a handle is recognised after it was freed, after its slot was used
// again (2^20 times; then the count begins anew), and in a foreign environment (of 4096).
template <typename T>
class HandleTable {
 public:
  // `owner` tells environments apart; its low 12 bits are used.
  explicit HandleTable(unsigned owner) : owner_(owner & kOwnerMask) {}

  // Throws UsageError when a million are live.
  double Add(T value) {
    size_t index = slots_.size();
    if (!free_.empty()) {
      index = free_.back();
      free_.pop_back();
    } else if (index > kSlotMask - 1) {
      throw UsageError(UsageError::Kind::kRange,
                       "this environment already holds a million of these");
    } else {
      slots_.emplace_back();
      // So that giving one back never asks for memory: that happens where nobody can be told.
      free_.reserve(slots_.capacity());
    }
    Slot& slot = slots_[index];
    slot.value.emplace(std::move(value));
    slot.uses = (slot.uses + 1) & kUseMask;
    ++live_;
    const uint64_t bits = (uint64_t{owner_} << (kSlotBits + kUseBits)) |
                          (uint64_t{slot.uses} << kSlotBits) | (index + 1);
    return static_cast<double>(bits);
  }

  // Null when there is a problem. Valid until the next Add.
  T* Find(double handle, HandleProblem* problem) {
    *problem = HandleProblem::kUnknown;
    constexpr double kLimit = 9007199254740992.0;  // 2^53
    if (!(handle >= 1 && handle < kLimit)) return nullptr;
    // Signed, as the processor converts.
    const auto whole = static_cast<int64_t>(handle);
    if (static_cast<double>(whole) != handle) return nullptr;
    const auto bits = static_cast<uint64_t>(whole);
    if ((bits >> (kSlotBits + kUseBits)) != owner_) {
      *problem = HandleProblem::kForeign;
      return nullptr;
    }
    const uint64_t index = (bits & kSlotMask) - 1;
    const uint64_t uses = (bits >> kSlotBits) & kUseMask;
    if (index >= slots_.size()) return nullptr;
    Slot& slot = slots_[index];
    if (!slot.value || slot.uses != uses) {
      *problem = HandleProblem::kFreed;
      return nullptr;
    }
    *problem = HandleProblem::kNone;
    return &*slot.value;
  }

  // The handle must be live.
  T Remove(double handle) {
    const size_t index = (static_cast<uint64_t>(handle) & kSlotMask) - 1;
    T value = std::move(*slots_[index].value);
    slots_[index].value.reset();
    free_.push_back(index);
    --live_;
    return value;
  }

  // In no order that means anything. `each` must not change the table.
  template <typename Each>
  void ForEach(Each each) {
    for (Slot& slot : slots_) {
      if (slot.value) each(*slot.value);
    }
  }

  // Empties the table.
  std::vector<T> TakeAll() {
    std::vector<T> all;
    for (size_t index = 0; index < slots_.size(); ++index) {
      if (!slots_[index].value) continue;
      all.push_back(std::move(*slots_[index].value));
      slots_[index].value.reset();
      free_.push_back(index);
    }
    live_ = 0;
    return all;
  }

  size_t live() const { return live_; }
  unsigned owner() const { return owner_; }

 private:
  static constexpr unsigned kSlotBits = 20;
  static constexpr unsigned kUseBits = 20;
  static constexpr uint64_t kSlotMask = (uint64_t{1} << kSlotBits) - 1;
  static constexpr uint64_t kUseMask = (uint64_t{1} << kUseBits) - 1;
  static constexpr unsigned kOwnerMask = 0xFFF;

  struct Slot {
    std::optional<T> value;
    uint64_t uses = 0;
  };

  unsigned owner_;
  std::vector<Slot> slots_;
  std::vector<size_t> free_;
  size_t live_ = 0;
};

}  // namespace gpuex
