#pragma once

#include <string>

#include "mock/engine/scenario.h"
#include "mock/scenario/object_reader.h"

namespace gpuex::mock {

// `scenario` tells how many devices there are and how cuDNN numbers its codes. `listed`: the rule is
// about the device at this place of the scenario's list, whatever a library's number for it; -1: no.
bool ReadRuleObject(const json::Value& value, const std::string& path, const Scenario& scenario,
                    int listed, RuleSpec& rule, Complaint& complaint);

// Whether the stand-in has a function that `call` names.
bool MatchesSomething(std::string_view library, std::string_view call);

}  // namespace gpuex::mock
