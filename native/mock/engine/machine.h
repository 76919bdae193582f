// The simulated machine: everything that one scenario brings to life. The export layers translate
// vendor calls into questions to it and know nothing of one another.
//
// A machine is never changed into another one: a new scenario makes a new machine, and the old one
// is retired. Calls that are still inside it finish there or start again on the new one.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mock/engine/allocations.h"
#include "mock/engine/device.h"
#include "mock/engine/driver.h"
#include "mock/engine/host_memory.h"
#include "mock/engine/modules.h"
#include "mock/engine/nvml_session.h"
#include "mock/engine/rules.h"
#include "mock/engine/runtime.h"
#include "mock/engine/scenario.h"
#include "mock/engine/streams.h"

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
};

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

  Driver& driver() { return driver_; }
  Runtime& runtime() { return runtime_; }
  NvmlSession& nvml() { return nvml_; }
  Allocations& allocations() { return allocations_; }
  const Allocations& allocations() const { return allocations_; }
  HostMemory& host_memory() { return host_memory_; }
  const HostMemory& host_memory() const { return host_memory_; }
  Streams& streams() { return streams_; }
  Modules& modules() { return modules_; }

  void CountLaunch(const std::string& kernel);
  // By the name that the compiler gave the kernel.
  std::map<std::string, uint64_t> Launches() const;

  void CountCall(Function function) {
    calls_[static_cast<size_t>(function)].count.fetch_add(1, std::memory_order_relaxed);
  }
  uint64_t Calls(Function function) const {
    return calls_[static_cast<size_t>(function)].count.load(std::memory_order_relaxed);
  }

  // The one guard that every exported function passes. `device` in the library's own numbering, -1
  // where the call concerns none. May block, as rules say.
  Verdict Ask(Function function, int device) {
    const RuleBook::List* rules = rules_.For(function);
    return rules == nullptr ? Verdict{} : AskRules(*rules, function, device);
  }
  void AddRule(const RuleSpec& rule) { rules_.Add(rule); }

  // A sticky code poisons the primary context of the device that `ordinal` names.
  void PoisonIfSticky(int code, int ordinal);

  // Ends the machine: releases its memory and every call that a rule holds.
  void Retire();
  bool retired() const { return retired_.load(std::memory_order_acquire); }
  // Calls that a rule with `hang` holds right now.
  int hanging() const { return hanging_.load(std::memory_order_relaxed); }

 private:
  Verdict AskRules(const RuleBook::List& rules, Function function, int device);
  // False: the machine was retired meanwhile.
  bool Delay(uint32_t milliseconds);
  void WaitUntilRetired();

  // A line of its own, so that threads calling different functions do not slow one another down.
  struct alignas(64) Counter {
    std::atomic<uint64_t> count{0};
  };

  const Scenario scenario_;
  const uint64_t generation_;
  const bool broken_;
  std::vector<std::unique_ptr<Device>> devices_;  // in NVML's order
  std::vector<Device*> as_listed_;
  Driver driver_;
  Runtime runtime_;
  NvmlSession nvml_;
  Allocations allocations_;
  HostMemory host_memory_;
  Streams streams_;
  Modules modules_;
  RuleBook rules_;
  std::array<Counter, kFunctionCount> calls_;

  mutable std::mutex launches_mutex_;
  std::map<std::string, uint64_t> launches_;

  std::mutex retire_mutex_;
  std::condition_variable retire_;
  std::atomic<bool> retired_{false};
  std::atomic<int> hanging_{0};
};

}  // namespace gpuex::mock
