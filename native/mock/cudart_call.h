// The guard around every call of libcudart. Order: the runtime's start, then a poisoned device, then
// the rules, then the arguments. See docs/mock.md for what each part rests on.
#pragma once

#include <limits>

#include "mock/abi/cudart_more.h"
#include "mock/control.h"
#include "mock/engine/host_thread.h"
#include "mock/engine/status.h"
#include "mock/exports/alias.h"
#include "mock/invocation.h"

namespace gpuex::mock::cudart {

enum class OnError { kRecord, kForget };

constexpr int kCurrentDevice = std::numeric_limits<int>::min();

// Once for each machine that the call meets.
template <class Body>
int Attempt(Function function, int ordinal, OnError on_error, int& concerned, Body body) {
  for (;;) {
    Machine& machine = StandIn::Current();
    ThreadState& thread = ThreadState::On(machine);
    // Errors of the start are not recorded: they answer everything from then on.
    if (const int status = machine.runtime().Start()) {
      if (status == kRestart) continue;
      return status;
    }
    const auto record = [&](int status) {
      if (status != cuda_status::kSuccess && on_error == OnError::kRecord) thread.last_error = status;
      return status;
    };
    concerned = ordinal == kCurrentDevice ? thread.CurrentOrdinal() : ordinal;
    if (const Device* device = machine.driver().Find(concerned)) {
      if (const int poison = device->context.poison()) return record(poison);
    }
    if (InsideKernel()) return record(cuda_status::kNotPermitted);
    const Verdict verdict =
        machine.Ask(function, Info(function).concerns_device ? concerned : -1);
    if (verdict.kind == Verdict::kRestart) continue;
    if (verdict.kind == Verdict::kAnswer) {
      machine.PoisonIfSticky(verdict, concerned);
      return record(verdict.code);
    }
    const int status = Refusing(cuda_status::kOutOfMemory, [&] { return body(machine, thread); });
    if (status != kRestart) return record(status);
  }
}

// `ordinal`: the device that the call names.
template <class Body>
int Call(const Invocation& call, int ordinal, OnError on_error, Body body) {
  return Logged(call, [&](int& concerned) {
    return Attempt(call.function, ordinal, on_error, concerned, body);
  });
}

// The usual one: about the thread's current device, and its error is kept.
template <class Body>
int Call(const Invocation& call, Body body) {
  return Call(call, kCurrentDevice, OnError::kRecord, body);
}

}  // namespace gpuex::mock::cudart
