// For programs that test native/ops alone, without JavaScript above it. Each test runs in a process
// of its own: `ops_tests <name> <path of the stand-in>`.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "api/libraries.h"
#include "ops/buffer.h"
#include "ops/current_device.h"
#include "ops/device_work.h"
#include "ops/progress.h"
#include "ops/stream.h"

namespace ops_tests {

#define CHECK(condition) ::ops_tests::Check((condition), #condition, __FILE__, __LINE__)

inline void Check(bool holds, const char* condition, const char* file, int line) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
  std::fflush(stderr);
  std::_Exit(1);
}

using Tests = std::map<std::string, std::function<void()>>;
Tests LaneTests();
Tests StreamTests();
Tests OutOfResourcesTests();
Tests UseTests();
Tests HostMemoryTests();

const char* StandInPath();

// While it lives, `new` throws on this thread.
class NoMemory {
 public:
  NoMemory();
  // Only the `refused`th time, from 0, that native/ops itself asks.
  explicit NoMemory(int refused);
  ~NoMemory();
};
// While it lives, the system gives this process no thread.
class NoThreads {
 public:
  NoThreads();
  ~NoThreads();
};
// Does `work` with ever later refusals, until there are none.
void WithEachRefusal(const std::function<void()>& work);

// A condition that another thread brings about; main() ends the process that waits too long.
inline void Until(const std::function<bool()>& holds) {
  while (!holds()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

// Something that a thread waits at until it is opened. Never destroyed: the thread may still be on its
// way out when the test is done.
class Gate {
 public:
  static Gate& New() {
    static auto* const gates = new std::list<Gate>();
    return gates->emplace_back();
  }
  void Open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    moved_.notify_all();
  }
  void Pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    arrived_ = true;
    moved_.notify_all();
    moved_.wait(lock, [this] { return open_; });
  }
  void AwaitArrival() {
    std::unique_lock<std::mutex> lock(mutex_);
    moved_.wait(lock, [this] { return arrived_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  bool open_ = false;
  bool arrived_ = false;
};

// The stand-in with two devices, and what an environment has of it. Never destroyed, as in the addon.
class Machine {
 public:
  static Machine& Start(const char* scenario = R"({"devices": 2})");

  std::shared_ptr<gpuex::Stream> NewStream(int device = 0);
  // From now on nothing in the stream is done until the gate is open.
  void Block(const gpuex::Stream& stream, Gate* gate) const;
  void Inject(const std::string& rule);
  // How often the runtime's function was called.
  int Calls(const std::string& function);

  gpuex::Libraries libraries;
  gpuex::PrimaryContexts contexts;
  gpuex::DeviceCalls calls{};
  std::shared_ptr<gpuex::DeviceWork> work[2];
  std::atomic<int> words{0};
  std::shared_ptr<gpuex::Progress> progress;
};

constexpr size_t kBytes = 4096;
// So much on device 0.
inline gpuex::Allocation Allocate(Machine& machine) {
  return gpuex::AllocateOnDevice(machine.calls, kBytes, machine.work[0], nullptr);
}

}  // namespace ops_tests
