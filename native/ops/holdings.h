// What must stay because the driver may still use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

namespace gpuex {

// Work of one stream, by its tickets: those above `after`, up to and with `last`.
struct TicketRange {
  uint64_t after = 0;
  uint64_t last = 0;

  bool Has(uint64_t ticket) const { return ticket > after && ticket <= last; }
};

// Things that the work of one stream uses, until that is done. The environment's thread only.
class Holdings {
 public:
  // Keeps `thing` until the ticket is settled; tickets do not fall. `data`: memory that Find() then
  // finds.
  void Hold(uint64_t ticket, std::shared_ptr<void> thing, void* data = nullptr, size_t bytes = 0);
  const void* Find(uint64_t ticket, size_t bytes) const;
  // Lets go of what was kept for work up to `settled`. What work that is `in_doubt` has used may still
  // be in use: it stays for ever.
  void LetGo(uint64_t settled, TicketRange in_doubt);

 private:
  struct Holding {
    uint64_t ticket;
    std::shared_ptr<void> thing;
    void* data;
    size_t bytes;
  };
  std::deque<Holding> held_;
};

// For what the driver or a lane may still use when nobody else knows of it any more. On any thread.
void KeepForEver(std::shared_ptr<void> thing) noexcept;

}  // namespace gpuex
