#include "ops/feed.h"

#include <cstddef>
#include <cstring>
#include <iterator>

namespace gpuex {

bool Feed::More(const void* data, size_t count) {
  if (count > bytes - given_) return false;
  std::list<Piece> piece;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ended_) return true;
    if (!free_.empty() && free_.front().room >= count) {
      piece.splice(piece.end(), free_, free_.begin());
    }
  }
  if (piece.empty()) piece.emplace_back(account_, count);
  std::memcpy(piece.front().data.get(), data, count);
  piece.front().bytes = count;
  given_ += count;
  const std::lock_guard<std::mutex> lock(mutex_);
  waiting_.splice(waiting_.end(), piece);
  all_given_ = full();
  moved_.notify_all();
  return true;
}

void Feed::End() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ended_ = true;
  moved_.notify_all();
}

const Feed::Piece* Feed::Await() {
  std::unique_lock<std::mutex> lock(mutex_);
  moved_.wait(lock, [&] { return ended_ || !waiting_.empty() || all_given_; });
  return ended_ || waiting_.empty() ? nullptr : &waiting_.front();
}

void Feed::Taken() {
  const std::lock_guard<std::mutex> lock(mutex_);
  taken_.splice(taken_.end(), waiting_, waiting_.begin());
}

void Feed::Copied(size_t pieces) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto first_kept = std::next(taken_.begin(), static_cast<std::ptrdiff_t>(pieces));
  free_.splice(free_.begin(), taken_, taken_.begin(), first_kept);
}

}  // namespace gpuex
