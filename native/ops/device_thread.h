// Threads of our own for calls that may take as long as the driver likes: one per device, so that a
// device that hangs holds up no other, and neither the event loop nor libuv's pool.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>

namespace gpuex {

class DeviceThreads {
 public:
  // Calls that concern no one device.
  static constexpr int kNoDevice = -1;

  // Runs `task` on the device's thread, after those posted before. What it throws is lost, and with it
  // whoever waits for the task: it should catch by itself. Tasks may outlive the environment that
  // posted them, and the process may end while one runs. Throws std::system_error when the system
  // gives no thread.
  void Post(int device, std::function<void()> task);

  // The same, but waits until it is done, however long the calls posted before may take. What the
  // task throws is thrown here. Not to be called on one of these threads.
  void Run(int device, const std::function<void()>& task);

 private:
  struct Lane {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::function<void()>> tasks;
  };
  static void Work(Lane* lane);
  Lane* LaneOf(int device);

  std::mutex mutex_;
  std::map<int, Lane*> lanes_;  // never freed: their threads never end
};

}  // namespace gpuex
