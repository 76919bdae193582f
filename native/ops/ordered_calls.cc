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
  std::array<Place, 4> places;
  size_t count = 0;

  void Take(Order* order) { places[count++] = {order, order->TakePlace(), true}; }
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

}  // namespace

bool MayCallNow(const Stream& stream, const Event* event) {
  const DeviceWork& work = *stream.work();
  if (event != nullptr && !event->order.idle()) return false;
  switch (stream.kind) {
    case Stream::Kind::kDefault:
      return work.by_default.idle() && work.by_blocking.idle();
    case Stream::Kind::kBlocking:
      return stream.order.idle() && work.by_default.idle();
    case Stream::Kind::kNonBlocking:
      return stream.order.idle();
  }
  return false;
}

void CallLater(const DeviceCalls& calls, const std::shared_ptr<Stream>& stream,
               const std::shared_ptr<Event>& event, std::function<void()> call,
               std::function<void(const NativeError&)> failed) {
  Places places;
  places.stream = stream;
  places.event = event;
  DeviceWork& work = *stream->work();
  const uint64_t ticket = stream->last_ticket();
  if (stream->kind == Stream::Kind::kDefault) {
    places.Take(&work.by_default);
    places.ComeAfter(&work.by_blocking);
  } else {
    places.Take(&stream->order);
    if (stream->kind == Stream::Kind::kBlocking) {
      places.Take(&work.by_blocking);
      places.ComeAfter(&work.by_default);
    }
  }
  if (event != nullptr) places.Take(&event->order);
  try {
    work.lane->Post([places, calls, ticket, call = std::move(call),
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
}

}  // namespace gpuex
