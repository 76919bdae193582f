// Host memory that the driver knows: pinned, registered and managed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace gpuex::mock {

class HostMemory {
 public:
  enum class Kind { kPageable, kPinned, kRegistered, kManaged };

  // Aligned to a page. Answers cuda_status numbers, or kRestart once the machine was retired.
  int Allocate(Kind kind, size_t bytes, void** address);
  // Only what Allocate gave, of that kind; else kInvalidValue.
  int Free(Kind kind, void* address);
  int Register(void* address, size_t bytes);
  int Unregister(void* address);

  // kPageable for everything that is not known, or not in full.
  Kind KindOf(const void* address, size_t bytes) const;
  // Bytes of known memory from the address on; 0: none.
  size_t Reachable(const void* address) const;
  // How many blocks are known.
  size_t live() const;
  void Close();

 private:
  struct Block {
    size_t bytes;
    Kind kind;
  };
  const Block* Containing(uintptr_t at, uintptr_t* start) const;

  mutable std::mutex mutex_;
  std::map<uintptr_t, Block> blocks_;
  bool closed_ = false;
};

}  // namespace gpuex::mock
