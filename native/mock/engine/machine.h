// The simulated machine: everything that one scenario brings to life. The export layers translate
// vendor calls into questions to it and know nothing of one another.
//
// A machine is never changed into another one: a new scenario makes a new machine, and the old one
// is retired. Calls that are still inside it finish there or start again on the new one.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mock/engine/allocations.h"
#include "mock/engine/call_counts.h"
#include "mock/engine/call_log.h"
#include "mock/engine/clock.h"
#include "mock/engine/device.h"
#include "mock/engine/driver.h"
#include "mock/engine/events.h"
#include "mock/engine/host_memory.h"
#include "mock/engine/kernel_settings.h"
#include "mock/engine/modules.h"
#include "mock/engine/nvml_session.h"
#include "mock/engine/rules.h"
#include "mock/engine/runtime.h"
#include "mock/engine/scenario.h"
#include "mock/engine/streams.h"
#include "mock/engine/thread_state.h"

namespace gpuex::mock {

// What the rules say about one call.
struct Verdict {
  enum Kind {
    kProceed,  // do the work
    kAnswer,   // answer `code` instead
    kRestart,  // the machine was replaced: ask the new one
  };
  Kind kind = kProceed;
  int code = 0;
  std::optional<bool> sticky = std::nullopt;  // else as the code is documented
};

class Machine;

// Waiting calls let the process's control file be looked at; see control_file.h.
void LookAtControlFile(Machine& machine);

class Machine {
 public:
  // `broken`: there is no usable scenario, and every call fails to initialise.
  Machine(Scenario scenario, uint64_t generation, bool broken);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  const Scenario& scenario() const { return scenario_; }
  uint64_t generation() const { return generation_; }
  bool broken() const { return broken_; }

  int device_count() const { return static_cast<int>(devices_.size()); }
  // NVML numbers by PCI bus id. Null for a number that is none.
  Device* DeviceByNvmlIndex(int index) const {
    return index >= 0 && index < device_count() ? devices_[static_cast<size_t>(index)].get()
                                                : nullptr;
  }
  const std::vector<Device*>& devices_as_listed() const { return as_listed_; }
  // All MIG instances of all devices, in NVML's order.
  const std::vector<std::unique_ptr<Device>>& instances() const { return instances_; }

  Driver& driver() { return driver_; }
  Runtime& runtime() { return runtime_; }
  NvmlSession& nvml() { return nvml_; }
  Allocations& allocations() { return allocations_; }
  const Allocations& allocations() const { return allocations_; }
  HostMemory& host_memory() { return host_memory_; }
  const HostMemory& host_memory() const { return host_memory_; }
  Streams& streams() { return streams_; }
  Modules& modules() { return modules_; }
  KernelSettings& kernel_settings() { return kernel_settings_; }

  // Bytes of live device, pinned or managed memory from this address on; 0: none.
  size_t Reachable(const void* address) const;

  // Gives pinned or managed memory back when no device works with it any more.
  int FreeHost(HostMemory::Kind kind, void* address);

  void CountLaunch(const std::string& kernel);
  // By the name that the compiler gave the kernel.
  std::map<std::string, uint64_t> Launches() const;
  Events& events() { return events_; }
  Clock& clock() { return clock_; }
  // Contexts on the stacks of threads that were pushed and not popped yet.
  int pushed_contexts() const { return pushed_contexts_.load(std::memory_order_relaxed); }
  void CountPushed(int change) { pushed_contexts_.fetch_add(change, std::memory_order_relaxed); }
  CallLog& log() { return log_; }

  // Answers the call's entry in the log, 0: there is no log.
  uint64_t CountCall(Function function) {
    LookAtControlFile(*this);
    const unsigned thread = ThreadState::On(*this).number;
    calls_.Add(function, thread);
    return log_.enabled() ? log_.Begin(function, thread, clock_.Now()) : 0;
  }
  unsigned NextThreadNumber() const {
    return threads_.fetch_add(1, std::memory_order_relaxed);
  }
  uint64_t Calls(Function function) const { return calls_.Of(function); }

  // The one guard that every exported function passes. `device` in the library's own numbering, -1
  // where the call concerns none. May block, as rules say.
  Verdict Ask(Function function, int device) {
    const RuleBook::List* rules = rules_.For(function);
    return rules == nullptr ? Verdict{} : AskRules(*rules, function, device);
  }
  void AddRule(const RuleSpec& rule) { rules_.Add(rule); }

  // A sticky answer poisons the primary context of the device that `ordinal` names.
  void PoisonIfSticky(const Verdict& verdict, int ordinal);
  // `code`: a sticky one.
  void Poison(int code, int ordinal);

  // To every event set that asked for it.
  void RaiseXid(const Device& device, unsigned xid);

  // Ends the machine: releases its memory and every call that a rule holds.
  void Retire();
  bool retired() const { return retired_.load(std::memory_order_acquire); }
  // Calls that a rule with `hang` holds right now.
  int hanging() const { return hanging_.load(std::memory_order_relaxed); }
  // True when it ended because `done` did, false at the clock's `deadline`. kRestart's condition,
  // retirement, ends it, too.
  template <class Done>
  bool Wait(uint64_t deadline, Done done) {
    return clock_.WaitUntil(
        deadline, [&] { return retired() || done(); }, [this] { LookAtControlFile(*this); });
  }

 private:
  void MakeInstances(Device& board, int listed);
  void RaiseXidOf(const RuleSpec& rule, const Device* named);
  Verdict AskRules(const RuleBook::List& rules, Function function, int device);
  // False: the machine was retired meanwhile.
  bool Delay(uint32_t milliseconds);
  void WaitUntilRetired();
  // The device that a call names in its library's own numbering; null: none, or not known yet.
  Device* Named(Library library, int device) const;

  const Scenario scenario_;
  const uint64_t generation_;
  const bool broken_;
  std::vector<std::unique_ptr<Device>> devices_;  // in NVML's order
  std::vector<std::unique_ptr<Device>> instances_;
  std::vector<Device*> as_listed_;
  Driver driver_;
  Runtime runtime_;
  NvmlSession nvml_;
  Allocations allocations_;
  HostMemory host_memory_;
  Streams streams_;
  KernelSettings kernel_settings_;
  Modules modules_{&kernel_settings_};
  RuleBook rules_;
  CallCounts calls_;

  mutable std::mutex launches_mutex_;
  std::map<std::string, uint64_t> launches_;

  Events events_;
  Clock clock_;
  CallLog log_;
  mutable std::atomic<unsigned> threads_{0};
  std::atomic<bool> retired_{false};
  std::atomic<int> hanging_{0};
  std::atomic<int> pushed_contexts_{0};
};

}  // namespace gpuex::mock
