#include "mock/engine/host_memory.h"

#include "mock/engine/address_space.h"
#include "mock/engine/status.h"

namespace gpuex::mock {

using namespace cuda_status;  // NOLINT

int HostMemory::Allocate(Kind kind, size_t bytes, void** address) {
  void* memory = ReserveMemory(bytes);
  if (memory == nullptr) return kOutOfMemory;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!closed_) {
      blocks_[reinterpret_cast<uintptr_t>(memory)] = {bytes, kind};
      *address = memory;
      return kSuccess;
    }
  }
  ReleaseMemory(memory, bytes);
  return kRestart;
}

int HostMemory::Free(Kind kind, void* address) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return kRestart;
  const auto found = blocks_.find(reinterpret_cast<uintptr_t>(address));
  if (found == blocks_.end() || found->second.kind != kind) return kInvalidValue;
  const size_t bytes = found->second.bytes;
  blocks_.erase(found);
  ReleaseMemory(address, bytes);
  return kSuccess;
}

const HostMemory::Block* HostMemory::Containing(uintptr_t at, uintptr_t* start) const {
  auto found = blocks_.upper_bound(at);
  if (found == blocks_.begin()) return nullptr;
  --found;
  *start = found->first;
  return at - found->first < found->second.bytes ? &found->second : nullptr;
}

int HostMemory::Register(void* address, size_t bytes) {
  if (address == nullptr || bytes == 0) return kInvalidValue;
  const auto at = reinterpret_cast<uintptr_t>(address);
  std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return kRestart;
  const auto next = blocks_.lower_bound(at);
  uintptr_t start = 0;
  const bool overlaps = next != blocks_.end() && next->first - at < bytes;
  if (overlaps || Containing(at, &start) != nullptr) return kHostMemoryAlreadyRegistered;
  blocks_[at] = {bytes, Kind::kRegistered};
  return kSuccess;
}

int HostMemory::Unregister(void* address) {
  if (address == nullptr) return kInvalidValue;
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = blocks_.find(reinterpret_cast<uintptr_t>(address));
  if (found == blocks_.end() || found->second.kind != Kind::kRegistered) {
    return kHostMemoryNotRegistered;
  }
  blocks_.erase(found);
  return kSuccess;
}

HostMemory::Kind HostMemory::KindOf(const void* address, size_t bytes) const {
  const auto at = reinterpret_cast<uintptr_t>(address);
  std::lock_guard<std::mutex> lock(mutex_);
  uintptr_t start = 0;
  const Block* block = Containing(at, &start);
  if (block == nullptr || bytes > block->bytes - (at - start)) return Kind::kPageable;
  return block->kind;
}

size_t HostMemory::Reachable(const void* address) const {
  const auto at = reinterpret_cast<uintptr_t>(address);
  std::lock_guard<std::mutex> lock(mutex_);
  uintptr_t start = 0;
  const Block* block = Containing(at, &start);
  return block == nullptr ? 0 : block->bytes - (at - start);
}

size_t HostMemory::live() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return blocks_.size();
}

void HostMemory::Close() {
  // Programs hold plain pointers into pinned memory and use them without a call, so it stays mapped;
  // only what was never touched costs nothing.
  std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
}

}  // namespace gpuex::mock
