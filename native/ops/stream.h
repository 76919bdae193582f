// Streams of one environment: what was put into them, and what of it the driver has finished.
//
// Every piece of work that somebody may wait for has a ticket, counted for each stream. Now and then
// a host function is put behind the work (cudaLaunchHostFunc; CUDA Runtime API, "Execution Control"):
// when the driver calls it, everything up to its ticket is done. Once the context is in error the
// driver calls none, so a lane asks after streams that take long (cudaStreamQuery), and an answer that
// is a failure settles whatever is outstanding. Not verified on hardware.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "ops/current_device.h"
#include "ops/lane.h"
#include "ops/order.h"

namespace gpuex {

class Stream;
class LaunchRing;

// Work that failed: the tickets above `after`, up to and with `last`.
struct WorkFailure {
  uint64_t after;
  uint64_t last;
  NativeError error;
};

// Where lanes and host functions leave word for one environment. All functions may be called on any
// thread.
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

// What the streams of one device in one environment share.
struct DeviceWork {
  explicit DeviceWork(int work_device) : device(work_device), lane(std::make_shared<Lane>()) {}

  const int device;
  const std::shared_ptr<Lane> lane;
  // The legacy default stream waits for the streams that were not made non-blocking, and they for it
  // ("Stream synchronization behavior"): so calls about them keep their order as well.
  Order by_default;
  Order by_blocking;

  // Tickets of all streams, and how many of them are settled: whether the device may be at work.
  uint64_t tickets = 0;
  std::atomic<uint64_t> settled{0};
  bool busy() const { return tickets != settled.load(std::memory_order_acquire); }
  // Memory that the lane has yet to give back.
  std::atomic<unsigned> frees{0};
  // The process ends: nothing is given back any more.
  std::atomic<bool> abandoned{false};
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
  // What it holds for work whose failure nobody was told of stays for ever; see LetGo.
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
    ++work_->tickets;
    return ++last_ticket_;
  }
  uint64_t last_ticket() const { return last_ticket_; }
  // Up to where JavaScript was told, and whether that is all that was put in.
  uint64_t told = 0;
  bool idle() const { return told >= last_ticket_; }
  // Sees to it that everything that was put in so far settles. Never throws: what prevents it fails
  // the work.
  void Mark(const DeviceCalls& calls) noexcept;
  // Keeps `thing` until the ticket is settled. `data`: memory that Held() then finds.
  void Hold(uint64_t ticket, std::shared_ptr<void> thing, void* data = nullptr, size_t bytes = 0);
  const void* Held(uint64_t ticket, size_t bytes) const;
  // Lets go of what was kept for work up to `settled`, once that was told. What work that failed has
  // used may still be in use: it stays for ever.
  void LetGo(uint64_t settled, const std::vector<WorkFailure>& failures);
  // For an environment that goes away: the stream stays with what it holds until it is settled; for
  // ever, where the system gives no thread that could wait.
  void HoldUntilDone(const DeviceCalls& calls) noexcept;
  // What JavaScript calls it, and whether it has let go of it.
  double handle = 0;
  int listener = 0;  // who hears of it
  bool disposed = false;
  std::shared_ptr<LaunchRing> launches;  // the last ones; see ops/recent_launches.h
  Order order;  // of all kinds but the default stream

  // --- On any thread.

  // The work of this ticket. Its mark is still to come, and settles what is around it.
  void Fail(uint64_t ticket, const NativeError& error) noexcept;
  // On a lane: until everything up to the ticket is settled; its mark must have been made. Asks the
  // driver itself, since the lane that waits asks nothing meanwhile: a context in error settles
  // nothing by itself.
  void AwaitSettled(const DeviceCalls& calls, uint64_t ticket) noexcept;

  struct News {
    uint64_t settled;
    std::vector<WorkFailure> failures;
  };
  // To be called for every failure and advance that Progress tells of.
  News TakeNews();

 private:
  friend class Progress;

  static void Reached(void* mark) noexcept;
  void PlaceMark(const DeviceCalls& calls, uint64_t before, uint64_t ticket) noexcept;
  // There is no mark that would settle the tickets above `before`.
  void FailMark(uint64_t before, uint64_t ticket, const NativeError& error) noexcept;
  bool Poll(const DeviceCalls& calls) noexcept;

  const std::shared_ptr<DeviceWork> work_;
  const std::shared_ptr<Progress> progress_;

  void SettleLocked(uint64_t ticket);

  uint64_t last_ticket_ = 0;
  uint64_t marked_ = 0;
  struct Holding {
    uint64_t ticket;
    std::shared_ptr<void> thing;
    void* data;
    size_t bytes;
  };
  std::deque<Holding> held_;
  struct Range {
    uint64_t after;
    uint64_t last;
  };
  std::vector<Range> failed_;  // told, but perhaps not settled yet

  std::mutex mutex_;
  std::condition_variable moved_;
  // A host function that the driver has not called yet; it holds the address.
  struct Placed {
    Stream* stream;
    uint64_t ticket;
    bool given_up;  // settled without it: whenever it comes, it tells nothing
  };
  std::deque<Placed> marks_;  // elements of a deque stay where they are
  std::deque<std::deque<Placed>> given_up_;
  uint64_t settled_ = 0;
  uint64_t unmarked_ = 0;  // settles as soon as no mark is outstanding
  std::vector<WorkFailure> failures_;
  bool watched_ = false;
  unsigned refusals_ = 0;  // of the question how it stands, one after the other
  std::shared_ptr<Stream> self_;  // while there are marks: the driver holds the bare pointer
  bool told_ = false;             // in the word that Progress keeps, and under its lock
};

// Work in a stream up to a ticket that uses a thing.
struct StreamUse {
  std::shared_ptr<Stream> stream;
  uint64_t ticket;
};

// One for each stream. The environment's thread only.
void NoteStreamUse(std::vector<StreamUse>* uses, const std::shared_ptr<Stream>& stream,
                   uint64_t ticket);

// What has to keep its order with the work: the stream, and an event where it is about one.
struct Event {
  Event(std::shared_ptr<DeviceWork> event_work, abi::cudart::cudaEvent_t event, bool with_timing,
        uint64_t generation)
      : work(std::move(event_work)), raw(event), timing(with_timing), mock_generation(generation) {}

  const std::shared_ptr<DeviceWork> work;
  const abi::cudart::cudaEvent_t raw;
  const bool timing;
  const uint64_t mock_generation;
  Order order;
};

// Whether a call about them may be made now, without overtaking one that was handed to a lane.
bool MayCallNow(const Stream& stream, const Event* event = nullptr);

// Hands `call` to the stream's lane, in its place; on the lane the device is current. `failed` hears
// of what it throws, there. The environment's thread only. Throws std::system_error when the system
// gives no thread.
void CallLater(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
               const std::shared_ptr<Event>& event, std::function<void()> call,
               std::function<void(const NativeError&)> failed);

// Puts one piece of work into `stream` whose call may wait: on the lane, where it must own what it
// needs. Answers its ticket.
template <typename Call>
uint64_t PutInLater(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                    const std::shared_ptr<Event>& event, Call&& call) {
  const uint64_t ticket = stream->NewTicket();
  CallLater(calls, stream, event, std::forward<Call>(call),
            [stream, ticket](const NativeError& error) { stream->Fail(ticket, error); });
  return ticket;
}

// The same for calls that do not wait: on this thread where nothing of the stream waits for its turn,
// else on the lane. Throws NativeError if it was refused at once; then there is no such piece of work.
template <typename Call>
uint64_t PutIn(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
               const std::shared_ptr<Event>& event, Call&& call) {
  if (MayCallNow(*stream, event.get())) {
    const CurrentDevice current(calls, stream->device(), {stream->device(), std::nullopt});
    call();
    return stream->NewTicket();
  }
  return PutInLater(calls, stream, event, std::forward<Call>(call));
}

// The runtime's function, or a NativeError that says that the loaded version has none.
template <typename Function>
Function Needed(Function function, const char* name, int device) {
  if (function != nullptr) return function;
  NativeError error(Library::kCudart);
  error.call = name;
  error.device = device;
  error.detail = "the loaded CUDA runtime does not have it";
  throw error;
}

// Throw NativeError.
std::shared_ptr<Stream> MakeStream(const DeviceCalls& calls, std::shared_ptr<DeviceWork> work,
                                   std::shared_ptr<Progress> progress, bool non_blocking,
                                   int priority);
std::shared_ptr<Event> MakeEvent(const DeviceCalls& calls, std::shared_ptr<DeviceWork> work,
                                 bool timing);

// For what the driver or a lane may still use when nobody else knows of it any more.
void KeepForEver(std::shared_ptr<void> thing) noexcept;

// On the lane, once nothing is outstanding; for an environment that goes away, at once. A runtime
// that is unloading, or a stand-in that was configured afresh, has done it already. Report nothing.
void DestroyLater(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream) noexcept;
void DestroyLater(const DeviceCalls& calls, const std::shared_ptr<Event>& event) noexcept;

}  // namespace gpuex
