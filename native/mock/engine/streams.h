// All streams and events of one machine, by handle. Answers are numbers of cuda_status, which
// cudart and the driver share.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "mock/engine/device.h"
#include "mock/engine/stream.h"
#include "mock/engine/thread_state.h"

namespace gpuex::mock {

class Machine;

class Streams {
 public:
  explicit Streams(Machine& machine) : machine_(machine) {}

  // Bits of the flags that both libraries use.
  static constexpr unsigned kNonBlocking = 1;   // of a stream
  static constexpr unsigned kDisableTiming = 2;  // of an event

  // `handle`: 0 or 1 (legacy default), 2 (per-thread default), or one that was created. The device
  // is the stream's own; for the default streams the thread's current one.
  struct Found {
    std::shared_ptr<Stream> stream;  // null: no such stream
    Device* device = nullptr;
  };
  Found Find(ThreadState& thread, uintptr_t handle);
  // The same, where the default streams are those of a device that is not the thread's.
  Found Find(ThreadState& thread, uintptr_t handle, Device* device);

  int Create(Device& device, unsigned flags, uintptr_t* handle);
  // What was enqueued still runs.
  int Destroy(uintptr_t handle);

  // Enqueues with the order that the default stream demands. Work for a device that was poisoned
  // before it begins is left out, as a faulted context runs nothing more.
  Mark Enqueue(const Found& to, std::function<void()> work, std::vector<Mark> after = {});
  int Synchronize(ThreadState& thread, uintptr_t handle);
  int Query(ThreadState& thread, uintptr_t handle);
  void SynchronizeDevice(Device& device);
  // Its context has faulted: what waits for work that will not begin goes on.
  void LookAgain(const Device& device);

  int CreateEvent(unsigned flags, uintptr_t* handle);
  int DestroyEvent(uintptr_t handle);
  int Record(ThreadState& thread, uintptr_t event, uintptr_t stream);
  int WaitEvent(ThreadState& thread, uintptr_t stream, uintptr_t event);
  int SynchronizeEvent(uintptr_t event);
  int QueryEvent(uintptr_t event);
  int ElapsedTime(uintptr_t start, uintptr_t end, float* milliseconds);

  // Created and not destroyed yet.
  size_t live_streams() const;
  size_t live_events() const;

 private:
  struct Entry {
    std::shared_ptr<Stream> stream;
    Device* device;
  };
  struct Event {
    unsigned flags = 0;
    bool recorded = false;
    Device* device = nullptr;
    Mark mark;
    // Written by the worker before the mark is done.
    std::shared_ptr<std::chrono::steady_clock::time_point> when;
  };
  std::shared_ptr<Stream> DefaultStream(uint64_t thread, Device& device);
  bool FindEvent(uintptr_t handle, Event* event);
  std::vector<std::shared_ptr<Stream>> On(const Device& device);

  Machine& machine_;
  mutable std::mutex mutex_;  // of the maps
  std::mutex order_;  // held while work is put in its place among the streams
  std::map<uintptr_t, Entry> streams_;
  // By thread and device; thread 0 stands for the legacy stream, which all share.
  std::map<std::pair<uint64_t, Device*>, std::shared_ptr<Stream>> defaults_;
  std::map<uintptr_t, Event> events_;
};

}  // namespace gpuex::mock
