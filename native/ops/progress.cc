#include "ops/progress.h"

#include "ops/stream.h"

namespace gpuex {

void Progress::Tell(const std::shared_ptr<Stream>& stream) noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    if (!stream->in_word_) {
      stream->in_word_ = true;
      (last_ == nullptr ? first_ : last_->next_in_word_) = stream;
      last_ = stream.get();
    }
    if (std::exchange(told_, true)) return;
  }
  Notify();
}

void Progress::Report(const NativeError& error) noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    try {
      errors_.push_back(error);
    } catch (...) {
      return;  // no memory, and no promise that waits for it
    }
    if (std::exchange(told_, true)) return;
  }
  Notify();
}

void Progress::Notify() noexcept {
  if (notify_()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  told_ = false;
}

std::vector<NativeError> Progress::TakeErrors() {
  const std::lock_guard<std::mutex> lock(mutex_);
  told_ = false;
  return std::exchange(errors_, {});
}

std::shared_ptr<Stream> Progress::TakeStream() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::shared_ptr<Stream> stream = std::move(first_);
  if (stream == nullptr) return nullptr;
  first_ = std::move(stream->next_in_word_);
  if (first_ == nullptr) last_ = nullptr;
  stream->in_word_ = false;
  return stream;
}

void Progress::Close() noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    errors_.clear();
  }
  // Let go of without the lock: a stream may be held by nobody else.
  while (TakeStream() != nullptr) continue;
}

}  // namespace gpuex
