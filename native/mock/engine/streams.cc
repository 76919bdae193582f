#include "mock/engine/streams.h"

#include <utility>

#include "mock/engine/handles.h"
#include "mock/engine/machine.h"
#include "mock/engine/status.h"

namespace gpuex::mock {
namespace {

using namespace cuda_status;  // NOLINT

constexpr uintptr_t kLegacy = 1;
constexpr uintptr_t kPerThread = 2;

}  // namespace

std::shared_ptr<Stream> Streams::DefaultStream(uint64_t thread, Device& device) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::shared_ptr<Stream>& stream = defaults_[{thread, &device}];
  if (stream == nullptr) stream = std::make_shared<Stream>(true, device.context);
  return stream;
}

Streams::Found Streams::Find(ThreadState& thread, uintptr_t handle) {
  return Find(thread, handle, machine_.driver().Find(thread.CurrentOrdinal()));
}

Streams::Found Streams::Find(ThreadState& thread, uintptr_t handle, Device* device) {
  if (handle <= kPerThread) {
    if (device == nullptr) return {};
    return {DefaultStream(handle == kPerThread ? thread.Id() : 0, *device), device};
  }
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = streams_.find(handle);
  if (found == streams_.end()) return {};
  return {found->second.stream, found->second.device};
}

int Streams::Create(Device& device, unsigned flags, uintptr_t* handle) {
  if ((flags & ~kNonBlocking) != 0) return kInvalidValue;
  std::lock_guard<std::mutex> lock(mutex_);
  *handle = NewHandle();
  streams_[*handle] = {std::make_shared<Stream>((flags & kNonBlocking) == 0, device.context),
                       &device};
  return kSuccess;
}

int Streams::Destroy(uintptr_t handle) {
  std::lock_guard<std::mutex> lock(mutex_);
  return streams_.erase(handle) == 1 ? kSuccess : kInvalidHandle;
}

std::vector<std::shared_ptr<Stream>> Streams::On(const Device& device) {
  std::vector<std::shared_ptr<Stream>> found;
  std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& entry : streams_) {
    if (entry.second.device == &device) found.push_back(entry.second.stream);
  }
  for (const auto& entry : defaults_) {
    if (entry.first.second == &device) found.push_back(entry.second);
  }
  return found;
}

Mark Streams::Enqueue(const Found& to, std::function<void()> work, std::vector<Mark> after) {
  Device* device = to.device;
  const auto guarded = [device, run = std::move(work)] {
    if (device->context.poison() == kSuccess) run();
  };
  // One at a time: what the legacy stream waits for, and what waits for it, must be one order.
  std::lock_guard<std::mutex> lock(order_);
  const std::shared_ptr<Stream> legacy = DefaultStream(0, *device);
  if (to.stream == legacy) {
    for (const auto& other : On(*device)) {
      if (other != legacy && other->blocking()) after.push_back(other->Last());
    }
  } else if (to.stream->blocking()) {
    after.push_back(legacy->Last());
  }
  return {to.stream, to.stream->Enqueue(guarded, std::move(after))};
}

int Streams::Synchronize(ThreadState& thread, uintptr_t handle) {
  const Found found = Find(thread, handle);
  if (found.stream == nullptr) return kInvalidHandle;
  Wait(found.stream->Last());
  // The legacy stream stands for the blocking ones as well.
  if (handle <= kLegacy) {
    for (const auto& other : On(*found.device)) {
      if (other->blocking()) Wait(other->Last());
    }
  }
  return found.device->context.poison();
}

int Streams::Query(ThreadState& thread, uintptr_t handle) {
  const Found found = Find(thread, handle);
  if (found.stream == nullptr) return kInvalidHandle;
  if (!Done(found.stream->Last())) return kNotReady;
  return found.device->context.poison();
}

void Streams::LookAgain(const Device& device) {
  for (const auto& stream : On(device)) stream->LookAgain();
}

void Streams::SynchronizeDevice(Device& device) {
  for (const auto& stream : On(device)) Wait(stream->Last());
}

int Streams::CreateEvent(unsigned flags, uintptr_t* handle) {
  constexpr unsigned kKnown = 1 | kDisableTiming | 4;  // blocking sync, disable timing, interprocess
  if ((flags & ~kKnown) != 0) return kInvalidValue;
  if ((flags & 4) != 0 && (flags & kDisableTiming) == 0) return kInvalidValue;
  std::lock_guard<std::mutex> lock(mutex_);
  *handle = NewHandle();
  events_[*handle].flags = flags;
  return kSuccess;
}

int Streams::DestroyEvent(uintptr_t handle) {
  std::lock_guard<std::mutex> lock(mutex_);
  return events_.erase(handle) == 1 ? kSuccess : kInvalidHandle;
}

bool Streams::FindEvent(uintptr_t handle, Event* event) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = events_.find(handle);
  if (found == events_.end()) return false;
  *event = found->second;
  return true;
}

int Streams::Record(ThreadState& thread, uintptr_t event, uintptr_t stream) {
  const Found found = Find(thread, stream);
  Event recorded;
  if (found.stream == nullptr || !FindEvent(event, &recorded)) return kInvalidHandle;
  recorded.when = std::make_shared<std::chrono::steady_clock::time_point>();
  recorded.recorded = true;
  recorded.device = found.device;
  recorded.mark =
      Enqueue(found, [when = recorded.when] { *when = std::chrono::steady_clock::now(); });
  std::lock_guard<std::mutex> lock(mutex_);
  const auto place = events_.find(event);
  if (place == events_.end()) return kInvalidHandle;
  place->second = std::move(recorded);
  return kSuccess;
}

int Streams::WaitEvent(ThreadState& thread, uintptr_t stream, uintptr_t event) {
  const Found found = Find(thread, stream);
  Event awaited;
  if (found.stream == nullptr || !FindEvent(event, &awaited)) return kInvalidHandle;
  if (awaited.recorded) Enqueue(found, [] {}, {awaited.mark});
  return kSuccess;
}

int Streams::SynchronizeEvent(uintptr_t event) {
  Event awaited;
  if (!FindEvent(event, &awaited)) return kInvalidHandle;
  if (!awaited.recorded) return kSuccess;
  Wait(awaited.mark);
  return awaited.device->context.poison();
}

int Streams::QueryEvent(uintptr_t event) {
  Event asked;
  if (!FindEvent(event, &asked)) return kInvalidHandle;
  if (!asked.recorded) return kSuccess;
  return Done(asked.mark) ? asked.device->context.poison() : kNotReady;
}

int Streams::ElapsedTime(uintptr_t start, uintptr_t end, float* milliseconds) {
  Event from;
  Event to;
  if (!FindEvent(start, &from) || !FindEvent(end, &to)) return kInvalidHandle;
  if (!from.recorded || !to.recorded) return kInvalidHandle;
  if (((from.flags | to.flags) & kDisableTiming) != 0) return kInvalidHandle;
  if (!Done(from.mark) || !Done(to.mark)) return kNotReady;
  if (const int poison = from.device->context.poison()) return poison;
  *milliseconds = std::chrono::duration<float, std::milli>(*to.when - *from.when).count();
  return kSuccess;
}

size_t Streams::live_streams() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return streams_.size();
}

size_t Streams::live_events() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return events_.size();
}

}  // namespace gpuex::mock
