// What a stream tells of its work.
#pragma once

#include <utility>
#include <vector>

#include "ops/ordered_calls.h"
#include "support.h"

namespace ops_tests {

// Its mark is in the stream, or refused.
inline uint64_t PutInMarked(const Machine& machine, gpuex::Stream* stream) {
  const uint64_t ticket = stream->NewTicket();
  stream->Mark(machine.calls);
  Until([&] { return gpuex::MayCallNow(*stream); });
  return ticket;
}

// What came of news until it was `settled`.
struct Told {
  uint64_t settled = 0;
  std::vector<gpuex::WorkFailure> failures;
  gpuex::TicketRange unsaid;
  gpuex::TicketRange in_doubt;
};
inline void Take(gpuex::Stream* stream, Told* told) {
  gpuex::Stream::News news = stream->TakeNews();
  told->settled = news.settled;
  for (auto& failure : news.failures) told->failures.push_back(std::move(failure));
  if (news.unsaid.last != 0) told->unsaid = news.unsaid;
  told->in_doubt = news.in_doubt;
}
inline Told UntilSettled(gpuex::Stream* stream, uint64_t ticket) {
  Told told;
  Until([&] {
    Take(stream, &told);
    return told.settled >= ticket;
  });
  return told;
}

}  // namespace ops_tests
