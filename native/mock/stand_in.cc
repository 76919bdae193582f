#include "mock/stand_in.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "mock/control_file.h"
#include "mock/read_file.h"
#include "mock/scenario/object_reader.h"
#include "mock/scenario/read_condition.h"
#include "mock/scenario/read_scenario.h"
#include "mock/state_json.h"

namespace gpuex::mock {
namespace {

constexpr char kScenarioVariable[] = "GPU_EXCEPTIONS_MOCK_SCENARIO";

struct Shelf {
  std::mutex mutex;                                // held while the machine is made or changed
  std::vector<std::unique_ptr<Machine>> machines;  // all there ever were
  std::string broken_because;                      // empty: the scenario is usable
};

Shelf& TheShelf() {
  static Shelf* shelf = new Shelf;
  return *shelf;
}

bool ScenarioOfEnvironment(Scenario* scenario, std::string* error) {
  const char* value = std::getenv(kScenarioVariable);
  if (value == nullptr || *value == '\0') return ReadScenario("{}", scenario, error);
  std::string text;
  bool usable = true;
  const char* start = value + std::strspn(value, " \t\r\n");
  if (*start == '{') {
    text = start;
  } else {
    usable = ReadFile(value, "scenario file", &text, error);
  }
  if (usable && ReadScenario(text, scenario, error)) return true;
  *error = std::string(kScenarioVariable) + ": " + *error;
  return false;
}

}  // namespace

std::atomic<Machine*> StandIn::current_{nullptr};

namespace {

// A control verb's argument: a JSON object with these keys.
template <class Argument>
bool ReadArgument(std::string_view text, const char* kind,
                  std::initializer_list<Key<Argument>> keys, Argument& argument,
                  std::string* error) {
  json::Value value;
  if (!json::Parse(text, &value, error)) {
    *error = std::string(kind) + " is not valid JSON: " + *error;
    return false;
  }
  if (value.kind != json::Value::Kind::kObject) {
    *error = std::string(kind) + " must be an object; received " + json::Describe(value);
    return false;
  }
  Complaint complaint;
  if (ReadObject<Argument>(value, "", kind, keys, argument, complaint)) return true;
  *error = complaint.text;
  return false;
}

// Call with the mutex held. The new machine is there before the old one lets its callers go.
Machine* Replace(Shelf& shelf, std::atomic<Machine*>& current, Scenario scenario, bool broken) {
  Machine* old = current.load(std::memory_order_relaxed);
  shelf.machines.push_back(
      std::make_unique<Machine>(std::move(scenario), shelf.machines.size() + 1, broken));
  Machine* machine = shelf.machines.back().get();
  current.store(machine, std::memory_order_release);
  if (old != nullptr) old->Retire();
  return machine;
}

}  // namespace

Machine& StandIn::First() {
  Shelf& shelf = TheShelf();
  std::lock_guard<std::mutex> lock(shelf.mutex);
  if (Machine* machine = current_.load(std::memory_order_acquire)) return *machine;
  BeginToWatchControlFile();
  Scenario scenario;
  std::string error;
  if (ScenarioOfEnvironment(&scenario, &error)) {
    return *Replace(shelf, current_, std::move(scenario), false);
  }
  return BreakLocked(error);
}

Machine& StandIn::BreakLocked(const std::string& reason) {
  Shelf& shelf = TheShelf();
  shelf.broken_because = kErrorPrefix + reason;
  std::fprintf(stderr, "%s\n", shelf.broken_because.c_str());
  // The defaults only lend their version numbers; no call gets as far as a device.
  Scenario scenario;
  std::string none;
  ReadScenario("{}", &scenario, &none);
  return *Replace(shelf, current_, std::move(scenario), true);
}

void StandIn::Break(const std::string& reason) {
  std::lock_guard<std::mutex> lock(TheShelf().mutex);
  BreakLocked(reason);
}

void StandIn::Adopt(Scenario scenario) {
  Shelf& shelf = TheShelf();
  std::lock_guard<std::mutex> lock(shelf.mutex);
  shelf.broken_because.clear();
  Replace(shelf, current_, std::move(scenario), false);
}

bool StandIn::Configure(std::string_view text, std::string* error) {
  Scenario scenario;
  if (!ReadScenario(text, &scenario, error)) return false;
  Adopt(std::move(scenario));
  return true;
}

bool StandIn::ConfigureFromEnvironment(std::string* error) {
  Scenario scenario;
  if (!ScenarioOfEnvironment(&scenario, error)) return false;
  Adopt(std::move(scenario));
  return true;
}

bool StandIn::Reset(std::string* error) {
  Current();
  Shelf& shelf = TheShelf();
  std::lock_guard<std::mutex> lock(shelf.mutex);
  const Machine& machine = *current_.load(std::memory_order_relaxed);
  if (machine.broken()) {
    *error = shelf.broken_because;
    return false;
  }
  Replace(shelf, current_, machine.scenario(), false);
  return true;
}

// Runs `work` on the current machine while nobody replaces it.
template <class Work>
bool StandIn::OnMachine(std::string* error, Work work) {
  Current();
  Shelf& shelf = TheShelf();
  std::lock_guard<std::mutex> lock(shelf.mutex);
  Machine& machine = *current_.load(std::memory_order_relaxed);
  if (!machine.broken()) return work(machine);
  *error = shelf.broken_because;
  return false;
}

bool StandIn::Inject(std::string_view text, std::string* error) {
  return OnMachine(error, [&](Machine& machine) {
    Injection injection;
    if (!ReadInjection(text, machine.scenario(), &injection, error)) return false;
    if (injection.condition != nullptr) {
      Device& device = *machine.devices_as_listed()[injection.device];
      DeviceReadings readings = device.Readings();
      Complaint complaint;
      if (!ReadCondition(*injection.condition, "condition", readings, complaint)) {
        *error = complaint.text;
        return false;
      }
      device.Change(readings);
    }
    for (const RuleSpec& rule : injection.rules) machine.AddRule(rule);
    return true;
  });
}

bool StandIn::Generation(std::string* text) {
  *text = std::to_string(ThreadState::LastGeneration()) + ' ' +
          std::to_string(Current().generation());
  return true;
}

bool StandIn::State(std::string* json, std::string* error) {
  return OnMachine(error, [&](Machine& machine) {
    *json = StateJson(machine);
    return true;
  });
}

bool StandIn::Log(std::string* json, std::string* error) {
  return OnMachine(error, [&](Machine& machine) {
    if (!machine.log().enabled()) {
      *error = "there is no call log: the scenario does not ask for one with \"callLog\"";
      return false;
    }
    *json = LogJson(machine);
    return true;
  });
}

bool StandIn::Advance(std::string_view text, std::string* error) {
  return OnMachine(error, [&](Machine& machine) {
    struct Argument {
      long long ms = -1;
    } argument;
    if (!ReadArgument<Argument>(
            text, "an advance",
            {{"ms",
              [](const json::Value& v, const std::string& p, Argument& a, Complaint& c) {
                return ReadWhole(v, p, 0, 1LL << 40, "whole milliseconds from", a.ms, c);
              }}},
            argument, error)) {
      return false;
    }
    if (argument.ms < 0) {
      *error = "ms is missing";
      return false;
    }
    machine.clock().Advance(static_cast<uint64_t>(argument.ms));
    return true;
  });
}

bool StandIn::RaiseXid(std::string_view text, std::string* error) {
  return OnMachine(error, [&](Machine& machine) {
    struct Argument {
      long long xid = 0;
      long long device = 0;
    } argument;
    if (!ReadArgument<Argument>(
            text, "an Xid",
            {{"xid",
              [](const json::Value& v, const std::string& p, Argument& a, Complaint& c) {
                return ReadWhole(v, p, 1, 9999, "an Xid from", a.xid, c);
              }},
             {"device",
              [](const json::Value& v, const std::string& p, Argument& a, Complaint& c) {
                return ReadWhole(v, p, 0, static_cast<long long>(kMaxDevices) - 1,
                                 "an NVML index from", a.device, c);
              }}},
            argument, error)) {
      return false;
    }
    const Device* device = machine.DeviceByNvmlIndex(static_cast<int>(argument.device));
    if (argument.xid == 0) *error = "xid is missing";
    if (device == nullptr) *error = "device " + std::to_string(argument.device) + " is not there";
    if (argument.xid == 0 || device == nullptr) return false;
    machine.RaiseXid(*device, static_cast<unsigned>(argument.xid));
    return true;
  });
}

bool StandIn::ChangeDevice(std::string_view text, std::string* error) {
  return OnMachine(error, [&](Machine& machine) {
    struct Argument {
      long long device = 0;
      json::Value condition;
    } argument;
    if (!ReadArgument<Argument>(
            text, "a change",
            {{"device",
              [](const json::Value& v, const std::string& p, Argument& a, Complaint& c) {
                return ReadWhole(v, p, 0, static_cast<long long>(kMaxDevices) - 1,
                                 "an NVML index from", a.device, c);
              }},
             {"condition",
              [](const json::Value& v, const std::string&, Argument& a, Complaint&) {
                a.condition = v;
                return true;
              }}},
            argument, error)) {
      return false;
    }
    Device* device = machine.DeviceByNvmlIndex(static_cast<int>(argument.device));
    if (device == nullptr) {
      *error = "device " + std::to_string(argument.device) + " is not there";
      return false;
    }
    DeviceReadings readings = device->Readings();
    Complaint complaint;
    if (!ReadCondition(argument.condition, "condition", readings, complaint)) {
      *error = complaint.text;
      return false;
    }
    device->Change(readings);
    return true;
  });
}

}  // namespace gpuex::mock
