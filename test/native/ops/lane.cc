#include "ops/lane.h"

#include <memory>
#include <new>

#include "support.h"

namespace ops_tests {

namespace {

using gpuex::Lane;

// Runs `end` where the last of those that hold it lets go.
std::shared_ptr<void> AtEnd(std::function<void()> end) {
  return std::shared_ptr<void>(new char, [end = std::move(end)](void* memory) {
    delete static_cast<char*>(memory);
    end();
  });
}

void WhatThrowsEndsNothing() {
  const auto lane = std::make_shared<Lane>();
  std::atomic<int> asked{0};
  std::atomic<bool> ran{false};
  lane->Watch([&] {
    if (++asked == 1) throw std::bad_alloc();
    return asked < 3;
  });
  lane->Post([] { throw std::bad_alloc(); });
  lane->Post([] { throw 1; });
  lane->Post([&] { ran = true; });
  Until([&] { return ran && asked == 3; });
}

// With the last hold on a stream may go what posts to the lane, or has it watch another.
void PollsEndWithoutTheLock() {
  const auto lane = std::make_shared<Lane>();
  std::atomic<int> ended{0};
  const auto end = [&] {
    lane->Post([&] { ++ended; });
    lane->Watch([] { return false; });
  };
  lane->Watch([hold = AtEnd(end)] { return false; });
  Until([&] { return ended == 1; });

  lane->Watch([hold = AtEnd(end)] { return true; });
  lane->Close();
  Until([&] { return ended == 2; });
}

void PollsEndWithoutTheLockWhenClosedMeanwhile() {
  const auto lane = std::make_shared<Lane>();
  std::atomic<int> ended{0};
  const auto end = [&] { lane->Post([&] { ++ended; }); };
  Gate& gate = Gate::New();
  lane->Watch([&gate, hold = AtEnd(end)] {
    gate.Pass();
    return true;
  });
  gate.AwaitArrival();
  lane->Close();
  gate.Open();
  Until([&] { return ended == 1; });
}

// Whoever captures a stream elsewhere in the process knows nothing of what lanes ask the driver.
void LanesSpoilNoCaptures() {
  using namespace gpuex::abi::cuda;  // NOLINT: the names read as in NVIDIA's documentation
  Machine& machine = Machine::Start();
  CHECK(machine.calls.cuda->Start() == CUDA_SUCCESS);
  for (const auto& lane : {machine.work[0]->lane, machine.work[0]->prompt_lane}) {
    std::atomic<CUstreamCaptureMode> found{-1};
    lane->Post([&] {
      CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
      CHECK(machine.calls.cuda->cuThreadExchangeStreamCaptureMode(&mode) == CUDA_SUCCESS);
      found = mode;
    });
    Until([&] { return found != -1; });
    CHECK(found == CU_STREAM_CAPTURE_MODE_RELAXED);
  }
}

void ALaneStartsWithoutADriver() {
  const auto work = std::make_shared<gpuex::DeviceWork>(0, nullptr);
  std::atomic<bool> ran{false};
  work->lane->Post([&] { ran = true; });
  Until([&] { return ran.load(); });
}

}  // namespace

Tests LaneTests() {
  return {
      {"a lane outlives what throws", WhatThrowsEndsNothing},
      {"a lane ends polls without its lock", PollsEndWithoutTheLock},
      {"a lane that was closed meanwhile ends polls without its lock",
       PollsEndWithoutTheLockWhenClosedMeanwhile},
      {"lanes spoil no captures", LanesSpoilNoCaptures},
      {"a lane starts without a driver", ALaneStartsWithoutADriver},
  };
}

}  // namespace ops_tests
