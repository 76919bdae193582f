// How long device memory and code last that work uses.
#include <utility>

#include "ops/buffer.h"
#include "ops/module.h"
#include "ops/recent_launches.h"
#include "ops/transfer.h"
#include "support.h"

namespace ops_tests {

namespace {

using gpuex::Allocation;
using gpuex::NativeError;

constexpr char kRefuseMark[] = R"({"library": "cudart", "call": "cudaLaunchHostFunc", "code": 2,
                                   "times": 1})";

constexpr char kImage[] = ".version 9.0\n.target sm_75\n.address_size 64\n.visible .entry k() { ret; }\n";

// Memory of device 0 that work on device 1 uses, which giving it back would not wait for by itself.
struct MemoryInUse {
  MemoryInUse() {
    machine.Block(*stream, &gate);
    gpuex::MakeRoomForUse(&allocation, *stream);
    gpuex::NoteUse(&allocation, stream, stream->NewTicket());
  }

  Machine& machine = Machine::Start();
  const std::shared_ptr<gpuex::Stream> stream = machine.NewStream(1);
  Allocation allocation = Allocate(machine);
  gpuex::FreesInStreams frees;
  Gate& gate = Gate::New();
};

void MemoryStaysForWorkWhoseMarkWasRefused(const char* more_rules) {
  MemoryInUse in_use;
  Machine& machine = in_use.machine;
  machine.Inject(kRefuseMark);
  if (more_rules != nullptr) machine.Inject(more_rules);
  gpuex::FreeOnDevice(machine.calls, in_use.allocation, machine.work[0], machine.progress,
                      &in_use.frees);
  const char* const last_question =
      more_rules == nullptr ? "cudaStreamQuery" : "cudaDeviceSynchronize";
  const int before = machine.Calls("cudaFree");
  Until([&] { return machine.Calls(last_question) >= (more_rules == nullptr ? 4 : 1); });
  CHECK(machine.Calls("cudaFree") == before);
  in_use.gate.Open();
  Until([&] { return machine.Calls("cudaFree") > before; });
  Until([&] { return machine.work[0]->frees == 0; });
  CHECK(machine.progress->TakeErrors().empty());
}
void UntilTheDriverSaysSo() { MemoryStaysForWorkWhoseMarkWasRefused(nullptr); }
void UntilTheDeviceIsIdle() {
  MemoryStaysForWorkWhoseMarkWasRefused(R"({"library": "cudart", "call": "cudaStreamQuery",
                                            "code": 906, "times": 3})");
}

// Nobody can tell any more: it stays, and the failure is reported.
void MemoryStaysWhereNobodyCanTell() {
  MemoryInUse in_use;
  Machine& machine = in_use.machine;
  machine.Inject(R"({"library": "cudart", "call": "cudaStreamQuery", "code": 906, "times": 3})");
  machine.Inject(R"({"library": "cudart", "call": "cudaDeviceSynchronize", "code": 906})");
  const int before = machine.Calls("cudaFree");
  gpuex::FreeOnDevice(machine.calls, in_use.allocation, machine.work[0], machine.progress,
                      &in_use.frees);
  Until([&] { return machine.work[0]->frees == 0; });
  const auto errors = machine.progress->TakeErrors();
  CHECK(errors.size() == 1 && errors[0].code == 906);
  CHECK(machine.Calls("cudaFree") == before);
  in_use.gate.Open();
}

// The same for the code that the work runs.
void CodeStaysUntilTheDeviceIsIdle() {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  const auto module = gpuex::LoadModule(machine.calls, kImage, 0);
  Gate& gate = Gate::New();
  machine.Block(*stream, &gate);
  gpuex::NoteStreamUse(module.uses.get(), stream, stream->NewTicket());
  machine.Inject(kRefuseMark);
  machine.Inject(R"({"library": "cudart", "call": "cudaStreamQuery", "code": 906, "times": 3})");
  gpuex::UnloadLater(machine.calls, machine.work[0], module,
                     [](const NativeError&) { CHECK(false); });
  Until([&] { return machine.Calls("cudaDeviceSynchronize") == 1; });
  CHECK(machine.Calls("cuModuleUnload") == 0);
  gate.Open();
  Until([&] { return machine.Calls("cuModuleUnload") == 1; });
}

// What was told is forgotten, but not what was told in doubt.
void UsesInDoubtAreKept() {
  Machine& machine = Machine::Start();
  const auto sure = machine.NewStream();
  const auto doubted = machine.NewStream();
  const auto other = machine.NewStream();
  std::vector<gpuex::StreamUse> uses;
  gpuex::NoteStreamUse(&uses, sure, 1);
  gpuex::NoteStreamUse(&uses, doubted, 1);
  sure->told = sure->done = 1;
  doubted->told = 1;
  gpuex::NoteStreamUse(&uses, other, 1);
  CHECK(uses.size() == 2 && uses[0].stream == doubted && uses[1].stream == other);
}

// Once the work is put in, nothing may fail any more.
void UsesAreNotedWithoutMemory() {
  Machine& machine = Machine::Start();
  std::vector<gpuex::StreamUse> uses;
  for (size_t noted = 0; noted < 9; ++noted) {
    const auto stream = machine.NewStream();
    gpuex::MakeRoomForUse(&uses);
    const NoMemory none;
    gpuex::NoteStreamUse(&uses, stream, 1);
    CHECK(uses.size() == noted + 1 && uses.back().stream == stream);
  }
}

void LaunchesAreNotedWithoutMemory() {
  constexpr size_t kMostStreams = 64;
  Machine& machine = Machine::Start();
  const auto module = gpuex::LoadModule(machine.calls, kImage, 0);
  const auto kernel = gpuex::FindKernel(machine.calls, module, "k");
  gpuex::RecentLaunches launches;
  const auto notes = [&] { return launches.On(0); };
  for (size_t made = 1; made <= kMostStreams; ++made) {
    const auto stream = machine.NewStream();
    launches.MakeRoom(*stream);
    const NoMemory none;
    launches.Add(stream.get(), kernel, {});
  }
  CHECK(notes().size() == kMostStreams && notes().back().sequence == 1);
  const auto another = machine.NewStream();
  launches.MakeRoom(*another);
  CHECK(notes().back().sequence == 1);  // no launch has come yet
  {
    const NoMemory none;
    launches.Add(another.get(), kernel, {});
  }
  CHECK(notes().size() == kMostStreams && notes().front().sequence == kMostStreams + 1);
  CHECK(notes().back().sequence == 2);
}

void FreesAreCounted() {
  Machine& machine = Machine::Start();
  const auto& work = machine.work[0];
  Gate& gate = Gate::New();
  work->lane->Post([&] { gate.Pass(); });
  const Allocation first = Allocate(machine);
  const Allocation second = Allocate(machine);
  gpuex::FreeLater(machine.calls, first, work, machine.progress);
  CHECK(work->frees == 1);
  {
    const NoMemory none;
    gpuex::FreeLater(machine.calls, second, work, machine.progress);
  }
  CHECK(work->frees == 1);
  machine.Inject(R"({"library": "cudart", "call": "cudaFree", "code": 1, "times": 1})");
  gate.Open();
  Until([&] { return work->frees == 0; });
  CHECK(machine.progress->TakeErrors().size() == 1);
}

// Where frames were that have ended is nothing any more that a pointer could still lead to.
__attribute__((noinline)) void OverwriteTheStack() {
  volatile char bytes[64 * 1024];
  for (volatile char& byte : bytes) byte = 0x5A;
}

// Whoever is out of memory asks for what is on its way back; the lane may answer when nobody waits any
// more.
void AnAllocationDoesNotWaitForEver() {
  Machine& machine = Machine::Start();
  const auto& work = machine.work[0];
  const gpuex::FreesInStreams frees;
  Gate& gate = Gate::New();
  work->lane->Post([&] { gate.Pass(); });
  gate.AwaitArrival();
  gpuex::FreeLater(machine.calls, Allocate(machine), work, machine.progress);
  const auto refused = [&](size_t bytes) {
    try {
      gpuex::AllocateOnDevice(machine.calls, bytes, work, &frees);
    } catch (const NativeError& error) {
      return error.code == 2;
    }
    return false;
  };
  CHECK(refused(size_t{1} << 45));
  OverwriteTheStack();
  CHECK(work->frees == 1);
  gate.Open();
  Until([&] { return work->frees == 0; });
  std::atomic<bool> passed{false};
  work->lane->Post([&] { passed = true; });
  Until([&] { return passed.load(); });
}

void AnAllocationTakesWhatIsOnItsWayBack() {
  Machine& machine = Machine::Start();
  const auto& work = machine.work[0];
  const gpuex::FreesInStreams frees;
  size_t free = 0;
  size_t total = 0;
  CHECK(machine.calls.cudart->cudaMemGetInfo(&free, &total) == 0);
  const size_t most = free - free / 4;
  const Allocation all = gpuex::AllocateOnDevice(machine.calls, most, work, nullptr);
  std::atomic<bool> asked{false};
  work->lane->Post([&] { Until([&] { return asked.load(); }); });
  gpuex::FreeLater(machine.calls, all, work, machine.progress);
  const int before = machine.Calls("cudaMalloc");
  std::thread opens([&] {
    Until([&] { return machine.Calls("cudaMalloc") > before; });
    asked = true;
  });
  const Allocation again = gpuex::AllocateOnDevice(machine.calls, most, work, &frees);
  CHECK(again.bytes == most);
  opens.join();
}

}  // namespace

Tests UseTests() {
  return {
      {"memory stays for work whose mark was refused until the driver says so",
       UntilTheDriverSaysSo},
      {"memory stays for work whose end cannot be learnt until the device is idle",
       UntilTheDeviceIsIdle},
      {"memory stays for work whose end nobody can tell", MemoryStaysWhereNobodyCanTell},
      {"code stays for work whose end cannot be learnt until the device is idle",
       CodeStaysUntilTheDeviceIsIdle},
      {"uses in doubt are kept", UsesInDoubtAreKept},
      {"uses are noted without memory", UsesAreNotedWithoutMemory},
      {"launches are noted without memory", LaunchesAreNotedWithoutMemory},
      {"frees are counted", FreesAreCounted},
      {"an allocation does not wait for ever for memory on its way back",
       AnAllocationDoesNotWaitForEver},
      {"an allocation takes what is on its way back", AnAllocationTakesWhatIsOnItsWayBack},
  };
}

}  // namespace ops_tests
