#include "mock/control.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "mock/scenario/json.h"
#include "mock/scenario/nearest.h"
#include "mock/scenario/read_scenario.h"
#include "mock/stand_in.h"

namespace {

using gpuex::mock::StandIn;

bool Run(std::string_view verb, std::string_view argument, std::string* answer) {
  if (verb == "configure") {
    return argument.empty() ? StandIn::ConfigureFromEnvironment(answer)
                            : StandIn::Configure(argument, answer);
  }
  if (verb == "reset") return StandIn::Reset(answer);
  if (verb == "inject") return StandIn::Inject(argument, answer);
  if (verb == "generation") return StandIn::Generation(answer);
  if (verb == "state") return StandIn::State(answer, answer);
  const std::vector<std::string_view> verbs = {"configure", "reset", "inject", "generation",
                                               "state"};
  *answer = "there is no control verb " + gpuex::mock::json::Quote(verb.substr(0, 60)) +
            "; the nearest is " + gpuex::mock::json::Quote(gpuex::mock::Nearest(verb, verbs));
  return false;
}

}  // namespace

GPUEX_MOCK_EXPORT int gpuExceptionsMockVersion() { return 2; }

GPUEX_MOCK_EXPORT int gpuExceptionsMockControl(const char* verb, const char* argument, char* answer,
                                               size_t size, size_t* needed) {
  std::string text;
  const bool done =
      Run(verb == nullptr ? "" : verb, argument == nullptr ? "" : argument, &text);
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
