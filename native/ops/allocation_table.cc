#include "ops/allocation_table.h"

#include <cmath>

#include "errors/native_error.h"

namespace gpuex {

double AllocationTable::Add(const Allocation& allocation) {
  size_t index = slots_.size();
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else if (index > kSlotMask - 1) {
    throw UsageError(UsageError::Kind::kRange,
                     "this environment already holds a million device allocations");
  } else {
    slots_.emplace_back();
  }
  Slot& slot = slots_[index];
  slot.allocation = allocation;
  slot.uses = (slot.uses + 1) & kUseMask;
  ++live_;
  const uint64_t bits = (uint64_t{owner_} << (kSlotBits + kUseBits)) | (slot.uses << kSlotBits) |
                        (index + 1);
  return static_cast<double>(bits);
}

const Allocation* AllocationTable::Find(double handle, Problem* problem) const {
  *problem = Problem::kUnknown;
  constexpr double kLimit = 9007199254740992.0;  // 2^53
  if (!(handle >= 1 && handle < kLimit) || handle != std::floor(handle)) return nullptr;
  const auto bits = static_cast<uint64_t>(handle);
  if ((bits >> (kSlotBits + kUseBits)) != owner_) {
    *problem = Problem::kForeign;
    return nullptr;
  }
  const uint64_t index = (bits & kSlotMask) - 1;
  const uint64_t uses = (bits >> kSlotBits) & kUseMask;
  if (index >= slots_.size()) return nullptr;
  const Slot& slot = slots_[index];
  if (!slot.allocation || slot.uses != uses) {
    *problem = Problem::kFreed;
    return nullptr;
  }
  *problem = Problem::kNone;
  return &*slot.allocation;
}

void AllocationTable::Remove(double handle) {
  const size_t index = (static_cast<uint64_t>(handle) & kSlotMask) - 1;
  slots_[index].allocation.reset();
  free_.push_back(index);
  --live_;
}

std::vector<Allocation> AllocationTable::TakeAll() {
  std::vector<Allocation> all;
  for (size_t index = 0; index < slots_.size(); ++index) {
    if (!slots_[index].allocation) continue;
    all.push_back(*slots_[index].allocation);
    slots_[index].allocation.reset();
    free_.push_back(index);
  }
  live_ = 0;
  return all;
}

}  // namespace gpuex
