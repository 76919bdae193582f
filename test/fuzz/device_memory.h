// The device memory of one environment for targets that are given handles: of two devices, some of it
// freed. Its addresses are nobody's, so whoever touches it is found.
#pragma once

#include <memory>
#include <vector>

#include "bytes.h"
#include "ops/handle_table.h"
#include "ops/transfer.h"

struct DeviceMemory {
  struct Live {
    double handle;
    gpuex::Allocation* allocation;
  };

  DeviceMemory() {
    const size_t sizes[] = {1, 256, 4096, size_t{1} << 40};
    std::vector<double> handles;
    for (const int device : {0, 1}) {
      for (const size_t bytes : sizes) {
        // Far from one another, and from what a program may touch.
        const uintptr_t address = (uintptr_t{1} << 48) + (handles.size() << 44);
        handles.push_back(table.Add({reinterpret_cast<void*>(address), bytes, device, 0}));
      }
    }
    freed = handles.back();
    table.Remove(freed);
    handles.pop_back();
    gpuex::HandleProblem problem;
    for (const double handle : handles) live.push_back({handle, table.Find(handle, &problem)});
  }

  // One that is live, that was freed, or any number.
  double Handle(Bytes* bytes) const {
    const uint8_t which = bytes->Byte();
    if (which < 200) return live[which % live.size()].handle;
    return which < 220 ? freed : bytes->Number();
  }
  // Null where it is none.
  gpuex::Allocation* At(double handle) const {
    for (const Live& each : live) {
      if (each.handle == handle) return each.allocation;
    }
    return nullptr;
  }

  gpuex::HandleTable<gpuex::Allocation> table{7};
  std::vector<Live> live;
  double freed = 0;
};

inline std::shared_ptr<gpuex::Stream> StreamOn(int device) {
  return std::make_shared<gpuex::Stream>(std::make_shared<gpuex::DeviceWork>(device, nullptr),
                                         nullptr, nullptr, gpuex::Stream::Kind::kBlocking, 0);
}
