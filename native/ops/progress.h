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

// All functions may be called on any thread. What is told of a stream needs no memory, so that no
// promise is lost for want of it.
class Progress {
 public:
  // `notify`: called when there is word, and not again before it was taken, unless it answers false:
  // then the next word calls it again. Must not throw.
  explicit Progress(std::function<bool()> notify) : notify_(std::move(notify)) {}

  void Tell(const std::shared_ptr<Stream>& stream) noexcept;
  // A failure of work that nobody waits for.
  void Report(const NativeError& error) noexcept;

  // The word: the errors first, then the streams one by one, null after the last. What comes later is
  // notified of anew.
  std::vector<NativeError> TakeErrors();
  std::shared_ptr<Stream> TakeStream();

  // For an environment that goes away: nobody takes any more, so nothing is kept. Streams hold this
  // and would be held by it for ever.
  void Close() noexcept;

 private:
  void Notify() noexcept;

  std::mutex mutex_;
  std::function<bool()> notify_;
  std::vector<NativeError> errors_;
  std::shared_ptr<Stream> first_;  // the others hang on one another
  Stream* last_ = nullptr;
  bool told_ = false;
  bool closed_ = false;
};

}  // namespace gpuex
