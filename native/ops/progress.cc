#include "ops/progress.h"

#include "ops/stream.h"

namespace gpuex {

void Progress::Tell(const std::shared_ptr<Stream>& stream) noexcept {
  bool notify = false;
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    if (!stream->told_) {
      word_.streams.push_back(stream);
      stream->told_ = true;
    }
    notify = !std::exchange(told_, true);
  } catch (...) {
    return;  // no memory: the next advance tells of this one, too
  }
  if (notify) Notify();
}

void Progress::Report(const NativeError& error) noexcept {
  bool notify = false;
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    word_.errors.push_back(error);
    notify = !std::exchange(told_, true);
  } catch (...) {
    return;
  }
  if (notify) Notify();
}

void Progress::Notify() noexcept {
  if (notify_()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  told_ = false;
}

Progress::Word Progress::Take() {
  const std::lock_guard<std::mutex> lock(mutex_);
  told_ = false;
  for (const auto& stream : word_.streams) stream->told_ = false;
  return std::exchange(word_, Word{});
}

void Progress::Close() noexcept {
  Word left;  // let go of without the lock: a stream may be held by nobody else
  const std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
  std::swap(left, word_);
}

}  // namespace gpuex
