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
                         void* memory, size_t size)
    : calls(device_calls),
      work(std::move(device_work)),
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
    work->lane->Post([work = work, give_back] {
      try {
        give_back();
        work->unreturned.OfferAll();
      } catch (const NativeError& error) {
        KeepUnreturned(work.get(), error, give_back);  // nobody is left to be told
      }
    });
  } catch (...) {
    // The system gives no thread.
  }
}

std::shared_ptr<PinnedBlock> AllocatePinned(const DeviceCalls& calls,
                                            const std::shared_ptr<DeviceWork>& work,
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
      [&] { return std::make_shared<PinnedBlock>(calls, work, data, bytes); }, free, data);
}

Staging::Block Staging::Take(const DeviceCalls& calls, size_t bytes) {
  size_t index = 0;
  while ((kSmallestBlock << index) < bytes) ++index;
  const unsigned generation = calls.libraries->generation();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (generation_ != generation) {
      for (auto& blocks : free_) blocks.clear();
      held_ = 0;
      generation_ = generation;
    }
  }
  for (bool grown = false;; grown = true) {
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
    if (grown || !Grow(calls, index)) break;
  }
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

bool Staging::Grow(const DeviceCalls& calls, size_t index) {
  const size_t each = kSmallestBlock << index;
  const size_t slab_bytes = each > kSlab ? each : kSlab;
  if (held_ + slab_bytes > kMostBytes) return false;
  std::shared_ptr<PinnedBlock> block;
  try {
    block = AllocatePinned(calls, work_, slab_bytes);
  } catch (const NativeError&) {
    return false;  // the copy itself will say what is wrong with the device
  }
  char* const data = static_cast<char*>(block->data);
  const std::shared_ptr<Slab> slab(new Slab{std::move(block), {account_, slab_bytes}});
  const std::lock_guard<std::mutex> lock(mutex_);
  free_[index].reserve(free_[index].size() + slab_bytes / each);
  held_ += slab_bytes;
  for (size_t at = 0; at < slab_bytes; at += each) {
    free_[index].push_back({slab, data + at});
  }
  return true;
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
