// The last launches of each stream of one environment, because a kernel's fault is told by a later
// call. Its thread only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ops/module.h"
#include "ops/stream.h"

namespace gpuex {

struct LaunchNote {
  std::shared_ptr<const std::string> kernel;
  LaunchShape shape;
  uint64_t sequence;  // of the environment's launches, from 1
  uint64_t stream;    // its id
};

class LaunchRing {
 public:
  int device() const { return device_; }
  uint64_t last() const { return last_; }
  bool given_up = false;  // a stream with later launches has taken its place

  void Begin(int device, uint64_t stream) {
    device_ = device;
    stream_ = stream;
  }
  void Add(const LoadedKernel& kernel, const LaunchShape& shape, uint64_t sequence) {
    LaunchNote& note = notes_[next_];
    next_ = (next_ + 1) % kLast;
    // To count its holders costs more than to look.
    if (note.kernel != kernel.name) note.kernel = kernel.name;
    note.shape = shape;
    note.sequence = last_ = sequence;
    note.stream = stream_;
  }
  void CopyTo(std::vector<LaunchNote>* notes) const {
    for (const LaunchNote& note : notes_) {
      if (note.kernel != nullptr) notes->push_back(note);
    }
  }

 private:
  static constexpr size_t kLast = 8;
  int device_ = 0;
  uint64_t stream_ = 0;
  std::array<LaunchNote, kLast> notes_{};
  size_t next_ = 0;
  uint64_t last_ = 0;
};

class RecentLaunches {
 public:
  // Before a launch that Add() notes if it was made. Throws std::bad_alloc.
  void MakeRoom(const Stream& stream) {
    if (!IsNoted(stream) && next_ == nullptr) PrepareNext();
  }
  void Add(Stream* stream, const LoadedKernel& kernel, const LaunchShape& shape) noexcept {
    if (!IsNoted(*stream)) Begin(stream);
    stream->launches->Add(kernel, shape, ++last_);
  }

  // On `device`, or on all; the latest first.
  std::vector<LaunchNote> On(std::optional<int> device) const;

 private:
  // Those that were launched into last; the others' launches are no longer told.
  static constexpr size_t kMostStreams = 64;
  static bool IsNoted(const Stream& stream) {
    return stream.launches != nullptr && !stream.launches->given_up;
  }
  void PrepareNext();
  void Begin(Stream* stream) noexcept;

  std::vector<std::shared_ptr<LaunchRing>> rings_;  // also of streams that are gone
  std::shared_ptr<LaunchRing> next_;
  uint64_t last_ = 0;
};

}  // namespace gpuex
