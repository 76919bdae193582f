// The process's fatal latch: one text, kept beyond the life of any environment.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

namespace gpuex {

class Latch {
 public:
  static constexpr size_t kLongest = 64 * 1024;

  std::optional<std::string> Read() const {
    if (!closed_.load(std::memory_order_acquire)) return std::nullopt;
    const std::lock_guard<std::mutex> lock(mutex_);
    return text_;
  }

  void Write(std::optional<std::string> text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_.store(text.has_value(), std::memory_order_release);
    text_ = std::move(text);
  }

 private:
  mutable std::mutex mutex_;
  std::atomic<bool> closed_{false};  // so that asking an open latch takes no lock
  std::optional<std::string> text_;
};

}  // namespace gpuex
