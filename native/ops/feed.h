// Bytes that JavaScript hands over bit by bit, while a lane already copies what has come.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "ops/host_memory.h"

namespace gpuex {

// Pieces whose copies are done are filled again: memory that is new to the process costs several times
// the copy. So it takes as much memory as JavaScript is ahead of the device.
class Feed {
 public:
  struct Piece {
    Piece(std::shared_ptr<HostAccount> account, size_t room_for)
        : data(new char[room_for]), room(room_for), entry(std::move(account), room_for) {}

    const std::unique_ptr<char[]> data;
    const size_t room;
    size_t bytes = 0;
    const HostAccount::Entry entry;
  };

  Feed(size_t byte_count, std::shared_ptr<HostAccount> account)
      : bytes(byte_count), account_(std::move(account)) {}
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  const size_t bytes;

  // On the environment's thread. False: it is more than was announced. Throws std::bad_alloc, and has
  // taken nothing then.
  bool More(const void* data, size_t count);
  bool full() const { return given_ == bytes; }
  // Nobody gives any more, or nobody copies any more. On any thread.
  void End();

  // On a lane: waits for the next piece. Null: that was all, or it ended.
  const Piece* Await();
  // The copy of that piece was put in: the driver may read it as long as the feed lasts, or until
  // Copied().
  void Taken();
  // So many of those that were taken first were read.
  void Copied(size_t pieces);

 private:
  const std::shared_ptr<HostAccount> account_;
  size_t given_ = 0;  // the environment's thread only
  std::mutex mutex_;  // of what follows
  std::condition_variable moved_;
  // Pieces go from list to list, for which no memory is needed.
  std::list<Piece> waiting_;
  std::list<Piece> taken_;
  std::list<Piece> free_;
  bool all_given_ = false;
  bool ended_ = false;
};

}  // namespace gpuex
