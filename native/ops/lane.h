// A thread of one environment for one device, for calls that wait for the driver. Neither the event
// loop nor libuv's pool ever does.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace gpuex {

class Lane : public std::enable_shared_from_this<Lane> {
 public:
  // `at_start`: what its thread does first, which may wait as well and throws nothing.
  explicit Lane(std::function<void()> at_start = nullptr) : at_start_(std::move(at_start)) {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Runs `task` after those posted before. What it throws is lost, and with it whoever waits for the
  // task: it should catch by itself. Throws std::system_error when the system gives no thread.
  void Post(std::function<void()> task);

  // Asks `poll` on the lane's thread, at growing intervals and between tasks, until it answers false.
  // What throws is asked again.
  void Watch(std::function<bool()> poll);

  // What was posted still runs, then the thread ends. Nobody waits for it: a driver that hangs, hangs
  // this thread alone.
  void Close();

 private:
  using Clock = std::chrono::system_clock;  // thread checkers know that form of waiting

  static void Work(const std::shared_ptr<Lane>& self);
  void StartLocked();
  void PollAll(std::unique_lock<std::mutex>* lock);

  const std::function<void()> at_start_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  std::list<std::function<bool()>> polls_;
  Clock::duration interval_{};
  Clock::time_point next_poll_{};
  bool running_ = false;
  bool closed_ = false;
};

}  // namespace gpuex
