// The live device allocations of the process, by address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "mock/engine/device.h"

namespace gpuex::mock {

class Allocations {
 public:
  // Answers cuda_status numbers, or kRestart once the machine was retired. `*address` is written
  // only on success. Sizes are counted in steps of 256 bytes.
  int Allocate(Device& device, size_t bytes, void** address);
  // kInvalidValue for an address that is no live allocation's first byte.
  int Free(void* address);
  // The device whose live memory contains all of the range, which must not be empty; else null.
  Device* Find(const void* address, size_t bytes) const;
  struct Range {
    uintptr_t start;
    size_t bytes;
    Device* device;
  };
  // The live block that contains the address; bytes 0: none does.
  Range BlockAt(const void* address) const;
  // While it is held, no memory goes away that a stream's work may touch.
  std::shared_lock<std::shared_mutex> Use() const { return std::shared_lock(use_); }
  // While it is held, no such work runs.
  std::unique_lock<std::shared_mutex> Pause() const { return std::unique_lock(use_); }

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
  std::map<uintptr_t, Block> blocks_;
  // Held shared by whoever reads or writes device memory on a stream, exclusively while some of it,
  // or of the host's memory that streams may touch, is unmapped.
  mutable std::shared_mutex use_;
  bool closed_ = false;
};

}  // namespace gpuex::mock
