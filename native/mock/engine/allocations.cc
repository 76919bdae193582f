#include "mock/engine/allocations.h"

#include "mock/engine/address_space.h"
#include "mock/engine/status.h"

namespace gpuex::mock {
namespace {

// What CUDA documents as the alignment of every allocation; sizes are counted in the same steps.
constexpr size_t kGranularity = 256;

}  // namespace

int Allocations::Allocate(Device& device, size_t bytes, void** address) {
  if (bytes > SIZE_MAX - kGranularity) return cuda_status::kOutOfMemory;
  const size_t rounded = (bytes + kGranularity - 1) / kGranularity * kGranularity;
  if (!device.ledger.Take(rounded)) return cuda_status::kOutOfMemory;
  void* memory = ReserveMemory(rounded);
  if (memory == nullptr) {
    device.ledger.Give(rounded);
    return cuda_status::kOutOfMemory;
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!closed_) {
      blocks_.emplace(reinterpret_cast<uintptr_t>(memory), Block{rounded, &device});
      *address = memory;
      return cuda_status::kSuccess;
    }
  }
  ReleaseMemory(memory, rounded);
  return kRestart;
}

int Allocations::Free(void* address) {
  Block block;
  std::unique_lock<std::shared_mutex> in_use(use_);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return kRestart;
    const auto found = blocks_.find(reinterpret_cast<uintptr_t>(address));
    if (found == blocks_.end()) return cuda_status::kInvalidValue;
    block = found->second;
    // Under the lock: once unmapped, the address may be handed out again at once.
    blocks_.erase(found);
  }
  ReleaseMemory(address, block.bytes);
  block.device->ledger.Give(block.bytes);
  return cuda_status::kSuccess;
}

Allocations::Range Allocations::BlockAt(const void* address) const {
  const auto at = reinterpret_cast<uintptr_t>(address);
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = blocks_.upper_bound(at);
  if (found == blocks_.begin()) return {0, 0, nullptr};
  --found;
  if (at - found->first >= found->second.bytes) return {0, 0, nullptr};
  return {found->first, found->second.bytes, found->second.device};
}

Device* Allocations::Find(const void* address, size_t bytes) const {
  const Range block = BlockAt(address);
  if (block.bytes == 0) return nullptr;
  const size_t left = block.bytes - (reinterpret_cast<uintptr_t>(address) - block.start);
  return bytes <= left ? block.device : nullptr;
}

void Allocations::FreeAllOf(const Device& device) {
  std::unique_lock<std::shared_mutex> in_use(use_);
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto it = blocks_.begin(); it != blocks_.end();) {
    if (it->second.device != &device) {
      ++it;
      continue;
    }
    ReleaseMemory(reinterpret_cast<void*>(it->first), it->second.bytes);
    it->second.device->ledger.Give(it->second.bytes);
    it = blocks_.erase(it);
  }
}

void Allocations::Close() {
  std::unique_lock<std::shared_mutex> in_use(use_);
  std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
  for (const auto& [address, block] : blocks_) {
    ReleaseMemory(reinterpret_cast<void*>(address), block.bytes);
  }
  blocks_.clear();
}

size_t Allocations::live() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return blocks_.size();
}

size_t Allocations::LiveOn(const Device& device) const {
  std::lock_guard<std::mutex> lock(mutex_);
  size_t count = 0;
  for (const auto& entry : blocks_) count += entry.second.device == &device;
  return count;
}

}  // namespace gpuex::mock
