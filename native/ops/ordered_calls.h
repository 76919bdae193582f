// Puts calls about streams and events where they belong, in the order in which JavaScript made them.
// Calls of promises are never made on the environment's own thread, where a driver that hangs would stop
// the event loop: on the lane where they may wait for the device, else on the prompt lane. Calls whose
// failure JavaScript is to be thrown are made at once, unless something of the same stream or event
// waits for its turn. The environment's thread only.
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

// Whether a call may wait for the device.
enum class Waits { kNo, kMay };

// Hands `call`, for the ticket that the stream gave last, to a lane, in its place; there the device is
// current. `failed` hears of what it throws, there, and throws nothing itself. Throws
// std::system_error when the system gives no thread.
void CallLater(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
               const std::shared_ptr<Event>& event, Waits waits, std::function<void()> call,
               std::function<void(const NativeError&)> failed);

// Puts one piece of work into `stream` on a lane, where it must own what it needs. Answers its ticket.
template <typename Call>
uint64_t PutInLater(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
                    const std::shared_ptr<Event>& event, Waits waits, Call&& call) {
  const uint64_t ticket = stream->NewTicket();
  CallLater(calls, stream, event, waits, std::forward<Call>(call),
            [stream, ticket](const NativeError& error) { stream->Fail(ticket, error); });
  return ticket;
}

// The same for calls whose failure is to be thrown, and that do not wait: on this thread where nothing
// of the stream waits for its turn, else on a lane. Throws NativeError if it was refused at once; then
// there is no such piece of work.
template <typename Call>
uint64_t PutIn(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
               const std::shared_ptr<Event>& event, Call&& call) {
  if (MayCallNow(*stream, event.get())) {
    const CurrentDevice current(calls, stream->device(), {stream->device(), std::nullopt});
    call();
    return stream->NewTicket();
  }
  return PutInLater(calls, stream, event, Waits::kNo, std::forward<Call>(call));
}

}  // namespace gpuex
