// JSON text to a scenario. Nothing is guessed: an unknown key, a wrong type or an unknown name
// stops with a message that names the place, what was given and the nearest valid word.
#pragma once

#include <string>
#include <string_view>

#include "mock/engine/scenario.h"

namespace gpuex::mock {

// How every message of the stand-in begins.
inline constexpr char kErrorPrefix[] = "gpu-exceptions mock: ";

// False with the message in `error`, without the prefix.
bool ReadScenario(std::string_view text, Scenario* scenario, std::string* error);

// One rule for a machine that runs `scenario`.
bool ReadRule(std::string_view text, const Scenario& scenario, RuleSpec* rule, std::string* error);

}  // namespace gpuex::mock
