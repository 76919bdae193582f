// libFuzzer: no number that JavaScript can hold finds a thing that is not its own, whatever
// was added and removed before.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "ops/handle_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  gpuex::HandleTable<size_t> table(data != nullptr && size > 0 ? data[0] : 0);
  std::vector<double> live;
  for (size_t at = 1; at + 9 <= size; at += 9) {
    double number = 0;
    std::memcpy(&number, data + at + 1, sizeof(number));
    gpuex::HandleProblem problem;
    switch (data[at] % 3) {
      case 0:
        live.push_back(table.Add(live.size()));
        break;
      case 1:
        if (!live.empty()) {
          table.Remove(live.back());
          if (table.Find(live.back(), &problem) != nullptr) std::abort();
          live.pop_back();
        }
        break;
      default: {
        bool known = false;
        for (const double handle : live) known = known || handle == number;
        if ((table.Find(number, &problem) != nullptr) != known) std::abort();
      }
    }
    if (table.live() != live.size()) std::abort();
    for (const double handle : live) {
      if (table.Find(handle, &problem) == nullptr) std::abort();
    }
  }
  return 0;
}
