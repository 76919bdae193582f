#include "ops/host_memory.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "ops/give_back.h"
#include "ops/missing.h"

namespace gpuex {

using namespace abi::cudart;  // NOLINT: the calls read as in NVIDIA's documentation

PinnedBlock::PinnedBlock(const DeviceCalls& device_calls, std::shared_ptr<DeviceWork> device_work,
                         std::shared_ptr<Progress> who_hears, void* memory, size_t size)
    : calls(device_calls),
      work(std::move(device_work)),
      progress(std::move(who_hears)),
      data(memory),
      bytes(size),
      mock_generation(calls.libraries->MockGenerationsHere().last) {}

PinnedBlock::~PinnedBlock() {
  if (work->abandoned.load(std::memory_order_acquire)) return;
  const auto give_back = [calls = calls, data = data, device = work->device,
                          generation = mock_generation] {
    GiveBackHere(calls, device, generation, "cudaFreeHost",
                 [&] { return calls.cudart->cudaFreeHost(data); });
  };
  try {
    work->lane->Post([work = work, progress = progress, give_back] {
      try {
        give_back();
        work->unreturned.OfferAll();
      } catch (const NativeError& error) {
        progress->Report(error);
        KeepUnreturned(work.get(), error, give_back);
      }
    });
  } catch (...) {
    // The system gives no thread.
  }
}

std::shared_ptr<PinnedBlock> AllocatePinned(const DeviceCalls& calls,
                                            const std::shared_ptr<DeviceWork>& work,
                                            const std::shared_ptr<Progress>& progress,
                                            size_t bytes) {
  const int device = work->device;
  const CallContext context{device, static_cast<double>(bytes)};
  const auto allocate = Needed(calls.cudart->cudaHostAlloc, "cudaHostAlloc", device);
  const auto free = Needed(calls.cudart->cudaFreeHost, "cudaFreeHost", device);
  const CurrentDevice current(calls, device, context);
  void* data = nullptr;
  CheckCudart(*calls.cudart, allocate(&data, bytes, cudaHostAllocPortable), "cudaHostAlloc",
              context);
  return HoldOrGiveBack(
      [&] { return std::make_shared<PinnedBlock>(calls, work, progress, data, bytes); }, free,
      data);
}

Staging::Block Staging::Take(const DeviceCalls& calls, size_t bytes) {
  size_t index = 0;
  while ((kSmallestBlock << index) < bytes) ++index;
  const unsigned generation = calls.libraries->generation();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (generation_ != generation) {
      for (auto& blocks : free_) blocks.clear();
      for (bool& growing : growing_) growing = false;
      held_ = 0;
      generation_ = generation;
    }
  }
  Free block = TakeFree(index);
  if (void* const data = block.data; data != nullptr) {
    // Held by a deleter and not by a list: it comes back from wherever it was let go of. At once,
    // where there is no memory for the hold.
    const std::shared_ptr<void> hold(
        data, [self = shared_from_this(), index, generation, block](void*) mutable {
          self->GiveBack(index, generation, std::move(block));
        });
    return {hold, data, true};
  }
  GrowLater(calls, index);
  auto entry = std::make_shared<HostAccount::Entry>(account_, bytes);
  void* const data = std::malloc(bytes);
  if (data == nullptr) throw std::bad_alloc();
  const auto free = [entry = std::move(entry)](void* memory) { std::free(memory); };
  return {std::shared_ptr<void>(data, free), data, false};
}

Staging::Free Staging::TakeFree(size_t index) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Free>& blocks = free_[index];
  if (blocks.empty()) return {};
  Free block = std::move(blocks.back());
  blocks.pop_back();
  return block;
}

size_t Staging::SlabBytes(size_t index) {
  const size_t each = kSmallestBlock << index;
  return each > kSlab ? each : kSlab;
}

void Staging::GrowLater(const DeviceCalls& calls, size_t index) noexcept {
  const size_t bytes = SlabBytes(index);
  unsigned generation = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (growing_[index] || held_ + bytes > kMostBytes) return;
    growing_[index] = true;
    held_ += bytes;
    generation = generation_;
  }
  try {
    work_->prompt_lane->Post([self = shared_from_this(), calls, index, generation] {
      try {
        self->Grow(calls, index, generation);
        self->EndGrowth(index, generation, 0);
      } catch (...) {
        // The copies themselves will say what is wrong with the device.
        self->EndGrowth(index, generation, SlabBytes(index));
      }
    });
  } catch (...) {
    EndGrowth(index, generation, bytes);
  }
}

void Staging::Grow(const DeviceCalls& calls, size_t index, unsigned generation) {
  const size_t each = kSmallestBlock << index;
  const size_t slab_bytes = SlabBytes(index);
  std::shared_ptr<PinnedBlock> block = AllocatePinned(calls, work_, progress_, slab_bytes);
  char* const data = static_cast<char*>(block->data);
  const std::shared_ptr<Slab> slab(new Slab{std::move(block), {account_, slab_bytes}});
  const std::lock_guard<std::mutex> lock(mutex_);
  if (generation != generation_) return;
  free_[index].reserve(free_[index].size() + slab_bytes / each);
  for (size_t at = 0; at < slab_bytes; at += each) {
    free_[index].push_back({slab, data + at});
  }
}

void Staging::EndGrowth(size_t index, unsigned generation, size_t missing) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (generation != generation_) return;
  growing_[index] = false;
  held_ -= missing;
}

void Staging::GiveBack(size_t index, unsigned generation, Free block) noexcept {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (generation == generation_) free_[index].push_back(std::move(block));
  } catch (...) {
    // No memory for the list: the block goes with its slab.
  }
}

bool GuestMemory::Enter() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return false;
  ++inside_;
  return true;
}

void GuestMemory::Leave() {
  const std::lock_guard<std::mutex> lock(mutex_);
  --inside_;
  left_.notify_all();
}

void GuestMemory::Close(std::chrono::milliseconds longest) {
  std::unique_lock<std::mutex> lock(mutex_);
  closed_ = true;
  // A deadline of the system's clock: thread checkers know that form of waiting.
  left_.wait_until(lock, std::chrono::system_clock::now() + longest,
                   [this] { return inside_ == 0; });
}

}  // namespace gpuex
