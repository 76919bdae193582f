// The last calls of the process, in their order, with arguments, thread and answer. Off unless the
// scenario asks for it: it takes a lock on every call.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mock/engine/functions.h"

namespace gpuex::mock {

struct LoggedCall {
  uint64_t number = 0;  // of all calls since the machine was made, from 1
  Function function{};
  unsigned thread = 0;
  uint64_t at_ms = 0;
  int device = -1;
  std::optional<int> status;           // not there: still running, or it answers none
  std::vector<std::string> arguments;  // JSON values, in the order of the parameters
  std::string detail;                  // of the rule that answered
};

class CallLog {
 public:
  explicit CallLog(size_t capacity) : capacity_(capacity) {}

  bool enabled() const { return capacity_ > 0; }
  size_t capacity() const { return capacity_; }

  uint64_t Begin(Function function, unsigned thread, uint64_t now_ms);
  void End(uint64_t number, int device, std::optional<int> status,
           std::vector<std::string> arguments);
  // What a rule said about the calling thread's latest call.
  void Explain(const std::string& detail);

  std::vector<LoggedCall> Copy() const;

 private:
  LoggedCall* Find(uint64_t number);

  const size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<LoggedCall> calls_;
  uint64_t next_ = 1;
};

}  // namespace gpuex::mock
