#include "mock/control.h"
#include "mock/control_verbs.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "mock/engine/host_thread.h"
#include "mock/scenario/json.h"
#include "mock/scenario/nearest.h"
#include "mock/scenario/read_scenario.h"
#include "mock/exports/alias.h"
#include "mock/stand_in.h"
#include "mock/state_json.h"

namespace gpuex::mock {
namespace {

struct Verb {
  std::string_view name;
  bool (*run)(std::string_view argument, std::string* answer);
};

// A kernel's memory cannot be taken from under it.
bool MayReplace(std::string* answer) {
  if (!InsideKernel()) return true;
  *answer = "the machine cannot be replaced from within a kernel's host implementation";
  return false;
}

constexpr Verb kVerbs[] = {
    {"configure",
     [](std::string_view argument, std::string* answer) {
       if (!MayReplace(answer)) return false;
       return argument.empty() ? StandIn::ConfigureFromEnvironment(answer)
                               : StandIn::Configure(argument, answer);
     }},
    {"reset",
     [](std::string_view, std::string* answer) {
       return MayReplace(answer) && StandIn::Reset(answer);
     }},
    {"inject", StandIn::Inject},
    {"generation", [](std::string_view, std::string* answer) { return StandIn::Generation(answer); }},
    {"state", [](std::string_view, std::string* answer) { return StandIn::State(answer, answer); }},
    {"log", [](std::string_view, std::string* answer) { return StandIn::Log(answer, answer); }},
    {"advance", StandIn::Advance},
    {"raiseXid", StandIn::RaiseXid},
    {"changeDevice", StandIn::ChangeDevice},
    {"catalog",
     [](std::string_view, std::string* answer) {
       *answer = CatalogJson();
       return true;
     }},
};

}  // namespace

bool RunVerb(std::string_view verb, std::string_view argument, std::string* answer) {
  std::vector<std::string_view> names;
  for (const Verb& each : kVerbs) {
    if (each.name == verb) return each.run(argument, answer);
    names.push_back(each.name);
  }
  *answer = "there is no control verb " + json::Quote(verb.substr(0, 60)) + "; the nearest is " +
            json::Quote(Nearest(verb, names));
  return false;
}

}  // namespace gpuex::mock

GPUEX_MOCK_EXPORT int gpuExceptionsMockVersion() { return 2; }

GPUEX_MOCK_EXPORT int gpuExceptionsMockControl(const char* verb, const char* argument, char* answer,
                                               size_t size, size_t* needed) {
  std::string text;
  const bool done =
      gpuex::mock::RunVerb(verb == nullptr ? "" : verb, argument == nullptr ? "" : argument, &text);
  const std::string_view prefix = gpuex::mock::kErrorPrefix;
  if (!done && text.compare(0, prefix.size(), prefix) != 0) text.insert(0, prefix);
  if (needed != nullptr) *needed = text.size() + 1;
  if (answer != nullptr && size > 0) {
    const size_t kept = std::min(size - 1, text.size());
    std::memcpy(answer, text.data(), kept);
    answer[kept] = '\0';
  }
  return done ? 0 : 1;
}

GPUEX_MOCK_EXPORT void gpuExceptionsMockGenerations(unsigned long long* last,
                                                    unsigned long long* next) {
  *last = gpuex::mock::ThreadState::LastGeneration();
  *next = gpuex::mock::StandIn::Current().generation();
}

GPUEX_MOCK_ALIAS(control, int, gpuExceptionsMockVersion, ())
GPUEX_MOCK_ALIAS(control, int, gpuExceptionsMockControl, ())
