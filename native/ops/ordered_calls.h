// Puts calls about streams and events where they belong: on the environment's own thread where
// nothing of the same stream or event waits for its turn, else on the lane. The environment's thread
// only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "ops/event.h"
#include "ops/stream.h"

namespace gpuex {

// Whether a call about them may be made now, without overtaking one that was handed to a lane.
bool MayCallNow(const Stream& stream, const Event* event = nullptr);

// Hands `call`, for the ticket that the stream gave last, to its lane, in its place; on the lane the
// device is current. `failed` hears of what it throws, there, and throws nothing itself. Throws
// std::system_error when the system gives no thread.
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
    InStream(*stream, [&] {
      const CurrentDevice current(calls, stream->device(), {stream->device(), std::nullopt});
      call();
    });
    return stream->NewTicket();
  }
  return PutInLater(calls, stream, event, std::forward<Call>(call));
}

}  // namespace gpuex
