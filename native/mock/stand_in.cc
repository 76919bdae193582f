#include "mock/stand_in.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "mock/state_json.h"
#include "mock/scenario/read_scenario.h"

namespace gpuex::mock {
namespace {

constexpr char kScenarioVariable[] = "GPU_EXCEPTIONS_MOCK_SCENARIO";
constexpr size_t kMaxScenarioFile = size_t{16} << 20;

struct Shelf {
  std::mutex mutex;                                // held while the machine is made or changed
  std::vector<std::unique_ptr<Machine>> machines;  // all there ever were
  std::string broken_because;                      // empty: the scenario is usable
};

Shelf& TheShelf() {
  static Shelf* shelf = new Shelf;
  return *shelf;
}

bool ReadFile(const char* path, std::string* text, std::string* error) {
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) {
    *error = "the scenario file \"" + std::string(path) + "\" cannot be opened";
    return false;
  }
  char buffer[4096];
  while (text->size() <= kMaxScenarioFile) {
    const size_t read = std::fread(buffer, 1, sizeof buffer, file);
    if (read == 0) break;
    text->append(buffer, read);
  }
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed) *error = "the scenario file \"" + std::string(path) + "\" cannot be read";
  if (text->size() > kMaxScenarioFile) {
    *error = "the scenario file \"" + std::string(path) + "\" is larger than 16 MiB";
    return false;
  }
  return !failed;
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
    usable = ReadFile(value, &text, error);
  }
  if (usable && ReadScenario(text, scenario, error)) return true;
  *error = std::string(kScenarioVariable) + ": " + *error;
  return false;
}

}  // namespace

std::atomic<Machine*> StandIn::current_{nullptr};

namespace {

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
  Scenario scenario;
  std::string error;
  if (ScenarioOfEnvironment(&scenario, &error)) {
    return *Replace(shelf, current_, std::move(scenario), false);
  }
  shelf.broken_because = kErrorPrefix + error;
  std::fprintf(stderr, "%s\n", shelf.broken_because.c_str());
  // The defaults only lend their version numbers; no call gets as far as a device.
  std::string none;
  ReadScenario("{}", &scenario, &none);
  return *Replace(shelf, current_, std::move(scenario), true);
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

bool StandIn::Inject(std::string_view text, std::string* error) {
  Current();
  Shelf& shelf = TheShelf();
  std::lock_guard<std::mutex> lock(shelf.mutex);
  Machine& machine = *current_.load(std::memory_order_relaxed);
  if (machine.broken()) {
    *error = shelf.broken_because;
    return false;
  }
  RuleSpec rule;
  if (!ReadRule(text, machine.scenario(), &rule, error)) return false;
  machine.AddRule(rule);
  return true;
}

bool StandIn::Generation(std::string* text) {
  *text = std::to_string(ThreadState::LastGeneration()) + ' ' +
          std::to_string(Current().generation());
  return true;
}

bool StandIn::State(std::string* json, std::string* error) {
  Current();
  Shelf& shelf = TheShelf();
  std::lock_guard<std::mutex> lock(shelf.mutex);
  Machine& machine = *current_.load(std::memory_order_relaxed);
  if (machine.broken()) {
    *error = shelf.broken_because;
    return false;
  }
  *json = StateJson(machine);
  return true;
}

}  // namespace gpuex::mock
