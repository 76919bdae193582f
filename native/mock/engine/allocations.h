// The live device allocations of the process, by address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "mock/engine/device.h"

namespace gpuex::mock {

class Allocations {
 public:
  // Answers cuda_status numbers, or kRestart once the machine was retired. `*address` is written
  // only on success. Sizes are counted in steps of 256 bytes.
  int Allocate(Device& device, size_t bytes, void** address);
  // kInvalidValue for an address that is no live allocation's first byte.
  int Free(void* address);
  // What a destroyed context takes with it.
  void FreeAllOf(const Device& device);
  // Gives everything back to the system, for good.
  void Close();

  size_t live() const;
  size_t LiveOn(const Device& device) const;

 private:
  struct Block {
    size_t bytes;
    Device* device;
  };
  mutable std::mutex mutex_;
  std::unordered_map<uintptr_t, Block> blocks_;
  bool closed_ = false;
};

}  // namespace gpuex::mock
