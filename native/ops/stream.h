// Streams of one environment: what was put into them, and what of it the driver has finished.
//
// Every piece of work that somebody may wait for has a ticket, counted for each stream. Now and then
// a host function is put behind the work (cudaLaunchHostFunc; CUDA Runtime API, "Execution Control"):
// when the driver calls it, everything up to its ticket is done. Once the context is in error the
// driver calls none, so a lane asks after streams that take long (cudaStreamQuery), and an answer that
// is a failure settles whatever is outstanding. It also learns that way of the end of work behind
// which no host function could be put: that work counts as failed, but it is under way, and nothing
// that it uses may go before. Not verified on hardware.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "ops/current_device.h"
#include "ops/device_work.h"
#include "ops/holdings.h"
#include "ops/order.h"
#include "ops/progress.h"

namespace gpuex {

class LaunchRing;

// Work that failed: the tickets above `after`, up to and with `last`.
struct WorkFailure {
  uint64_t after;
  uint64_t last;
  NativeError error;
};

class Stream : public std::enable_shared_from_this<Stream> {
 public:
  enum class Kind { kDefault, kBlocking, kNonBlocking };

  Stream(std::shared_ptr<DeviceWork> work, std::shared_ptr<Progress> progress,
         abi::cudart::cudaStream_t stream, Kind stream_kind, uint64_t generation)
      : raw(stream),
        kind(stream_kind),
        mock_generation(generation),
        work_(std::move(work)),
        progress_(std::move(progress)) {}
  // What it holds for work that is in doubt stays for ever.
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  const abi::cudart::cudaStream_t raw;  // null: the legacy default stream
  const Kind kind;
  const uint64_t mock_generation;  // the stand-in's configuration that made it; 0: no stand-in

  int device() const { return work_->device; }
  const std::shared_ptr<DeviceWork>& work() const { return work_; }

  // --- On the environment's thread.

  // For the piece of work that is put in next.
  uint64_t NewTicket() {
    work_->AddTicket();
    return ++last_ticket_;
  }
  uint64_t last_ticket() const { return last_ticket_; }
  // Up to where JavaScript was told, and whether that is all that was put in.
  uint64_t told = 0;
  bool idle() const { return told >= last_ticket_; }
  // Up to where the driver is known to have done with it: told, and not in doubt.
  uint64_t done = 0;
  // JavaScript was told.
  void NoteTold(uint64_t settled, TicketRange in_doubt);
  // Of the call about it that was handed to a lane last: where it stands in the orders that keep others
  // from being made at once.
  struct Place {
    Order* order = nullptr;
    uint64_t number = 0;
  };
  std::array<Place, 2> last_handed{};
  // Sees to it that everything that was put in so far settles. Never throws: what prevents it fails
  // the work.
  void Mark(const DeviceCalls& calls) noexcept;
  // What its work uses; to be let go of once it was told how that went.
  Holdings held;
  // For an environment that goes away: the stream stays with what it holds until it is settled; for
  // ever, where the system gives no thread that could wait.
  void HoldUntilDone(const DeviceCalls& calls) noexcept;
  // What JavaScript calls it, and whether it has let go of it.
  double handle = 0;
  int listener = 0;  // who hears of it
  // Among those that the environment made, in their order, from 1; 0: a default stream.
  uint64_t id = 0;
  bool disposed = false;
  std::shared_ptr<LaunchRing> launches;  // the last ones; see ops/recent_launches.h
  Order order;  // of all kinds but the default stream

  // --- On any thread.

  // On the lane: the calls for what was put in up to the ticket were made.
  void Made(uint64_t ticket) noexcept { made_.store(ticket, std::memory_order_release); }
  // On the environment's thread: of those calls, some were handed to the lane.
  void Handed(uint64_t ticket) noexcept { handed_.store(ticket, std::memory_order_release); }

  // The work of this ticket. Its mark is still to come, and settles what is around it.
  void Fail(uint64_t ticket, const NativeError& error) noexcept;
  // On a lane: until everything up to the ticket is settled; its mark must have been made. Asks the
  // driver itself, since the lane that waits asks nothing meanwhile: a context in error settles
  // nothing by itself. False: it is in doubt whether the driver has done with it.
  bool AwaitSettled(const DeviceCalls& calls, uint64_t ticket) noexcept;

  struct News {
    uint64_t settled;
    std::vector<WorkFailure> failures;
    TicketRange unsaid;  // failed as well, but there was no memory to keep how
    TicketRange in_doubt;
  };
  // To be called for every failure and advance that Progress tells of.
  News TakeNews() noexcept;
  // Whether there is a failure among them.
  bool HasFailures() noexcept;

 private:
  friend class Progress;
  friend void DestroyLater(const DeviceCalls& calls,
                           const std::shared_ptr<Stream>& stream) noexcept;

  static void Reached(void* mark) noexcept;
  void PlaceMark(const DeviceCalls& calls, uint64_t before, uint64_t ticket) noexcept;
  // There is no mark for the tickets above `before`.
  void FailMark(const DeviceCalls& calls, uint64_t before, uint64_t ticket,
                const NativeError& error) noexcept;
  // Asks the driver how it stands, and settles accordingly.
  void Ask(const DeviceCalls& calls) noexcept;
  // Has a lane ask, for as long as anything is outstanding. False: there is no thread for it.
  bool Watch(const DeviceCalls& calls) noexcept;

  void SettleLocked(uint64_t ticket);
  void SettleInDoubtLocked(uint64_t ticket);
  void FailLocked(uint64_t after, uint64_t last, const NativeError& error) noexcept;
  // Up to where the driver's answer about the stream as a whole speaks for work without marks: calls
  // that still wait for their turn on the lane are not in the stream yet.
  uint64_t UnmarkedAndMadeLocked() const;
  bool OutstandingLocked() const { return !marks_.empty() || unmarked_ > settled_; }

  const std::shared_ptr<DeviceWork> work_;
  const std::shared_ptr<Progress> progress_;

  // The environment's thread only.
  uint64_t last_ticket_ = 0;
  uint64_t marked_ = 0;

  std::atomic<uint64_t> handed_{0};
  std::atomic<uint64_t> made_{0};

  // While a lane asks about it, no other gives it back. Taken before mutex_.
  std::mutex asking_;
  std::mutex mutex_;
  std::condition_variable moved_;
  // A host function that the driver has not called yet; it holds the address.
  struct Placed {
    Stream* stream;
    uint64_t ticket;
    bool given_up;  // settled without it: whenever it comes, it tells nothing
  };
  std::list<Placed> marks_;
  std::list<Placed> given_up_;
  uint64_t settled_ = 0;
  uint64_t unmarked_ = 0;  // up to there the marks were refused
  TicketRange in_doubt_;   // settled, although the driver may still be at work with it
  std::vector<WorkFailure> failures_;
  TicketRange unsaid_;
  bool watched_ = false;
  unsigned refusals_ = 0;  // of the question how it stands, one after the other
  std::shared_ptr<Stream> self_;  // while there are marks: the driver holds the bare pointer

  // Of the word that Progress keeps, and under its lock.
  std::shared_ptr<Stream> next_in_word_;
  bool in_word_ = false;
};

// Has what `work` throws say which stream it is about, by its id.
template <typename Work>
auto InStream(std::optional<uint64_t> stream, Work&& work) {
  try {
    return work();
  } catch (NativeError& error) {
    error.stream = stream;
    throw;
  }
}
template <typename Work>
auto InStream(const Stream& stream, Work&& work) {
  try {
    return work();
  } catch (NativeError& error) {
    error.stream = stream.id;
    throw;
  }
}

// Work in a stream up to a ticket that uses a thing.
struct StreamUse {
  std::shared_ptr<Stream> stream;
  uint64_t ticket;
};

// A refusal of a question that is not the context's end may pass; so many in a row do not.
inline constexpr unsigned kMostRefusals = 3;

// One for each stream. The environment's thread only. Room is made before the work is put in (throws
// std::bad_alloc), since nothing may fail afterwards.
inline void MakeRoomForUse(std::vector<StreamUse>* uses) {
  if (uses->size() == uses->capacity()) uses->reserve(2 * uses->size() + 1);
}
void NoteStreamUse(std::vector<StreamUse>* uses, const std::shared_ptr<Stream>& stream,
                   uint64_t ticket) noexcept;
// On a lane: until the driver has done with the thing; where that is in doubt, by waiting for the
// whole device. Throws NativeError where that cannot be had either: then the thing is to stay, which is
// better than to go under somebody's feet.
void AwaitUses(const DeviceCalls& calls, const std::vector<StreamUse>& uses);

// Throws NativeError.
std::shared_ptr<Stream> MakeStream(const DeviceCalls& calls, std::shared_ptr<DeviceWork> work,
                                   std::shared_ptr<Progress> progress, bool non_blocking,
                                   int priority);
// On the lane, once nothing is outstanding; for an environment that goes away, at once. A refusal is
// reported. See DestroyHandleLater.
void DestroyLater(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream) noexcept;

}  // namespace gpuex
