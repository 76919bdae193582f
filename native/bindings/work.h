// What the bindings of GPU work have in common.
#pragma once

#include "bindings/entry.h"
#include "ops/host_memory.h"
#include "ops/stream.h"

namespace gpuex::bindings {

inline const std::shared_ptr<Stream>& StreamAt(GpuAddon& addon, double handle) {
  return LiveIn(&addon.streams, handle, "stream");
}

// Also one that was disposed of while work was outstanding.
inline std::shared_ptr<Stream> StreamEvenDisposed(GpuAddon& addon, double handle) {
  const auto closing = addon.closing.find(handle);
  return closing != addon.closing.end() ? closing->second : StreamAt(addon, handle);
}

inline Staging::Block TakeStaging(GpuAddon& addon, const DeviceCalls& calls,
                                  const std::shared_ptr<Stream>& stream, size_t bytes) {
  if (bytes == 0 || bytes > Staging::kLargestBlock) {
    throw UsageError(UsageError::Kind::kRange, "view: from 1 byte to 1 MiB can be staged");
  }
  Staging::Block block = addon.StagingOn(stream->work()).Take(calls, bytes);
  addon.TellHostMemory();
  return block;
}

}  // namespace gpuex::bindings
