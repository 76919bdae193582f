// Where the process has no memory or the system no thread.
#include <dlfcn.h>

#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "ops/event.h"
#include "ops/handle_table.h"
#include "ops/ordered_calls.h"
#include "ops/transfer.h"
#include "support.h"
#include "told.h"

namespace ops_tests {

namespace {

using gpuex::NativeError;

void* volatile to_be_kept = nullptr;  // that a leak checker finds what nobody holds any more

void WithoutMemoryThingsStayForEver() {
  auto thing = std::make_shared<int>();
  to_be_kept = thing.get();
  const std::weak_ptr<int> kept = thing;
  std::shared_ptr<void> held = std::move(thing);
  {
    const NoMemory none;
    gpuex::KeepForEver(std::move(held));
  }
  CHECK(!kept.expired());
}

void WithoutMemoryAHandleIsGivenBack() {
  gpuex::HandleTable<int> table(1);
  std::vector<double> handles;
  for (int i = 0; i < 100; ++i) handles.push_back(table.Add(i));
  {
    const NoMemory none;
    for (const double handle : handles) table.Remove(handle);
  }
  CHECK(table.live() == 0);
}

void WithoutMemoryAFailureIsStillToldOf() {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  Gate& gate = Gate::New();
  machine.Block(*stream, &gate);
  const uint64_t first = stream->NewTicket();
  const uint64_t second = PutInMarked(machine, stream.get());
  NativeError error(gpuex::Library::kCudart);
  error.detail = "more than a string holds within itself: it has to be kept somewhere else";
  {
    const NoMemory none;
    stream->Fail(second, error);
    stream->Fail(first, error);
  }
  Told told;
  Take(stream.get(), &told);
  CHECK(told.failures.empty() && told.unsaid.Has(first) && told.unsaid.Has(second));
  CHECK(machine.progress->TakeStream() == stream);
  CHECK(machine.words >= 1);
  gate.Open();
  UntilSettled(stream.get(), second);
}

void WithoutMemoryAStreamGoesBack() {
  Machine& machine = Machine::Start();
  int made = 0;
  WithEachRefusal([&] {
    const auto stream = machine.NewStream();
    ++made;
  });
  const int created = machine.Calls("cudaStreamCreateWithPriority");
  CHECK(made == 1 && created > made);
  CHECK(machine.Calls("cudaStreamDestroy") == created - made);
}

void WithoutMemoryAnEventGoesBack() {
  Machine& machine = Machine::Start();
  int made = 0;
  WithEachRefusal([&] {
    const auto event = gpuex::MakeEvent(machine.calls, machine.work[0], false);
    ++made;
  });
  const int created = machine.Calls("cudaEventCreateWithFlags");
  CHECK(made == 1 && created > made);
  CHECK(machine.Calls("cudaEventDestroy") == created - made);
}

// The calls that it was to come behind still wait for their turn, so the stream is idle: that says
// nothing of them.
void AMarkWithoutMemorySettlesNothingThatWaitsOnTheLane() {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  Gate& first = Gate::New();
  Gate& second = Gate::New();
  machine.work[0]->lane->Post([&] { first.Pass(); });
  first.AwaitArrival();
  machine.work[0]->lane->Post([&] { second.Pass(); });
  std::atomic<bool> made{false};
  const uint64_t ticket =
      gpuex::PutInLater(machine.calls, stream, nullptr, gpuex::Waits::kMay, [&] { made = true; });
  {
    const NoMemory none(0);
    stream->Mark(machine.calls);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // so that a question is due
  first.Open();
  second.AwaitArrival();  // it was asked

  Told told;
  Take(stream.get(), &told);
  CHECK(told.failures.size() == 1 && told.failures[0].last == ticket);
  CHECK(told.settled == 0 && !made);
  second.Open();
  told = UntilSettled(stream.get(), ticket);
  CHECK(made && told.failures.empty() && told.in_doubt.last == 0);
}

// The stand-in's work is done by threads of its own.
void WorkIsRefusedWithoutThreads() {
  Machine& machine = Machine::Start();
  const auto stream = machine.NewStream();
  const auto allocation = Allocate(machine);
  const auto fill = [&](int value) {
    return gpuex::Fill(machine.calls, stream, allocation.address, value, kBytes);
  };
  {
    const NoThreads none;
    CHECK(machine.calls.cudart->cudaMemsetAsync(allocation.address, 1, kBytes, stream->raw) == 2);
    bool threw = false;
    try {
      fill(1);
    } catch (const std::system_error&) {
      threw = true;
    }
    CHECK(threw);
  }
  const uint64_t ticket = fill(2);
  stream->Mark(machine.calls);
  Until([&] { return stream->TakeNews().settled == ticket; });
  CHECK(*static_cast<const char*>(allocation.address) == 2);
}

// cuBLAS has a way of its own into its streams.
void AProductIsRefusedWithoutThreads() {
  Machine& machine = Machine::Start();
  const auto allocation = Allocate(machine);
  void* const library = dlopen(StandInPath(), RTLD_NOW | RTLD_NOLOAD);
  const auto create = reinterpret_cast<int (*)(void**)>(dlsym(library, "cublasCreate_v2"));
  const auto multiply = reinterpret_cast<int (*)(void*, int, int, int, int, int, const float*,
                                                 const float*, int, const float*, int,
                                                 const float*, float*, int)>(
      dlsym(library, "cublasSgemm_v2"));
  CHECK(create != nullptr && multiply != nullptr);
  void* handle = nullptr;
  CHECK(create(&handle) == 0);
  auto* const matrix = static_cast<float*>(allocation.address);
  const float one = 1;
  const auto square = [&] {
    return multiply(handle, 0, 0, 4, 4, 4, &one, matrix, 4, matrix, 4, &one, matrix, 4);
  };
  {
    const NoThreads none;
    CHECK(square() == 3);  // CUBLAS_STATUS_ALLOC_FAILED
  }
  CHECK(square() == 0);
  CHECK(machine.calls.cudart->cudaDeviceSynchronize() == 0);
}

}  // namespace

Tests OutOfResourcesTests() {
  return {
      {"without memory things stay for ever", WithoutMemoryThingsStayForEver},
      {"without memory a handle is given back", WithoutMemoryAHandleIsGivenBack},
      {"without memory a failure is still told of", WithoutMemoryAFailureIsStillToldOf},
      {"without memory a stream goes back", WithoutMemoryAStreamGoesBack},
      {"without memory an event goes back", WithoutMemoryAnEventGoesBack},
      {"a mark without memory settles nothing that waits on the lane",
       AMarkWithoutMemorySettlesNothingThatWaitsOnTheLane},
      {"work is refused where there are no threads, and goes on where there are",
       WorkIsRefusedWithoutThreads},
      {"a product is refused where there are no threads", AProductIsRefusedWithoutThreads},
  };
}

}  // namespace ops_tests
