#include "mock/scenario/presets.h"

#include <algorithm>

#include "errors/code_table.h"
#include "mock/scenario/nearest.h"
#include "mock/scenario/read_rule.h"

namespace gpuex::mock {
namespace {

json::Value Parsed(const char* text) {
  json::Value value;
  std::string error;
  // The texts are ours, and a test reads every one.
  json::Parse(text, &value, &error);
  return value;
}

bool ReadName(const json::Value& value, const std::string& path, PresetUse& use,
              Complaint& complaint) {
  std::vector<std::string_view> names;
  for (const Preset& preset : Presets()) {
    if (value.kind == json::Value::Kind::kString && value.text == preset.name) {
      use.preset = &preset;
      return true;
    }
    names.push_back(preset.name);
  }
  return Unknown(complaint, path,
                 "must be the name of a preset; received " + json::Describe(value),
                 Nearest(value.text, names));
}

bool ReadLayers(const json::Value& value, const std::string& path, PresetUse& use,
                Complaint& complaint) {
  static const std::vector<std::string_view> kNames = {"cudart", "cuda", "nvml", "cudnn"};
  if (value.kind != json::Value::Kind::kArray || value.items.empty()) {
    return MustBe(complaint, path, "a list of libraries", value);
  }
  for (size_t i = 0; i < value.items.size(); ++i) {
    const std::string& name = value.items[i].text;
    Library library{};
    const bool known = value.items[i].kind == json::Value::Kind::kString &&
                       std::find(kNames.begin(), kNames.end(), name) != kNames.end();
    if (!known || !LibraryFromName(name, &library)) {
      return Unknown(complaint, Child(path, i),
                     "must be a library; received " + json::Describe(value.items[i]),
                     Nearest(name, kNames));
    }
    use.layers.push_back(library);
  }
  return true;
}

bool ReadCount(const json::Value& value, const std::string& path, long long min,
               std::optional<uint64_t>& result, Complaint& complaint) {
  long long count = 0;
  if (!ReadWhole(value, path, min, (1LL << 53) - 1, "a whole number from", count, complaint)) {
    return false;
  }
  result = static_cast<uint64_t>(count);
  return true;
}

std::string TextOf(const json::Value& rule, std::string_view key) {
  for (const json::Member& member : rule.members) {
    if (member.name == key) return member.value.text;
  }
  return {};
}

}  // namespace

const std::vector<Preset>& Presets() {
  static const std::vector<Preset>* const presets = new std::vector<Preset>{
#define GPUEX_PRESET(name, summary, text) Preset{name, summary, Parsed(text)},
#include "mock/scenario/presets.def"
#undef GPUEX_PRESET
  };
  return *presets;
}

const json::Value* PresetPart(const Preset& preset, std::string_view name) {
  for (const json::Member& member : preset.value.members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

bool ReadPresetUse(const json::Value& value, const std::string& path, PresetUse& use,
                   Complaint& complaint) {
  use.path = path;
  if (value.kind == json::Value::Kind::kString) return ReadName(value, path, use, complaint);
  using std::string;
  const bool read = ReadObject<PresetUse>(
      value, path, "a preset's use",
      {
          {"preset", ReadName},
          {"device",
           [](const json::Value& v, const string& p, PresetUse& u, Complaint& c) {
             long long device = 0;
             if (!ReadWhole(v, p, 0, static_cast<long long>(kMaxDevices) - 1,
                            "a place in the list of devices from", device, c)) {
               return false;
             }
             u.device = static_cast<size_t>(device);
             return true;
           }},
          {"layers", ReadLayers},
          {"afterCalls",
           [](const json::Value& v, const string& p, PresetUse& u, Complaint& c) {
             return ReadCount(v, p, 0, u.after_calls, c);
           }},
          {"times",
           [](const json::Value& v, const string& p, PresetUse& u, Complaint& c) {
             return ReadCount(v, p, 1, u.times, c);
           }},
          {"probability",
           [](const json::Value& v, const string& p, PresetUse& u, Complaint& c) {
             if (v.kind != json::Value::Kind::kNumber || !(v.number > 0 && v.number <= 1)) {
               return MustBe(c, p, "a number above 0 and up to 1", v);
             }
             u.probability = v.number;
             return true;
           }},
          {"seed",
           [](const json::Value& v, const string& p, PresetUse& u, Complaint& c) {
             return ReadCount(v, p, 0, u.seed, c);
           }},
      },
      use, complaint);
  if (!read) return false;
  if (use.preset == nullptr) return complaint.Say(Child(path, "preset"), "is missing");
  return true;
}

bool ReadPresetRules(const PresetUse& use, const Scenario& scenario, std::vector<RuleSpec>& rules,
                     Complaint& complaint) {
  const json::Value* part = PresetPart(*use.preset, "rules");
  if (part == nullptr) return true;
  if (use.device >= std::max<size_t>(scenario.devices.size(), 1)) {
    return complaint.Say(use.path, "is for device " + std::to_string(use.device) +
                                       ", which the scenario does not have");
  }
  for (const json::Value& item : part->items) {
    const std::string call = TextOf(item, "call");
    if (!MatchesSomething(TextOf(item, "library"), call)) continue;
    // What a library does as a whole belongs to no device.
    const bool of_machine = call == "cuInit" || call == "nvmlInit*";
    RuleSpec rule;
    if (!ReadRuleObject(item, use.path, scenario, of_machine ? -1 : static_cast<int>(use.device),
                        rule, complaint)) {
      return false;
    }
    if (!use.layers.empty() &&
        std::find(use.layers.begin(), use.layers.end(), rule.library) == use.layers.end()) {
      continue;
    }
    if (use.after_calls) rule.after_calls = *use.after_calls;
    if (use.times) rule.times = *use.times;
    if (use.probability) rule.probability = *use.probability;
    if (use.seed) rule.seed = *use.seed;
    rules.push_back(std::move(rule));
  }
  return true;
}

}  // namespace gpuex::mock
