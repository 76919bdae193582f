// JSON text to a scenario. Nothing is guessed: an unknown key, a wrong type or an unknown name
// stops with a message that names the place, what was given and the nearest valid word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mock/engine/scenario.h"
#include "mock/scenario/json.h"

namespace gpuex::mock {

// How every message of the stand-in begins.
inline constexpr char kErrorPrefix[] = "gpu-exceptions mock: ";

// False with the message in `error`, without the prefix.
bool ReadScenario(std::string_view text, Scenario* scenario, std::string* error);

// What is added to a running machine: one rule, or all of a preset.
struct Injection {
  std::vector<RuleSpec> rules;
  size_t device = 0;                       // of the preset: the place in the list
  const json::Value* condition = nullptr;  // of the preset: what changes on that device
};

// For a machine that runs `scenario`.
bool ReadInjection(std::string_view text, const Scenario& scenario, Injection* injection,
                   std::string* error);

}  // namespace gpuex::mock
