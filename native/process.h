// What all environments of the process share: the open libraries with what was learnt through them,
// and the latch. Made when the addon is first loaded, never destroyed: threads of ours may still
// run while the process exits.
#pragma once

#include <atomic>

#include "api/libraries.h"
#include "latch.h"
#include "ops/current_device.h"
#include "ops/device_thread.h"
#include "probe/device_join.h"
#include "probe/library_versions.h"

namespace gpuex {

struct Process {
  static Process& Get();

  Libraries libraries;
  DeviceJoin join;
  LibraryVersions versions;
  DeviceThreads threads;  // for questions; work has lanes of its environment's own
  PrimaryContexts contexts;
  Latch latch;
  std::atomic<unsigned> environments{0};  // how many were made; tells their handles apart
};

}  // namespace gpuex
