// The guard around every call of libcuda, and its context handles. Order: cuInit done, then a poisoned
// context where the call uses one, then the rules, then the arguments.
#pragma once

#include <cstdint>
#include <limits>

#include "mock/abi/cuda_more.h"
#include "mock/control.h"
#include "mock/engine/host_thread.h"
#include "mock/engine/status.h"
#include "mock/exports/alias.h"
#include "mock/invocation.h"

namespace gpuex::mock::cuda {

using abi::cuda::CUcontext;

// A context handle is the address of its device's cell. Cells outlive every machine, so a stale
// handle is told apart from a live one without touching memory that is gone.
struct alignas(16) ContextCell {
  char unused;
};
inline ContextCell context_cells[kMaxDevices];

inline CUcontext ContextOf(int ordinal) { return reinterpret_cast<CUcontext>(&context_cells[ordinal]); }

// -1: no handle of ours.
inline int OrdinalOf(CUcontext context) {
  const auto address = reinterpret_cast<uintptr_t>(context);
  const auto base = reinterpret_cast<uintptr_t>(&context_cells[0]);
  if (address < base || address >= base + sizeof context_cells) return -1;
  const uintptr_t offset = address - base;
  return offset % sizeof(ContextCell) == 0 ? static_cast<int>(offset / sizeof(ContextCell)) : -1;
}

enum class Needs { kNothing, kInit, kContext };

constexpr int kNoDeviceNamed = -1;
constexpr int kCurrentContext = std::numeric_limits<int>::min();

// Once for each machine that the call meets.
template <class Body>
int Attempt(Function function, Needs needs, int device, int& concerned, Body body) {
  for (;;) {
    Machine& machine = StandIn::Current();
    if (machine.broken()) return cuda_status::kUnknown;
    if (needs != Needs::kNothing && !machine.driver().initialized()) return cuda_status::kNotInitialized;
    ThreadState& thread = ThreadState::On(machine);
    concerned = device;
    if (device == kCurrentContext) {
      concerned = thread.depth > 0 ? thread.CurrentOrdinal() : kNoDeviceNamed;
    }
    if (needs == Needs::kContext) {
      const Device* used = machine.driver().Find(concerned);
      if (const int poison = used != nullptr ? used->context.poison() : 0) return poison;
    }
    if (InsideKernel()) return cuda_status::kNotPermitted;
    const Verdict verdict = machine.Ask(function, concerned);
    if (verdict.kind == Verdict::kRestart) continue;
    if (verdict.kind == Verdict::kAnswer) {
      machine.PoisonIfSticky(verdict, concerned >= 0 ? concerned : thread.CurrentOrdinal());
      return verdict.code;
    }
    const int status = Refusing(cuda_status::kOutOfMemory, [&] { return body(machine, thread); });
    if (status != kRestart) return status;
  }
}

template <class Body>
int Call(const Invocation& call, Needs needs, int device, Body body) {
  return Logged(
      call, [&](int& concerned) { return Attempt(call.function, needs, device, concerned, body); });
}

// In the thread's current context.
template <class Body>
int InContext(const Invocation& call, Body body) {
  return Call(call, Needs::kContext, kCurrentContext,
              [&](Machine& machine, ThreadState& thread) -> int {
                if (thread.depth == 0) return cuda_status::kInvalidContext;
                Device* device = machine.driver().Find(thread.CurrentOrdinal());
                if (device == nullptr) return cuda_status::kInvalidContext;
                if (!device->context.active()) return cuda_status::kContextIsDestroyed;
                return body(machine, thread, *device);
              });
}

}  // namespace gpuex::mock::cuda
