// What a stream knows of its work when marks or questions are refused.
#include "ops/stream.h"

#include <utility>

#include "ops/ordered_calls.h"
#include "support.h"
#include "told.h"

namespace ops_tests {

namespace {

using gpuex::NativeError;
using gpuex::Progress;
using gpuex::Stream;
using gpuex::TicketRange;
using gpuex::Waits;

constexpr int kRefusal = 2;  // cudaErrorMemoryAllocation
constexpr char kRefuseMark[] = R"({"library": "cudart", "call": "cudaLaunchHostFunc", "code": 2,
                                   "times": 1})";
// Not the context's end, but more often than is put up with.
constexpr char kRefuseQuestions[] = R"({"library": "cudart", "call": "cudaStreamQuery",
                                        "code": 906, "times": 3})";

void UntilGone(Machine* machine, std::shared_ptr<Stream> stream) {
  while (machine->progress->TakeStream() != nullptr) continue;
  const std::weak_ptr<Stream> gone = stream;
  stream = nullptr;
  Until([&] { return gone.expired(); });
}

bool Is(const gpuex::WorkFailure& failure, uint64_t after, uint64_t last, int code) {
  return failure.after == after && failure.last == last && failure.error.code == code;
}

void ARefusedMarkBetweenOthers() {
  Machine& machine = Machine::Start();
  auto stream = machine.NewStream();
  Gate& gate = Gate::New();
  machine.Block(*stream, &gate);
  PutInMarked(machine, stream.get());
  machine.Inject(kRefuseMark);
  PutInMarked(machine, stream.get());
  PutInMarked(machine, stream.get());

  Told told;
  Take(stream.get(), &told);
  CHECK(told.settled == 0);
  CHECK(told.failures.size() == 1 && Is(told.failures[0], 1, 2, kRefusal));
  gate.Open();
  told = UntilSettled(stream.get(), 3);
  CHECK(told.failures.empty() && told.in_doubt.last == 0);
  CHECK(!machine.work[0]->busy());
  UntilGone(&machine, std::move(stream));  // no mark is out, so it does not hold itself
}

// With no other mark behind it, a lane learns of the end.
void ARefusedMarkAlone() {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  Gate& gate = Gate::New();
  machine.Block(*stream, &gate);
  PutInMarked(machine, stream.get());
  machine.Inject(kRefuseMark);
  PutInMarked(machine, stream.get());
  gate.Open();
  Told told = UntilSettled(stream.get(), 2);
  CHECK(told.failures.size() == 1 && Is(told.failures[0], 1, 2, kRefusal));
  CHECK(told.in_doubt.last == 0);
}

void ARefusedMarkSettlesNothingBeforeItsTime() {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  Gate& gate = Gate::New();
  machine.Block(*stream, &gate);
  machine.Inject(kRefuseMark);
  PutInMarked(machine, stream.get());
  Until([&] { return machine.Calls("cudaStreamQuery") >= 3; });

  Told told;
  Take(stream.get(), &told);
  CHECK(told.failures.size() == 1 && Is(told.failures[0], 0, 1, kRefusal));
  CHECK(told.settled == 0 && machine.work[0]->busy());
  gate.Open();
  told = UntilSettled(stream.get(), 1);
  CHECK(told.failures.empty() && told.in_doubt.last == 0);
}

// What is not known to be done is in doubt, until work behind it is.
void RefusedQuestionsLeaveADoubt() {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  Gate& gate = Gate::New();
  machine.Block(*stream, &gate);
  PutInMarked(machine, stream.get());
  machine.Inject(kRefuseQuestions);
  Told told = UntilSettled(stream.get(), 1);
  CHECK(told.failures.size() == 1 && Is(told.failures[0], 0, 1, 906));
  CHECK(told.in_doubt.Has(1) && !told.in_doubt.Has(2));

  PutInMarked(machine, stream.get());
  gate.Open();  // the mark that was given up comes, and the new one
  told = UntilSettled(stream.get(), 2);
  CHECK(told.failures.empty() && told.in_doubt.last == 0);
}

// The mark that is being put in is given up, and refused thereafter; or first refused.
void AMarkRefusedWhileItIsGivenUp() {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  Gate& gate = Gate::New();
  machine.Block(*stream, &gate);
  PutInMarked(machine, stream.get());
  machine.Inject(R"({"library": "cudart", "call": "cudaLaunchHostFunc", "code": 2, "times": 1,
                     "delayMs": 1500})");
  machine.Inject(kRefuseQuestions);
  // On the lane, behind a call that may wait: questions are asked on the other one.
  Gate& turn = Gate::New();
  gpuex::CallLater(machine.calls, stream, nullptr, Waits::kMay, [&] { turn.Pass(); },
                   [](const NativeError&) {});
  stream->NewTicket();
  stream->Mark(machine.calls);
  turn.Open();
  Told told = UntilSettled(stream.get(), 2);
  bool failed[2] = {};
  for (const auto& failure : told.failures) {
    for (uint64_t ticket = 1; ticket <= 2; ++ticket) {
      failed[ticket - 1] |= TicketRange{failure.after, failure.last}.Has(ticket);
    }
  }
  CHECK(failed[0] && failed[1]);
  PutInMarked(machine, stream.get());
  gate.Open();
  told = UntilSettled(stream.get(), 3);
  CHECK(told.failures.empty() && told.in_doubt.last == 0);
}

void WhatIsInDoubtStaysForEver() {
  Machine& machine = Machine::Start();
  for (const bool in_doubt : {true, false}) {
    auto stream = machine.NewStream();
    Gate& gate = Gate::New();
    machine.Block(*stream, &gate);
    auto thing = std::make_shared<int>();
    const std::weak_ptr<int> kept = thing;
    stream->held.Hold(stream->NewTicket(), std::move(thing));
    machine.Inject(kRefuseMark);
    stream->Mark(machine.calls);
    // No mark is out, so the stream does not hold itself.
    if (in_doubt) machine.Inject(kRefuseQuestions);
    if (!in_doubt) gate.Open();
    const Told told = UntilSettled(stream.get(), 1);
    CHECK(told.in_doubt.Has(1) == in_doubt);
    CHECK(told.failures.size() == 1);  // told of once
    UntilGone(&machine, std::move(stream));
    CHECK(kept.expired() != in_doubt);
    gate.Open();
  }
}

void WhatWasLetGoInDoubtStaysForEver() {
  gpuex::Holdings held;
  auto doubted = std::make_shared<int>();
  auto done = std::make_shared<int>();
  const std::weak_ptr<int> first = doubted;
  const std::weak_ptr<int> second = done;
  held.Hold(1, std::move(doubted));
  held.Hold(2, std::move(done));
  held.LetGo(1, {0, 1});
  CHECK(!first.expired() && !second.expired());
  held.LetGo(2, {0, 1});
  CHECK(!first.expired() && second.expired());
}

// --- Progress.

void ANotifierThatFailsIsCalledAgain() {
  Machine& machine = Machine::Start();
  int calls = 0;
  bool works = false;
  const auto progress = std::make_shared<Progress>([&] {
    ++calls;
    return works;
  });
  const auto stream = std::make_shared<Stream>(machine.work[0], progress, nullptr,
                                               Stream::Kind::kDefault, 0);
  progress->Tell(stream);
  CHECK(calls == 1);
  works = true;
  progress->Tell(stream);  // in the word already, which nobody was told of
  CHECK(calls == 2);
  progress->Report(NativeError(gpuex::Library::kCudart));
  CHECK(calls == 2);  // there is word, and it was told
  CHECK(progress->TakeErrors().size() == 1);
  CHECK(progress->TakeStream() == stream && progress->TakeStream() == nullptr);
  progress->Tell(stream);
  CHECK(calls == 3);
  progress->Close();
  CHECK(progress->TakeStream() == nullptr);
  progress->Tell(stream);
  CHECK(calls == 3 && progress->TakeStream() == nullptr);
}

void StreamsAreTakenInTheirOrder() {
  Machine& machine = Machine::Start();
  const auto& progress = machine.progress;
  std::vector<std::shared_ptr<Stream>> streams;
  for (int i = 0; i < 4; ++i) streams.push_back(machine.NewStream());
  for (const auto& stream : streams) progress->Tell(stream);
  progress->Tell(streams[0]);
  CHECK(progress->TakeStream() == streams[0]);
  progress->Tell(streams[0]);
  for (const int next : {1, 2, 3, 0}) CHECK(progress->TakeStream() == streams[next]);
  CHECK(progress->TakeStream() == nullptr);
}

// A call that could not be handed over is waited for by none, and taken for no other.
void ACallThatWasNotHandedOverLeavesItsPlace() {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  Gate& gate = Gate::New();
  std::vector<int> made;
  const auto call = [&](int which) { return [&made, which] { made.push_back(which); }; };
  const auto failed = [](const NativeError&) {};
  gpuex::CallLater(machine.calls, stream, nullptr, Waits::kNo, [&] { gate.Pass(); }, failed);
  gate.AwaitArrival();
  std::atomic<bool> first_made{false};
  machine.work[1]->lane->Post([&, place = stream->order.last()] {
    stream->order.Await(place);
    first_made = true;
  });
  std::function<void()> refused = call(0);
  std::function<void(const NativeError&)> deaf = failed;
  bool threw = false;
  try {
    const NoMemory none;
    gpuex::CallLater(machine.calls, stream, nullptr, Waits::kNo, std::move(refused), std::move(deaf));
  } catch (const std::bad_alloc&) {
    threw = true;
  }
  CHECK(threw);
  CHECK(!gpuex::MayCallNow(*stream));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // for who would not wait
  CHECK(!first_made);
  gpuex::CallLater(machine.calls, stream, nullptr, Waits::kNo, call(1), failed);
  gate.Open();
  Until([&] { return gpuex::MayCallNow(*stream); });
  CHECK(made == std::vector<int>{1});
  Until([&] { return first_made.load(); });
}

// The driver may tell of the end of work before the lane is back from the call that asked it to.
void WhatIsKnownToBeMadeStandsInNobodysWay() {
  Machine& machine = Machine::Start();
  static const gpuex::CudartApi& real = *machine.calls.cudart;
  static Gate& back = Gate::New();
  static auto* const slow = new gpuex::CudartApi(real);  // as all of the machine, never destroyed
  slow->cudaLaunchHostFunc = [](auto... arguments) {
    const auto status = real.cudaLaunchHostFunc(arguments...);
    back.Pass();
    return status;
  };
  gpuex::DeviceCalls calls = machine.calls;
  calls.cudart = slow;
  const auto make = [&](Stream::Kind kind) {
    return std::make_shared<Stream>(machine.work[0], machine.progress, nullptr, kind, 0);
  };
  const auto stream = make(Stream::Kind::kBlocking);
  const auto default_stream = make(Stream::Kind::kDefault);
  const auto is_in_the_way = [&] {
    return std::pair(!gpuex::MayCallNow(*stream), !gpuex::MayCallNow(*default_stream));
  };
  stream->NewTicket();
  stream->Mark(calls);
  const Told told = UntilSettled(stream.get(), 1);
  CHECK(is_in_the_way() == std::pair(true, true));
  stream->NoteTold(told.settled, {0, 1});  // in doubt, as after a lost context
  CHECK(is_in_the_way() == std::pair(true, true));
  stream->NoteTold(told.settled, told.in_doubt);
  CHECK(is_in_the_way() == std::pair(false, false));
  // What is handed over behind it is not known to be made.
  gpuex::CallLater(calls, stream, nullptr, Waits::kNo, [] {}, [](const NativeError&) {});
  CHECK(is_in_the_way() == std::pair(true, true));
  back.Open();
  Until([&] { return is_in_the_way() == std::pair(false, false); });
}

}  // namespace

Tests StreamTests() {
  return {
      {"a refused mark between others", ARefusedMarkBetweenOthers},
      {"a refused mark alone", ARefusedMarkAlone},
      {"a refused mark settles nothing before its time", ARefusedMarkSettlesNothingBeforeItsTime},
      {"refused questions leave a doubt", RefusedQuestionsLeaveADoubt},
      {"a mark is refused while it is given up", AMarkRefusedWhileItIsGivenUp},
      {"what a stream holds in doubt stays for ever", WhatIsInDoubtStaysForEver},
      {"what was let go of in doubt stays for ever", WhatWasLetGoInDoubtStaysForEver},
      {"a notifier that fails is called again", ANotifierThatFailsIsCalledAgain},
      {"streams are taken in their order", StreamsAreTakenInTheirOrder},
      {"a call that was not handed over leaves its place",
       ACallThatWasNotHandedOverLeavesItsPlace},
      {"what is known to be made stands in nobody's way", WhatIsKnownToBeMadeStandsInNobodysWay},
  };
}

}  // namespace ops_tests
