// What must stay because the driver may still use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "ops/progress.h"

namespace gpuex {

// Things that the work of one stream uses, until that is done. The environment's thread only.
class Holdings {
 public:
  // Keeps `thing` until the ticket is settled; tickets do not fall. `data`: memory that Find() then
  // finds.
  void Hold(uint64_t ticket, std::shared_ptr<void> thing, void* data, size_t bytes);
  const void* Find(uint64_t ticket, size_t bytes) const;
  // Lets go of what was kept for work up to `settled`. What work that failed has used may still be in
  // use: it stays for ever.
  void LetGo(uint64_t settled, const std::vector<WorkFailure>& failures);
  // Failures are told of work that is not settled yet.
  bool awaits_failed() const { return !failed_.empty(); }

 private:
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
};

// For what the driver or a lane may still use when nobody else knows of it any more. On any thread.
void KeepForEver(std::shared_ptr<void> thing) noexcept;

}  // namespace gpuex
