// The process's one simulated machine, and how it is replaced.
//
// Nothing here is ever destroyed: other threads may be inside a call while the process exits, and a
// retired machine (a few KiB, its device memory is given back) may still be left by its last call.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "mock/engine/machine.h"

namespace gpuex::mock {

class StandIn {
 public:
  // The current machine. The first use makes it from GPU_EXCEPTIONS_MOCK_SCENARIO (a path, or JSON
  // text that begins with `{`), or of the default scenario when that is not set. An unusable
  // scenario is told on stderr and gives a machine on which everything fails to initialise.
  static Machine& Current() {
    Machine* machine = current_.load(std::memory_order_acquire);
    return machine != nullptr ? *machine : First();
  }

  // The following answer false with the reason, and then change nothing.
  static bool Configure(std::string_view scenario, std::string* error);
  // With what the environment says now, as the first use would.
  static bool ConfigureFromEnvironment(std::string* error);
  // A machine made of the same scenario again; rules that were added are gone.
  static bool Reset(std::string* error);
  static bool Inject(std::string_view rule, std::string* error);
  // Of the calling thread's last call, and the current one.
  static bool Generation(std::string* text);
  static bool State(std::string* json, std::string* error);
  // The latest calls; the scenario must have asked for a log.
  static bool Log(std::string* json, std::string* error);
  // Moves the clock on: `{"ms": …}`.
  static bool Advance(std::string_view argument, std::string* error);
  // `{"xid": …, "device": NVML index}`
  static bool RaiseXid(std::string_view argument, std::string* error);
  // `{"device": NVML index, "condition": {…}}`
  static bool ChangeDevice(std::string_view argument, std::string* error);
  // From now on everything fails to initialise; the reason is told on stderr.
  static void Break(const std::string& reason);

 private:
  static Machine& First();
  static Machine& BreakLocked(const std::string& reason);
  template <class Work>
  static bool OnMachine(std::string* error, Work work);
  static void Adopt(Scenario scenario);

  static std::atomic<Machine*> current_;
};

}  // namespace gpuex::mock
