// How long host memory lasts that copies use, and what it takes.
#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <utility>
#include <vector>

#include "ops/buffer.h"
#include "ops/transfer.h"
#include "support.h"

namespace ops_tests {

namespace {

using gpuex::Allocation;

// A device that reads and writes pageable memory by itself.
constexpr char kPageableMemoryAccess[] =
    R"({"devices": [{"pageableMemoryAccess": true}, {"pageableMemoryAccess": true}]})";

// --- Memory of ours.

// The first ones are not pinned: a lane gets those meanwhile.
gpuex::Staging::Block TakePinned(const Machine& machine, gpuex::Staging* staging) {
  gpuex::Staging::Block block;
  Until([&] {
    block = {};
    block = staging->Take(machine.calls, kBytes);
    return block.pinned;
  });
  return block;
}

void StagingIsOnTheAccount() {
  Machine& machine = Machine::Start();
  const auto account = std::make_shared<gpuex::HostAccount>();
  const auto staging = std::make_shared<gpuex::Staging>(machine.work[0], machine.progress, account);
  auto first = staging->Take(machine.calls, kBytes);
  CHECK(!first.pinned);
  first = {};
  auto pinned = TakePinned(machine, staging.get());
  CHECK(account->TakeChange() == static_cast<int64_t>(staging->held()));
  machine.Inject(R"({"library": "cudart", "call": "cudaHostAlloc", "code": 2})");
  const size_t slab = staging->held();
  auto pageable = staging->Take(machine.calls, gpuex::Staging::kLargestBlock);
  CHECK(!pageable.pinned && account->TakeChange() == gpuex::Staging::kLargestBlock);
  pageable = {};
  Until([&] { return staging->held() == slab; });  // it was refused
  CHECK(account->TakeChange() == -static_cast<int64_t>(gpuex::Staging::kLargestBlock));
  // Afresh: what is still held goes when it is let go of.
  const auto held = static_cast<int64_t>(staging->held());
  machine.libraries.UseMock(StandInPath(), "{}", false);
  TakePinned(machine, staging.get());
  CHECK(account->TakeChange() == static_cast<int64_t>(staging->held()));
  pinned = {};
  CHECK(account->TakeChange() == -held);
}

void WithoutMemoryStagingKeepsItsBlocks() {
  Machine& machine = Machine::Start();
  const auto account = std::make_shared<gpuex::HostAccount>();
  const auto staging = std::make_shared<gpuex::Staging>(machine.work[0], machine.progress, account);
  const auto take = [&] { staging->Take(machine.calls, kBytes); };
  WithEachRefusal(take);
  TakePinned(machine, staging.get());
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
  WithEachRefusal([&] {
    made = gpuex::AllocatePinned(machine.calls, machine.work[0], machine.progress, kBytes);
  });
  const int allocated = machine.Calls("cudaHostAlloc");
  CHECK(made != nullptr && allocated > 1);
  CHECK(machine.Calls("cudaFreeHost") == allocated - 1);
}

// --- Feeds.

// The device may read pageable memory by itself, after the call.
void AFeedStaysUntilItsTicketIsTold() {
  Machine& machine = Machine::Start(kPageableMemoryAccess);
  const auto stream = machine.NewStream();
  const Allocation allocation = Allocate(machine);
  const auto account = std::make_shared<gpuex::HostAccount>();
  auto feed = std::make_shared<gpuex::Feed>(kBytes, account);
  const std::weak_ptr<gpuex::Feed> kept = feed;
  const uint64_t ticket = gpuex::CopyFeed(machine.calls, stream, allocation.address, feed);
  char bytes[kBytes];
  std::memset(bytes, 7, sizeof bytes);
  CHECK(feed->More(bytes, sizeof bytes));
  CHECK(account->TakeChange() == kBytes);
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

// A feed, and what a lane makes of it: pieces that are full of one number each, counted from 1.
struct FedCopy {
  static constexpr size_t kPiece = 256;

  void Give() {
    std::vector<char> piece(kPiece, static_cast<char>(++given));
    CHECK(feed->More(piece.data(), kPiece));
    Until([&] { return machine.Calls("cudaMemcpyAsync") == given; });
  }
  void CheckWhatCame() const {
    const auto* const came = static_cast<const char*>(allocation.address);  // one address space
    for (size_t i = 0; i < kBytes; ++i) CHECK(came[i] == static_cast<char>(i / kPiece + 1));
  }

  Machine& machine;
  const std::shared_ptr<gpuex::Stream> stream = machine.NewStream();
  const Allocation allocation = Allocate(machine);
  const std::shared_ptr<gpuex::HostAccount> account = std::make_shared<gpuex::HostAccount>();
  const std::shared_ptr<gpuex::Feed> feed = std::make_shared<gpuex::Feed>(kBytes, account);
  int given = 0;
};
constexpr int kPieces = static_cast<int>(kBytes / FedCopy::kPiece);

// Nothing is filled again that the device has yet to read, whatever its calls have returned.
void AFeedWaitsForTheDevice(const char* rule) {
  FedCopy copy{Machine::Start(kPageableMemoryAccess)};
  Machine& machine = copy.machine;
  Gate& gate = Gate::New();
  machine.Block(*copy.stream, &gate);
  if (rule != nullptr) machine.Inject(rule);
  const uint64_t ticket =
      gpuex::CopyFeed(machine.calls, copy.stream, copy.allocation.address, copy.feed);
  while (copy.given < kPieces) copy.Give();
  CHECK(copy.account->TakeChange() == kBytes);
  gate.Open();
  Until([&] { return gpuex::MayCallNow(*copy.stream); });
  copy.stream->Mark(machine.calls);
  Until([&] { return copy.stream->TakeNews().settled == ticket; });
  copy.CheckWhatCame();
}
void AFeedWaits() { AFeedWaitsForTheDevice(nullptr); }
void AFeedWaitsWithoutEvents() {
  AFeedWaitsForTheDevice(R"({"library": "cudart", "call": "cudaEventCreateWithFlags", "code": 2})");
}
void AFeedWaitsWithoutAnswers() {
  AFeedWaitsForTheDevice(R"({"library": "cudart", "call": "cudaEventQuery", "code": 2})");
}

void AFeedThatKeepsUpTakesLittle(const char* rule_for_every_other) {
  FedCopy copy{Machine::Start()};
  Machine& machine = copy.machine;
  gpuex::CopyFeed(machine.calls, copy.stream, copy.allocation.address, copy.feed);
  while (copy.given < kPieces) {
    if (rule_for_every_other != nullptr && copy.given % 2 == 0) {
      machine.Inject(rule_for_every_other);
    }
    copy.Give();
  }
  // A copy that has returned comes after the ends of those before it.
  CHECK(copy.account->TakeChange() <= static_cast<int64_t>(kBytes / 2));
  Until([&] { return gpuex::MayCallNow(*copy.stream); });
  copy.CheckWhatCame();
  CHECK(machine.Calls("cudaEventDestroy") == machine.Calls("cudaEventCreateWithFlags"));
}
void AFeedTakesLittle() { AFeedThatKeepsUpTakesLittle(nullptr); }
// The next one's end is also that of a piece whose own could not be marked.
void AFeedTakesLittleThroughRefusals() {
  AFeedThatKeepsUpTakesLittle(
      R"({"library": "cudart", "call": "cudaEventRecord", "code": 2, "times": 1})");
}

void AFeedFillsAgainWhatWasCopied() {
  const auto account = std::make_shared<gpuex::HostAccount>();
  gpuex::Feed feed(4 * kBytes, account);
  std::vector<char> bytes(kBytes);
  const auto give = [&](char value) {
    std::fill(bytes.begin(), bytes.end(), value);
    CHECK(feed.More(bytes.data(), kBytes));
  };
  const auto copies = [&](char value) {
    const gpuex::Feed::Piece* const piece = feed.Await();
    CHECK(piece->bytes == kBytes && piece->data[0] == value && piece->data[kBytes - 1] == value);
  };
  give(1);
  CHECK(account->TakeChange() == kBytes);
  give(2);
  CHECK(account->TakeChange() == kBytes);  // the first one is waited for
  copies(1);
  feed.Taken();
  copies(2);
  feed.Taken();
  feed.Copied(1);
  give(3);
  CHECK(account->TakeChange() == 0);
  give(4);
  CHECK(account->TakeChange() == kBytes);  // the second one may be read yet
  copies(3);
  feed.Taken();
  copies(4);
  feed.Taken();
  CHECK(feed.full() && feed.Await() == nullptr);
  CHECK(!feed.More(bytes.data(), 1));
}

void AFeedTakesNothingForACopyThatFailed(const char* rule) {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  const auto account = std::make_shared<gpuex::HostAccount>();
  const auto feed = std::make_shared<gpuex::Feed>(2 * kBytes, account);
  const Allocation allocation = Allocate(machine);
  machine.Inject(rule);
  gpuex::CopyFeed(machine.calls, stream, allocation.address, feed);
  const std::vector<char> bytes(kBytes);
  CHECK(feed->More(bytes.data(), kBytes));
  Until([&] { return gpuex::MayCallNow(*stream); });
  account->TakeChange();
  CHECK(feed->More(bytes.data(), kBytes));
  CHECK(account->TakeChange() == 0);
}
void AFeedTakesNothingWhenTheCopyIsRefused() {
  AFeedTakesNothingForACopyThatFailed(
      R"({"library": "cudart", "call": "cudaMemcpyAsync", "code": 2, "times": 1})");
}
void AFeedTakesNothingWhenTheDeviceIsRefused() {
  AFeedTakesNothingForACopyThatFailed(
      R"({"library": "cudart", "call": "cudaGetDevice", "code": 2, "times": 1})");
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

// What was put into the stream before may never end.
void TheEndWaitsForNobodyOutsideGuestMemory() {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  const Allocation allocation = Allocate(machine);
  const auto guest = std::make_shared<gpuex::GuestMemory>();
  Gate& gate = Gate::New();
  machine.Block(*stream, &gate);
  char bytes[kBytes];
  gpuex::CopyGuest(machine.calls, stream, gpuex::Direction::kToHost, allocation.address, bytes,
                   sizeof bytes, guest);
  Until([&] { return machine.Calls("cudaEventQuery") >= 2; });
  guest->Close(std::chrono::hours(1));
  Until([&] { return gpuex::MayCallNow(*stream); });
  gate.Open();
  CHECK(machine.Calls("cudaMemcpyAsync") == 0);
}

// Calls whose copies wait at `gate` before they are made, so that something else can come in between.
gpuex::DeviceCalls CallsWithCopiesHeldAt(Gate* gate, const Machine& machine) {
  static const gpuex::CudartApi& real = *machine.calls.cudart;
  static Gate& held = *gate;
  static auto* const holding = new gpuex::CudartApi(real);  // as all of the machine, never destroyed
  holding->cudaMemcpyAsync = [](auto... arguments) {
    held.Pass();
    return real.cudaMemcpyAsync(arguments...);
  };
  gpuex::DeviceCalls calls = machine.calls;
  calls.cudart = holding;
  return calls;
}

// Also for what the device still does with it when the call has returned.
void TheEndWaitsForWhoIsInGuestMemory(std::initializer_list<const char*> rules) {
  Machine& machine = Machine::Start(kPageableMemoryAccess);
  const auto stream = machine.NewStream();
  const Allocation allocation = Allocate(machine);
  gpuex::Fill(machine.calls, stream, allocation.address, 7, kBytes);
  Until([&] { return gpuex::MayCallNow(*stream); });
  const auto guest = std::make_shared<gpuex::GuestMemory>();
  Gate& call = Gate::New();
  Gate& gate = Gate::New();
  char bytes[kBytes] = {};
  gpuex::CopyGuest(CallsWithCopiesHeldAt(&call, machine), stream, gpuex::Direction::kToHost,
                   allocation.address, bytes, sizeof bytes, guest);
  call.AwaitArrival();
  for (const char* const rule : rules) machine.Inject(rule);
  machine.Block(*stream, &gate);
  call.Open();
  const auto questions = [&] {
    return machine.Calls("cudaEventQuery") + machine.Calls("cudaStreamQuery");
  };
  const int before = questions();
  Until([&] { return questions() >= before + 8; });
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
void TheEndWaits() { TheEndWaitsForWhoIsInGuestMemory({}); }
void TheEndWaitsThroughARefusal() {
  TheEndWaitsForWhoIsInGuestMemory(
      {R"({"library": "cudart", "call": "cudaEventQuery", "code": 906, "times": 2})"});
}
// The end of the copy cannot be told from that of what follows then.
void TheEndWaitsWithoutEvents() {
  TheEndWaitsForWhoIsInGuestMemory(
      {R"({"library": "cudart", "call": "cudaEventQuery", "code": 906})",
       R"({"library": "cudart", "call": "cudaStreamQuery", "code": 906, "times": 2})"});
}
void TheEndWaitsWhereNothingIsRecorded() {
  TheEndWaitsForWhoIsInGuestMemory(
      {R"({"library": "cudart", "call": "cudaEventRecord", "code": 2, "times": 1})",
       R"({"library": "cudart", "call": "cudaStreamQuery", "code": 906, "times": 2})"});
}

// The lane has others to serve.
void ACopyOfGuestMemoryDoesNotAskForEver() {
  Machine& machine = Machine::Start(kPageableMemoryAccess);
  const auto stream = machine.NewStream();
  const Allocation allocation = Allocate(machine);
  Gate& gate = Gate::New();
  machine.Block(*stream, &gate);
  machine.Inject(R"({"library": "cudart", "call": "cudaEventQuery", "code": 906})");
  machine.Inject(R"({"library": "cudart", "call": "cudaStreamQuery", "code": 906})");
  static char bytes[kBytes];
  gpuex::CopyGuest(machine.calls, stream, gpuex::Direction::kToHost, allocation.address, bytes,
                   sizeof bytes, std::make_shared<gpuex::GuestMemory>());
  Until([&] { return gpuex::MayCallNow(*stream); });
  gate.Open();
}

// What follows a copy in its stream may be another's, and never end.
void ACopyOfGuestMemoryWaitsForNothingBehindIt() {
  Machine& machine = Machine::Start(kPageableMemoryAccess);
  const auto stream = machine.NewStream();
  const Allocation allocation = Allocate(machine);
  Gate& call = Gate::New();
  Gate& before = Gate::New();
  Gate& behind = Gate::New();
  char bytes[kBytes];
  gpuex::CopyGuest(CallsWithCopiesHeldAt(&call, machine), stream, gpuex::Direction::kToHost,
                   allocation.address, bytes, sizeof bytes,
                   std::make_shared<gpuex::GuestMemory>());
  call.AwaitArrival();
  const int questions = machine.Calls("cudaEventQuery");
  machine.Block(*stream, &before);
  call.Open();
  Until([&] { return machine.Calls("cudaEventQuery") > questions; });
  machine.Block(*stream, &behind);
  before.Open();
  Until([&] { return gpuex::MayCallNow(*stream); });
  behind.Open();
}

}  // namespace

Tests HostMemoryTests() {
  return {
      {"a feed stays until its ticket is told", AFeedStaysUntilItsTicketIsTold},
      {"a feed fills again what was copied", AFeedFillsAgainWhatWasCopied},
      {"a feed waits for the device", AFeedWaits},
      {"a feed waits for the device without events", AFeedWaitsWithoutEvents},
      {"a feed waits for the device without answers", AFeedWaitsWithoutAnswers},
      {"a feed that keeps up takes little", AFeedTakesLittle},
      {"a feed that keeps up takes little, also through refusals",
       AFeedTakesLittleThroughRefusals},
      {"a feed takes nothing when the copy is refused", AFeedTakesNothingWhenTheCopyIsRefused},
      {"a feed takes nothing when the device is refused", AFeedTakesNothingWhenTheDeviceIsRefused},
      {"staging is on the account", StagingIsOnTheAccount},
      {"without memory staging keeps its blocks", WithoutMemoryStagingKeepsItsBlocks},
      {"without memory pinned memory goes back", WithoutMemoryPinnedMemoryGoesBack},
      {"without memory no lane waits for a feed", WithoutMemoryNoLaneWaitsForAFeed},
      {"guest memory is left alone once it is closed", GuestMemoryIsLeftAloneOnceClosed},
      {"the end waits for nobody outside guest memory", TheEndWaitsForNobodyOutsideGuestMemory},
      {"the end waits for who is in guest memory", TheEndWaits},
      {"the end waits for who is in guest memory through a refusal", TheEndWaitsThroughARefusal},
      {"the end waits for who is in guest memory without events", TheEndWaitsWithoutEvents},
      {"the end waits for who is in guest memory where nothing is recorded",
       TheEndWaitsWhereNothingIsRecorded},
      {"a copy of guest memory does not ask for ever", ACopyOfGuestMemoryDoesNotAskForEver},
      {"a copy of guest memory waits for nothing behind it",
       ACopyOfGuestMemoryWaitsForNothingBehindIt},
  };
}

}  // namespace ops_tests
