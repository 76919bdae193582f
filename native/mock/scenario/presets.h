// Named failures. A preset is data that a scenario could say itself; see presets.def.
#pragma once

#include <string>
#include <vector>

#include "mock/engine/scenario.h"
#include "mock/scenario/object_reader.h"

namespace gpuex::mock {

struct Preset {
  const char* name;
  const char* summary;
  json::Value value;  // {scenario?, device?, rules?}
};

const std::vector<Preset>& Presets();

// One use of a preset: `"name"`, or an object with `preset` and what it changes about it.
struct PresetUse {
  const Preset* preset = nullptr;
  std::string path;
  size_t device = 0;  // the place in the scenario's list
  std::vector<Library> layers;  // only rules of these libraries; empty: all
  // Laid over each of its rules.
  std::optional<uint64_t> after_calls;
  std::optional<uint64_t> times;
  std::optional<double> probability;
  std::optional<uint64_t> seed;
};

bool ReadPresetUse(const json::Value& value, const std::string& path, PresetUse& use,
                   Complaint& complaint);

// The part of a preset by that name; null: it has none.
const json::Value* PresetPart(const Preset& preset, std::string_view name);

// Its rules, for a machine that runs `scenario`.
bool ReadPresetRules(const PresetUse& use, const Scenario& scenario, std::vector<RuleSpec>& rules,
                     Complaint& complaint);

}  // namespace gpuex::mock
