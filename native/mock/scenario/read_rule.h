#pragma once

#include <string>

#include "mock/engine/scenario.h"
#include "mock/scenario/object_reader.h"

namespace gpuex::mock {

// `scenario` tells how many devices there are and how cuDNN numbers its codes.
bool ReadRuleObject(const json::Value& value, const std::string& path, const Scenario& scenario,
                    RuleSpec& rule, Complaint& complaint);

}  // namespace gpuex::mock
