// Where lanes and the driver's host functions leave word of streams for one environment.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "errors/native_error.h"

namespace gpuex {

class Stream;

// Work that failed: the tickets above `after`, up to and with `last`.
struct WorkFailure {
  uint64_t after;
  uint64_t last;
  NativeError error;
};

// All functions may be called on any thread.
class Progress {
 public:
  // `notify`: called when there is word, and not again before it was taken, unless it answers false:
  // then the next word calls it again. Must not throw.
  explicit Progress(std::function<bool()> notify) : notify_(std::move(notify)) {}

  void Tell(const std::shared_ptr<Stream>& stream) noexcept;
  // A failure of work that nobody waits for.
  void Report(const NativeError& error) noexcept;

  struct Word {
    std::vector<std::shared_ptr<Stream>> streams;
    std::vector<NativeError> errors;
  };
  Word Take();

  // For an environment that goes away: nobody takes any more, so nothing is kept. Streams hold this
  // and would be held by it for ever.
  void Close() noexcept;

 private:
  void Notify() noexcept;

  std::mutex mutex_;
  std::function<bool()> notify_;
  Word word_;
  bool told_ = false;
  bool closed_ = false;
};

}  // namespace gpuex
