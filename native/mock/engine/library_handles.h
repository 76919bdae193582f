// Handles of libraries above the runtime (cuBLAS, cuDNN): each belongs to one machine and one
// device and works in one stream.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "mock/engine/handles.h"
#include "mock/engine/machine.h"

namespace gpuex::mock {

struct LibraryContext {
  uint64_t generation = 0;
  int ordinal = 0;
  uintptr_t stream = 0;  // the legacy default stream, until the program names another one
};

// Of the process, as the libraries are; one for each of them.
class LibraryHandles {
 public:
  uintptr_t Create(const Machine& machine, int ordinal) {
    std::lock_guard<std::mutex> lock(mutex_);
    const uintptr_t handle = NewHandle();
    live_[handle] = {machine.generation(), ordinal};
    return handle;
  }
  // False: it names none, or one of a machine that is gone.
  bool Find(const Machine& machine, uintptr_t handle, LibraryContext* context) const {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = live_.find(handle);
    if (found == live_.end() || found->second.generation != machine.generation()) return false;
    *context = found->second;
    return true;
  }
  void SetStream(uintptr_t handle, uintptr_t stream) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = live_.find(handle);
    if (found != live_.end()) found->second.stream = stream;
  }
  bool Destroy(uintptr_t handle) {
    std::lock_guard<std::mutex> lock(mutex_);
    return live_.erase(handle) == 1;
  }

 private:
  mutable std::mutex mutex_;
  std::map<uintptr_t, LibraryContext> live_;
};

}  // namespace gpuex::mock
