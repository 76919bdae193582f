// One queue of work with a worker thread: what CUDA calls a stream.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "mock/kernel.h"

namespace gpuex::mock {

class PrimaryContext;
class Stream;

// A point in a stream: everything up to and with that ticket.
struct Mark {
  std::shared_ptr<Stream> stream;  // null: nothing to wait for
  uint64_t ticket = 0;
};

// The worker starts with the first work and ends after it was idle for a while, so that neither
// unused streams nor threads of the caller that ended leave one behind.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  Stream(bool with_default_stream, const PrimaryContext& its_context)
      : blocking_(with_default_stream), context_(its_context) {}

  // Whether it keeps order with the legacy default stream.
  bool blocking() const { return blocking_; }

  // `work` runs on the worker after everything enqueued before and after all of `after`, which must
  // be marks of the past: then no cycle of waiting can arise.
  uint64_t Enqueue(std::function<void()> work, std::vector<Mark> after);
  Mark Last();
  bool Done(uint64_t ticket);
  // Until it is done, or never will be: a faulted context begins nothing more.
  void Wait(uint64_t ticket);
  // The context has faulted.
  void LookAgain();

 private:
  struct Item {
    std::function<void()> work;
    std::vector<Mark> after;
  };
  void Work();
  bool EndedLocked(uint64_t ticket) const;
  void NotifyLocked();
  void WaitAsHost(uint64_t ticket, const GpuExceptionsMockHost& host);

  const bool blocking_;
  const PrimaryContext& context_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable finished_;
  std::deque<Item> queue_;
  uint64_t enqueued_ = 0;
  uint64_t done_ = 0;
  bool working_ = false;
  bool running_ = false;  // the work of ticket done_ + 1
  std::vector<const GpuExceptionsMockHost*> watching_;  // hosts of threads that wait for it
};

inline void Wait(const Mark& mark) {
  if (mark.stream != nullptr) mark.stream->Wait(mark.ticket);
}
inline bool Done(const Mark& mark) {
  return mark.stream == nullptr || mark.stream->Done(mark.ticket);
}

}  // namespace gpuex::mock
