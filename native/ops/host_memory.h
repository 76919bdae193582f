// Host memory that takes part in copies: whose it is, and how long it lasts.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "ops/current_device.h"
#include "ops/device_work.h"
#include "ops/progress.h"

namespace gpuex {

// Bytes of host memory that are ours, and there because of what JavaScript asked for: V8 has to know of
// them, or it would see no reason to collect. Counted on any thread.
class HostAccount {
 public:
  // While one lives, its bytes are on the account.
  class Entry {
   public:
    Entry(std::shared_ptr<HostAccount> account, size_t bytes) noexcept
        : account_(std::move(account)), bytes_(static_cast<int64_t>(bytes)) {
      account_->bytes_.fetch_add(bytes_, std::memory_order_relaxed);
    }
    ~Entry() { account_->bytes_.fetch_sub(bytes_, std::memory_order_relaxed); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    const std::shared_ptr<HostAccount> account_;
    const int64_t bytes_;
  };

  // By how much they have become more, or less, since this was asked last. The environment's thread
  // only.
  int64_t TakeChange() {
    const int64_t now = bytes_.load(std::memory_order_relaxed);
    return now - std::exchange(told_, now);
  }

 private:
  std::atomic<int64_t> bytes_{0};
  int64_t told_ = 0;
};

// Pinned memory of ours (cudaHostAlloc). Whoever uses it holds it; the last one gives it back on the
// lane of its device, because cudaFreeHost waits for the device. A refusal is reported.
struct PinnedBlock {
  PinnedBlock(const DeviceCalls& device_calls, std::shared_ptr<DeviceWork> device_work,
              std::shared_ptr<Progress> who_hears, void* memory, size_t size);
  ~PinnedBlock();
  PinnedBlock(const PinnedBlock&) = delete;
  PinnedBlock& operator=(const PinnedBlock&) = delete;

  const DeviceCalls calls;
  const std::shared_ptr<DeviceWork> work;
  const std::shared_ptr<Progress> progress;
  void* const data;
  const size_t bytes;
  const uint64_t mock_generation;
};

// Throws NativeError with the bytes asked for. The block counts as the device's, and is pinned for
// all of them.
std::shared_ptr<PinnedBlock> AllocatePinned(const DeviceCalls& calls,
                                            const std::shared_ptr<DeviceWork>& work,
                                            const std::shared_ptr<Progress>& progress,
                                            size_t bytes);

// Blocks of pinned memory through which small copies go, so that the caller's memory is free at once.
// Kept for the next copy; up to kMostBytes in all.
class Staging : public std::enable_shared_from_this<Staging> {
 public:
  static constexpr size_t kLargestBlock = 1 << 20;

  Staging(std::shared_ptr<DeviceWork> work, std::shared_ptr<Progress> progress,
          std::shared_ptr<HostAccount> account)
      : work_(std::move(work)), progress_(std::move(progress)), account_(std::move(account)) {}
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  struct Block {
    std::shared_ptr<void> hold;  // back it goes with the last one
    void* data = nullptr;
    bool pinned = false;  // else copies from and to it make the caller wait
  };
  // `bytes` from 1 to kLargestBlock. Where no pinned block is left it is of other memory, and a lane
  // gets more of them meanwhile: cudaHostAlloc may wait for the device. Throws std::bad_alloc. The
  // environment's thread only.
  Block Take(const DeviceCalls& calls, size_t bytes);
  // Bytes of host memory that the blocks take, or are about to.
  size_t held() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return held_;
  }

 private:
  static constexpr size_t kSmallestBlock = 4096;
  static constexpr size_t kSlab = 256 * 1024;
  static constexpr size_t kMostBytes = size_t{64} << 20;
  static constexpr size_t kClasses = 9;  // 4 KiB to 1 MiB

  struct Slab {
    std::shared_ptr<PinnedBlock> block;
    HostAccount::Entry entry;
  };
  struct Free {
    std::shared_ptr<Slab> slab;
    void* data = nullptr;
  };
  Free TakeFree(size_t index);  // without data: there is none
  static size_t SlabBytes(size_t index);
  void GrowLater(const DeviceCalls& calls, size_t index) noexcept;
  void Grow(const DeviceCalls& calls, size_t index, unsigned generation);
  void EndGrowth(size_t index, unsigned generation, size_t missing) noexcept;
  void GiveBack(size_t index, unsigned generation, Free block) noexcept;

  const std::shared_ptr<DeviceWork> work_;
  const std::shared_ptr<Progress> progress_;
  const std::shared_ptr<HostAccount> account_;
  mutable std::mutex mutex_;  // of all that follows: blocks come, and come back, on any thread
  std::vector<Free> free_[kClasses];
  bool growing_[kClasses] = {};
  size_t held_ = 0;
  unsigned generation_ = 0;  // of the stand-in: blocks from before are not pinned any more
};

// Memory that V8 owns, which a lane reads or writes: of SharedArrayBuffers, and what was transferred or
// is read into. The environment keeps it until the work is told; but V8 frees it when that ends, so
// the end must wait for whoever is inside. Nobody should be, who only waits for a turn.
class GuestMemory {
 public:
  // False: the environment has ended, and the memory may be gone.
  bool Enter();
  void Leave();
  bool closed() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return closed_;
  }
  // From now on nobody enters. Waits until all have left, but no longer than that: a driver that
  // hangs would hold up the end of the worker for ever. What it does with the memory when it goes on
  // after that, nobody can help.
  void Close(std::chrono::milliseconds longest);

  // What is copied in one go; so much is waited for at most. Drivers do not care; the stand-in copies
  // with memmove, which is a quarter faster once it writes past the caches: from 240 MiB on with glibc.
  static constexpr size_t kPiece = size_t{256} << 20;

 private:
  mutable std::mutex mutex_;
  std::condition_variable left_;
  unsigned inside_ = 0;
  bool closed_ = false;
};

}  // namespace gpuex
