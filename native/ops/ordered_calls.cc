#include "ops/ordered_calls.h"

#include <array>
#include <utility>

#include "ops/missing.h"

namespace gpuex {

namespace {

// The places of one call in every order that it belongs to.
struct Places {
  std::shared_ptr<Stream> stream;
  std::shared_ptr<Event> event;
  struct Place {
    Order* order;
    uint64_t number;
    bool taken;  // else it only comes after that one
  };
  std::array<Place, 5> places;
  size_t count = 0;

  Stream::Place Take(Order* order, Waits waits) {
    const uint64_t number =
        waits == Waits::kNo ? order->TakePlace() : order->TakePlaceThatWaits();
    places[count++] = {order, number, true};
    return {order, number};
  }
  void ComeAfter(Order* order) { places[count++] = {order, order->last(), false}; }
  void Await() const {
    for (size_t i = 0; i < count; ++i) {
      const Place& place = places[i];
      place.order->Await(place.taken ? place.number - 1 : place.number);
    }
  }
  void Leave() const {
    for (size_t i = 0; i < count; ++i) {
      if (places[i].taken) places[i].order->Leave();
    }
  }
  void GiveBack() const {
    for (size_t i = 0; i < count; ++i) {
      if (places[i].taken) places[i].order->GiveBackPlace();
    }
  }
};

// Behind what may wait, a call may wait as well.
Waits InItsPlace(const Stream& stream, const Event* event) {
  const DeviceWork& work = *stream.work();
  bool prompt = event == nullptr || event->order.prompt();
  switch (stream.kind) {
    case Stream::Kind::kDefault:
      prompt = prompt && work.by_default.prompt() && work.by_blocking.idle();
      break;
    case Stream::Kind::kBlocking:
      prompt = prompt && stream.order.prompt() && work.by_default.prompt();
      break;
    case Stream::Kind::kNonBlocking:
      prompt = prompt && stream.order.prompt();
      break;
  }
  return prompt ? Waits::kNo : Waits::kMay;
}

}  // namespace

bool MayCallNow(const Stream& stream, const Event* event) {
  const DeviceWork& work = *stream.work();
  if (event != nullptr && !event->order.idle()) return false;
  switch (stream.kind) {
    case Stream::Kind::kDefault:
      return work.by_default.idle() && work.by_blocking.idle() &&
             work.by_blocking_promptly.idle();
    case Stream::Kind::kBlocking:
      return stream.order.idle() && work.by_default.idle();
    case Stream::Kind::kNonBlocking:
      return stream.order.idle();
  }
  return false;
}

void CallLater(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
               const std::shared_ptr<Event>& event, Waits waits, std::function<void()> call,
               std::function<void(const NativeError&)> failed) {
  if (waits == Waits::kNo) waits = InItsPlace(*stream, event.get());
  Places places;
  places.stream = stream;
  places.event = event;
  DeviceWork& work = *stream->work();
  const uint64_t ticket = stream->last_ticket();
  std::array<Stream::Place, 2> handed{};
  if (stream->kind == Stream::Kind::kDefault) {
    handed[0] = places.Take(&work.by_default, waits);
    places.ComeAfter(&work.by_blocking);
    places.ComeAfter(&work.by_blocking_promptly);
  } else {
    handed[0] = places.Take(&stream->order, waits);
    if (stream->kind == Stream::Kind::kBlocking) {
      // In two lines, since these streams do not wait for one another.
      Order& line = waits == Waits::kNo ? work.by_blocking_promptly : work.by_blocking;
      handed[1] = places.Take(&line, waits);
      places.ComeAfter(&work.by_default);
    }
  }
  if (event != nullptr) places.Take(&event->order, waits);
  if (waits == Waits::kNo) places.Take(&work.prompt, waits);
  const auto& lane = waits == Waits::kNo ? work.prompt_lane : work.lane;
  try {
    lane->Post([places, calls, ticket, call = std::move(call),
                failed = std::move(failed)]() mutable {
      const int device = places.stream->device();
      places.Await();
      try {
        const CurrentDevice current(calls, device, {device, std::nullopt});
        call();
      } catch (const NativeError& error) {
        failed(error);
      } catch (...) {
        failed(OutOfResources(nullptr, device));
      }
      // Whoever learns that it was made finds that it holds nothing any more.
      call = nullptr;
      failed = nullptr;
      places.stream->Made(ticket);
      places.Leave();
    });
  } catch (...) {
    places.GiveBack();
    throw;
  }
  // Made on the lane meanwhile or not: nothing behind it was asked for yet.
  stream->Handed(ticket);
  stream->last_handed = handed;
}

}  // namespace gpuex
