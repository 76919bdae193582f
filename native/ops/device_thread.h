// Threads of our own for calls that may take as long as a library likes: one per library and device, so
// that NVML which hangs keeps nobody from the driver's answer, a device that hangs holds up no other,
// and nothing holds up the event loop or libuv's pool.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "errors/code_table.h"

namespace gpuex {

class DeviceThreads {
 public:
  // Calls that concern no one device.
  static constexpr int kNoDevice = -1;

  // Runs `task`, which may hang in `library`, on the thread for that library and the device, after those
  // posted there before. What it throws is lost, and with it whoever waits for the task: it should
  // catch by itself. Tasks may outlive the environment that posted them, and the process may end while
  // one runs. Throws std::system_error when the system gives no thread.
  void Post(Library library, int device, std::function<void()> task);

 private:
  struct Lane {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::function<void()>> tasks;
  };
  static void Work(Lane* lane);
  Lane* LaneOf(Library library, int device);

  std::mutex mutex_;
  std::map<std::pair<Library, int>, Lane*> lanes_;  // never freed: their threads never end
};

}  // namespace gpuex
