// How long memory lasts that work uses.
#include <cstring>
#include <utility>

#include "ops/buffer.h"
#include "ops/module.h"
#include "ops/transfer.h"
#include "support.h"

namespace ops_tests {

namespace {

using gpuex::Allocation;
using gpuex::NativeError;

constexpr size_t kBytes = 4096;
constexpr char kRefuseMark[] = R"({"library": "cudart", "call": "cudaLaunchHostFunc", "code": 2,
                                   "times": 1})";

constexpr char kImage[] = ".version 9.0\n.target sm_75\n.address_size 64\n.visible .entry k() { ret; }\n";

Allocation Allocate(Machine& machine) {
  return gpuex::AllocateOnDevice(machine.calls, kBytes, machine.work[0].get(), false);
}

// Memory of device 0 that work on device 1 uses, which giving it back would not wait for by itself.
void MemoryStaysForWorkWhoseMarkWasRefused(const char* more_rules) {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream(1);
  Allocation allocation = Allocate(machine);
  Gate& gate = Gate::New();
  machine.Block(*stream, &gate);
  gpuex::NoteUse(&allocation, stream, stream->NewTicket());
  machine.Inject(kRefuseMark);
  if (more_rules != nullptr) machine.Inject(more_rules);
  gpuex::FreeOnDevice(machine.calls, allocation, machine.work[0], machine.progress);
  const char* const last_question =
      more_rules == nullptr ? "cudaStreamQuery" : "cudaDeviceSynchronize";
  const int before = machine.Calls("cudaFree");
  Until([&] { return machine.Calls(last_question) >= (more_rules == nullptr ? 4 : 1); });
  CHECK(machine.Calls("cudaFree") == before);
  gate.Open();
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
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream(1);
  Allocation allocation = Allocate(machine);
  Gate& gate = Gate::New();
  machine.Block(*stream, &gate);
  gpuex::NoteUse(&allocation, stream, stream->NewTicket());
  machine.Inject(R"({"library": "cudart", "call": "cudaStreamQuery", "code": 906, "times": 3})");
  machine.Inject(R"({"library": "cudart", "call": "cudaDeviceSynchronize", "code": 906})");
  const int before = machine.Calls("cudaFree");
  gpuex::FreeOnDevice(machine.calls, allocation, machine.work[0], machine.progress);
  Until([&] { return machine.work[0]->frees == 0; });
  const auto errors = machine.progress->TakeErrors();
  CHECK(errors.size() == 1 && errors[0].code == 906);
  CHECK(machine.Calls("cudaFree") == before);
  gate.Open();
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
  gpuex::UnloadLater(machine.calls, machine.work[0]->lane.get(), module,
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
  Gate& gate = Gate::New();
  work->lane->Post([&] { gate.Pass(); });
  gate.AwaitArrival();
  gpuex::FreeLater(machine.calls, Allocate(machine), work, machine.progress);
  const auto refused = [&](size_t bytes) {
    try {
      gpuex::AllocateOnDevice(machine.calls, bytes, work.get(), true);
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
  size_t free = 0;
  size_t total = 0;
  CHECK(machine.calls.cudart->cudaMemGetInfo(&free, &total) == 0);
  const size_t most = free - free / 4;
  const Allocation all = gpuex::AllocateOnDevice(machine.calls, most, work.get(), false);
  std::atomic<bool> asked{false};
  work->lane->Post([&] { Until([&] { return asked.load(); }); });
  gpuex::FreeLater(machine.calls, all, work, machine.progress);
  const int before = machine.Calls("cudaMalloc");
  std::thread opens([&] {
    Until([&] { return machine.Calls("cudaMalloc") > before; });
    asked = true;
  });
  const Allocation again = gpuex::AllocateOnDevice(machine.calls, most, work.get(), true);
  CHECK(again.bytes == most);
  opens.join();
}

// The device may read pageable memory by itself, after the call.
void AFeedStaysUntilItsTicketIsTold() {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  const Allocation allocation = Allocate(machine);
  const auto account = std::make_shared<gpuex::HostAccount>();
  auto feed = std::make_shared<gpuex::Feed>(kBytes, account);
  CHECK(account->TakeChange() == kBytes);
  const std::weak_ptr<gpuex::Feed> kept = feed;
  const uint64_t ticket = gpuex::CopyFeed(machine.calls, stream, allocation.address, feed);
  char bytes[kBytes];
  std::memset(bytes, 7, sizeof bytes);
  CHECK(feed->More(bytes, sizeof bytes));
  feed = nullptr;
  Until([&] { return gpuex::MayCallNow(*stream); });
  CHECK(!kept.expired());  // although the call was made
  stream->Mark(machine.calls);
  Until([&] { return stream->TakeNews().settled == ticket; });
  CHECK(!kept.expired());
  stream->held.LetGo(ticket, {});
  CHECK(kept.expired());
  CHECK(account->TakeChange() == -static_cast<int64_t>(kBytes));
}

void StagingIsOnTheAccount() {
  Machine& machine = Machine::Start();
  const auto account = std::make_shared<gpuex::HostAccount>();
  const auto staging = std::make_shared<gpuex::Staging>(machine.work[0], account);
  auto pinned = staging->Take(machine.calls, kBytes);
  CHECK(pinned.pinned && account->TakeChange() == static_cast<int64_t>(staging->held()));
  machine.Inject(R"({"library": "cudart", "call": "cudaHostAlloc", "code": 2})");
  auto pageable = staging->Take(machine.calls, gpuex::Staging::kLargestBlock);
  CHECK(!pageable.pinned && account->TakeChange() == gpuex::Staging::kLargestBlock);
  pageable = {};
  CHECK(account->TakeChange() == -static_cast<int64_t>(gpuex::Staging::kLargestBlock));
  // Afresh: what is still held goes when it is let go of.
  const auto held = static_cast<int64_t>(staging->held());
  machine.libraries.UseMock(StandInPath(), "{}", false);
  staging->Take(machine.calls, kBytes);
  CHECK(account->TakeChange() == static_cast<int64_t>(staging->held()));
  pinned = {};
  CHECK(account->TakeChange() == -held);
}

void WithoutMemoryStagingKeepsItsBlocks() {
  Machine& machine = Machine::Start();
  const auto account = std::make_shared<gpuex::HostAccount>();
  const auto staging = std::make_shared<gpuex::Staging>(machine.work[0], account);
  const auto take = [&] { staging->Take(machine.calls, kBytes); };
  WithEachRefusal(take);
  WithEachRefusal(take);  // with blocks there from the beginning
  const size_t held = staging->held();
  std::vector<gpuex::Staging::Block> blocks;
  for (size_t taken = 0; taken < held; taken += kBytes) {
    blocks.push_back(staging->Take(machine.calls, kBytes));
    CHECK(blocks.back().pinned);
  }
  CHECK(staging->held() == held);  // all of them were still there
}

void WithoutMemoryPinnedMemoryGoesBack() {
  Machine& machine = Machine::Start();
  std::shared_ptr<gpuex::PinnedBlock> made;
  WithEachRefusal(
      [&] { made = gpuex::AllocatePinned(machine.calls, machine.work[0], kBytes); });
  const int allocated = machine.Calls("cudaHostAlloc");
  CHECK(made != nullptr && allocated > 1);
  CHECK(machine.Calls("cudaFreeHost") == allocated - 1);
}

// Nobody who has no ticket for it can feed it.
void WithoutMemoryNoLaneWaitsForAFeed() {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  const Allocation allocation = Allocate(machine);
  const auto account = std::make_shared<gpuex::HostAccount>();
  // What a stream holds is kept in blocks: not every time is memory needed for it.
  for (int round = 0; round < 64; ++round) {
    WithEachRefusal([&] {
      const auto feed = std::make_shared<gpuex::Feed>(kBytes, account);
      gpuex::CopyFeed(machine.calls, stream, allocation.address, feed);
      feed->End();
    });
  }
  Until([&] { return gpuex::MayCallNow(*stream); });
  CHECK(machine.Calls("cudaMemcpyAsync") == 0);
}

// --- Memory of V8's.

void GuestMemoryIsLeftAloneOnceClosed() {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  const Allocation allocation = Allocate(machine);
  const auto guest = std::make_shared<gpuex::GuestMemory>();
  guest->Close(std::chrono::milliseconds(0));
  char bytes[kBytes];
  gpuex::CopyGuest(machine.calls, stream, gpuex::Direction::kToHost, allocation.address, bytes,
                   sizeof bytes, guest);
  Until([&] { return gpuex::MayCallNow(*stream); });
  CHECK(machine.Calls("cudaMemcpyAsync") == 0);
}

// A device that reads and writes pageable memory by itself.
constexpr char kPageableMemoryAccess[] =
    R"({"devices": [{"pageableMemoryAccess": true}, {"pageableMemoryAccess": true}]})";

// Also for what the device still does with it when the call has returned.
void TheEndWaitsForWhoIsInGuestMemory() {
  Machine& machine = Machine::Start(kPageableMemoryAccess);
  const auto stream = machine.NewStream();
  const Allocation allocation = Allocate(machine);
  gpuex::Fill(machine.calls, stream, allocation.address, 7, kBytes);
  const auto guest = std::make_shared<gpuex::GuestMemory>();
  Gate& gate = Gate::New();
  machine.Block(*stream, &gate);
  char bytes[kBytes] = {};
  gpuex::CopyGuest(machine.calls, stream, gpuex::Direction::kToHost, allocation.address, bytes,
                   sizeof bytes, guest);
  Until([&] { return machine.Calls("cudaEventQuery") >= 3; });
  CHECK(bytes[0] == 0);
  std::thread opens([&] {
    Until([&] { return !guest->Enter() || (guest->Leave(), false); });
    gate.Open();
  });
  guest->Close(std::chrono::minutes(1));
  CHECK(bytes[0] == 7 && bytes[kBytes - 1] == 7);
  opens.join();
  Until([&] { return machine.Calls("cudaEventDestroy") == 1; });
}

// What follows a copy in its stream may be another's, and never end.
void ACopyOfGuestMemoryWaitsForNothingBehindIt() {
  Machine& machine = Machine::Start(kPageableMemoryAccess);
  const auto stream = machine.NewStream();
  const Allocation allocation = Allocate(machine);
  Gate& before = Gate::New();
  Gate& behind = Gate::New();
  machine.Block(*stream, &before);
  char bytes[kBytes];
  gpuex::CopyGuest(machine.calls, stream, gpuex::Direction::kToHost, allocation.address, bytes,
                   sizeof bytes, std::make_shared<gpuex::GuestMemory>());
  Until([&] { return machine.Calls("cudaEventQuery") >= 1; });
  machine.Block(*stream, &behind);
  before.Open();
  Until([&] { return gpuex::MayCallNow(*stream); });
  behind.Open();
}

// Elsewhere the call has waited.
void ACopyOfGuestMemoryAsksNothingWhereItsCallWaits() {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  const Allocation allocation = Allocate(machine);
  char bytes[kBytes];
  gpuex::CopyGuest(machine.calls, stream, gpuex::Direction::kToHost, allocation.address, bytes,
                   sizeof bytes, std::make_shared<gpuex::GuestMemory>());
  Until([&] { return gpuex::MayCallNow(*stream); });
  CHECK(machine.Calls("cudaMemcpyAsync") == 1);
  CHECK(machine.Calls("cudaStreamQuery") == 0 && machine.Calls("cudaEventCreateWithFlags") == 0);
}

// The end of the copy cannot be told from that of what follows: rather too long than not at all.
void ACopyOfGuestMemoryWaitsWhereItsEndIsRefused() {
  Machine& machine = Machine::Start(kPageableMemoryAccess);
  const auto stream = machine.NewStream();
  const Allocation allocation = Allocate(machine);
  Gate& gate = Gate::New();
  machine.Block(*stream, &gate);
  machine.Inject(R"({"library": "cudart", "call": "cudaEventRecord", "code": 2, "times": 1})");
  char bytes[kBytes];
  gpuex::CopyGuest(machine.calls, stream, gpuex::Direction::kToHost, allocation.address, bytes,
                   sizeof bytes, std::make_shared<gpuex::GuestMemory>());
  Until([&] { return machine.Calls("cudaStreamQuery") >= 3; });
  CHECK(!gpuex::MayCallNow(*stream));
  gate.Open();
  Until([&] { return gpuex::MayCallNow(*stream); });
  Until([&] { return machine.Calls("cudaEventDestroy") == 1; });
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
      {"frees are counted", FreesAreCounted},
      {"an allocation does not wait for ever for memory on its way back",
       AnAllocationDoesNotWaitForEver},
      {"an allocation takes what is on its way back", AnAllocationTakesWhatIsOnItsWayBack},
      {"a feed stays until its ticket is told", AFeedStaysUntilItsTicketIsTold},
      {"staging is on the account", StagingIsOnTheAccount},
      {"without memory staging keeps its blocks", WithoutMemoryStagingKeepsItsBlocks},
      {"without memory pinned memory goes back", WithoutMemoryPinnedMemoryGoesBack},
      {"without memory no lane waits for a feed", WithoutMemoryNoLaneWaitsForAFeed},
      {"guest memory is left alone once it is closed", GuestMemoryIsLeftAloneOnceClosed},
      {"the end waits for who is in guest memory", TheEndWaitsForWhoIsInGuestMemory},
      {"a copy of guest memory waits for nothing behind it",
       ACopyOfGuestMemoryWaitsForNothingBehindIt},
      {"a copy of guest memory asks nothing where its call waits",
       ACopyOfGuestMemoryAsksNothingWhereItsCallWaits},
      {"a copy of guest memory waits where its end is refused",
       ACopyOfGuestMemoryWaitsWhereItsEndIsRefused},
  };
}

}  // namespace ops_tests
