#include "mock/engine/call_log.h"

#include <utility>

namespace gpuex::mock {
namespace {

thread_local uint64_t latest = 0;

}  // namespace

uint64_t CallLog::Begin(Function function, unsigned thread, uint64_t now_ms) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (calls_.size() == capacity_) calls_.pop_front();
  LoggedCall call;
  call.number = next_++;
  call.function = function;
  call.thread = thread;
  call.at_ms = now_ms;
  calls_.push_back(std::move(call));
  return latest = calls_.back().number;
}

LoggedCall* CallLog::Find(uint64_t number) {
  if (calls_.empty() || number < calls_.front().number) return nullptr;
  const uint64_t place = number - calls_.front().number;
  return place < calls_.size() ? &calls_[place] : nullptr;
}

void CallLog::End(uint64_t number, int device, std::optional<int> status,
                  std::vector<std::string> arguments) {
  std::lock_guard<std::mutex> lock(mutex_);
  LoggedCall* call = Find(number);
  if (call == nullptr) return;
  call->device = device;
  call->status = status;
  call->arguments = std::move(arguments);
}

void CallLog::Explain(const std::string& detail) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (LoggedCall* call = Find(latest)) call->detail = detail;
}

std::vector<LoggedCall> CallLog::Copy() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return {calls_.begin(), calls_.end()};
}

}  // namespace gpuex::mock
