#include "mock/scenario/read_scenario.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "mock/scenario/object_reader.h"
#include "mock/scenario/presets.h"
#include "mock/scenario/read_condition.h"
#include "mock/scenario/read_device.h"
#include "mock/scenario/read_rule.h"

namespace gpuex::mock {
namespace {

constexpr uint64_t kDefaultContextOverhead = uint64_t{300} << 20;
constexpr size_t kMaxVersionText = 79;  // NVML's buffer of 80 with its NUL

struct Draft {
  Scenario scenario;
  const json::Value* devices = nullptr;  // read later: presets change them
  const json::Value* rules = nullptr;  // read last: they depend on the rest
  const json::Value* cuda_order = nullptr;
};

bool ReadCudaVersion(const json::Value& value, const std::string& path, int min, int& version,
                     Complaint& complaint) {
  long long number = 0;
  // 1000 x major + 10 x minor, as CUDA packs it.
  if (!json::AsInteger(value, min, 99990, &number) || (number != 0 && number < 1000) ||
      number % 10 != 0) {
    return MustBe(complaint, path,
                  std::string("a CUDA version as 1000 x major + 10 x minor, e.g. 13000 for 13.0") +
                      (min == 0 ? ", or 0 for no driver" : ""),
                  value);
  }
  version = static_cast<int>(number);
  return true;
}

bool ReadCudnnVersion(const json::Value& value, const std::string& path, Draft& draft,
                      Complaint& complaint) {
  std::string text;
  if (!ReadVersion(value, path, 3, 3, "9.13.0", text, complaint)) return false;
  CudnnVersion version;
  std::sscanf(text.c_str(), "%d.%d.%d", &version.major, &version.minor, &version.patch);
  // cudnnGetVersion gives minor and patch two digits each (one more before 9).
  if (version.major < 1 || version.major > 99 || version.minor > (version.major < 9 ? 9 : 99) ||
      version.patch > 99) {
    return MustBe(complaint, path, "a version that cudnnGetVersion can express", value);
  }
  draft.scenario.cudnn_version = version;
  return true;
}

bool ReadVisibleDevices(const json::Value& value, const std::string& path, Draft& draft,
                        Complaint& complaint) {
  if (value.kind != json::Value::Kind::kString) {
    return MustBe(complaint, path, "text in the form of CUDA_VISIBLE_DEVICES, e.g. \"1,0\"",
                  value);
  }
  // "MIG-GPU-<uuid>/<gpu instance>/<compute instance>". How a driver would number the instances of a
  // scenario nobody can say, so nothing is guessed.
  if (value.text.find("MIG-GPU-") != std::string::npos) {
    return complaint.Say(path, "must name MIG instances by their own UUIDs (MIG-<uuid>); the form "
                               "MIG-GPU-<uuid>/<gi>/<ci> of drivers before R470 is not modelled");
  }
  draft.scenario.visible_devices = value.text;
  return true;
}

bool ReadClock(const json::Value& value, const std::string& path, Draft& draft,
               Complaint& complaint) {
  const bool is_text = value.kind == json::Value::Kind::kString;
  if (!is_text || (value.text != "real" && value.text != "virtual")) {
    return MustBe(complaint, path, "\"real\" or \"virtual\"", value);
  }
  draft.scenario.virtual_clock = value.text == "virtual";
  return true;
}

// What a preset says about the scenario replaces what stands there.
void Overlay(const json::Value& part, json::Value& scenario) {
  for (const json::Member& member : part.members) {
    auto& members = scenario.members;
    const auto same = std::find_if(members.begin(), members.end(), [&](const json::Member& each) {
      return each.name == member.name;
    });
    if (same != members.end()) {
      same->value = member.value;
    } else {
      members.push_back(member);
    }
  }
}

// Reads the uses of presets and lays their `scenario` parts over it.
bool ReadPresets(json::Value& scenario, std::vector<PresetUse>& uses, Complaint& complaint) {
  for (const json::Member& member : scenario.members) {
    if (member.name != "presets") continue;
    if (member.value.kind != json::Value::Kind::kArray) {
      return MustBe(complaint, "presets", "a list of presets", member.value);
    }
    for (size_t i = 0; i < member.value.items.size(); ++i) {
      if (!ReadPresetUse(member.value.items[i], Child("presets", i), uses.emplace_back(),
                         complaint)) {
        return false;
      }
    }
  }
  for (const PresetUse& use : uses) {
    const json::Value* part = PresetPart(*use.preset, "scenario");
    if (part != nullptr) Overlay(*part, scenario);
  }
  return true;
}

bool ReadAllDevices(Draft& draft, const std::vector<PresetUse>& uses, Complaint& complaint) {
  std::vector<DevicePatch> patches;
  for (const PresetUse& use : uses) {
    const json::Value* part = PresetPart(*use.preset, "device");
    if (part != nullptr) patches.push_back({use.device, part, use.path});
  }
  return ReadDevices(draft.devices, "devices", patches, draft.scenario.devices, complaint);
}

// A permutation of all NVML indexes.
bool ReadCudaOrder(const json::Value& value, const std::string& path, Scenario& scenario,
                   Complaint& complaint) {
  const size_t count = scenario.devices.size();
  const std::string allowed = "a list of all " + std::to_string(count) +
                              " NVML indexes, each once, in CUDA's order";
  if (value.kind != json::Value::Kind::kArray) return MustBe(complaint, path, allowed, value);
  std::vector<int> order;
  std::vector<bool> seen(count);
  for (size_t i = 0; i < value.items.size(); ++i) {
    long long index = 0;
    if (!json::AsInteger(value.items[i], 0, static_cast<long long>(count) - 1, &index) ||
        seen[static_cast<size_t>(index)]) {
      return complaint.Say(path, "must be " + allowed + "; received " +
                                     json::Describe(value.items[i]) + " at position " +
                                     std::to_string(i));
    }
    seen[static_cast<size_t>(index)] = true;
    order.push_back(static_cast<int>(index));
  }
  if (order.size() != count) {
    return complaint.Say(path, "must be " + allowed + "; received " +
                                   std::to_string(order.size()) + " of them");
  }
  scenario.cuda_order = std::move(order);
  return true;
}

bool ReadRules(const json::Value& value, const std::string& path, Scenario& scenario,
               Complaint& complaint) {
  if (value.kind != json::Value::Kind::kArray) {
    return MustBe(complaint, path, "a list of rules", value);
  }
  for (size_t i = 0; i < value.items.size(); ++i) {
    RuleSpec rule;
    if (!ReadRuleObject(value.items[i], Child(path, i), scenario, -1, rule, complaint)) {
      return false;
    }
    scenario.rules.push_back(std::move(rule));
  }
  return true;
}

bool ReadAllRules(Draft& draft, const std::vector<PresetUse>& uses, Complaint& complaint) {
  if (draft.rules != nullptr && !ReadRules(*draft.rules, "rules", draft.scenario, complaint)) {
    return false;
  }
  for (const PresetUse& use : uses) {
    if (!ReadPresetRules(use, draft.scenario, draft.scenario.rules, complaint)) return false;
  }
  return true;
}

bool ReadDraft(const json::Value& value, Draft& draft, Complaint& complaint) {
  using std::string;
  return ReadObject<Draft>(
      value, "", "a scenario",
      {
          {"devices",
           [](const json::Value& v, const string&, Draft& d, Complaint&) {
             d.devices = &v;
             return true;
           }},
          {"presets", [](const json::Value&, const string&, Draft&, Complaint&) { return true; }},
          {"driverVersion",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadVersion(v, p, 2, 3, "580.65.06", d.scenario.driver_version, c);
           }},
          {"nvmlVersion",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadText(v, p, kMaxVersionText, d.scenario.nvml_version, c);
           }},
          {"cudaDriverVersion",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadCudaVersion(v, p, 0, d.scenario.cuda_driver_version, c);
           }},
          {"cudaRuntimeVersion",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadCudaVersion(v, p, 1, d.scenario.cuda_runtime_version, c);
           }},
          {"cudnnVersion", ReadCudnnVersion},
          {"contextOverheadBytes",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadBytes(v, p, 0, d.scenario.context_overhead_bytes, c);
           }},
          {"clock", ReadClock},
          {"strict",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadBoolean(v, p, d.scenario.strict, c);
           }},
          {"callLog",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             long long calls = 0;
             if (!ReadWhole(v, p, 0, 1000000, "a number of calls from", calls, c)) return false;
             d.scenario.call_log = static_cast<size_t>(calls);
             return true;
           }},
          {"hostPids",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadBoolean(v, p, d.scenario.host_pids, c);
           }},
          {"visibleDevices", ReadVisibleDevices},
          {"cudaOrder",
           [](const json::Value& v, const string&, Draft& d, Complaint&) {
             d.cuda_order = &v;
             return true;
           }},
          {"rules",
           [](const json::Value& v, const string&, Draft& d, Complaint&) {
             d.rules = &v;
             return true;
           }},
      },
      draft, complaint);
}

Scenario Defaults() {
  Scenario scenario;
  scenario.driver_version = "580.65.06";
  scenario.cuda_driver_version = 13000;
  scenario.cuda_runtime_version = 13000;
  scenario.cudnn_version = {9, 13, 0};
  scenario.context_overhead_bytes = kDefaultContextOverhead;
  return scenario;
}

}  // namespace

bool ReadScenario(std::string_view text, Scenario* scenario, std::string* error) {
  json::Value value;
  if (!json::Parse(text, &value, error)) {
    *error = "the scenario is not valid JSON: " + *error;
    return false;
  }
  Draft draft;
  draft.scenario = Defaults();
  Complaint complaint;
  std::vector<PresetUse> uses;
  const bool fits =
      ReadPresets(value, uses, complaint) && ReadDraft(value, draft, complaint) &&
      ReadAllDevices(draft, uses, complaint) &&
      (draft.cuda_order == nullptr ||
       ReadCudaOrder(*draft.cuda_order, "cudaOrder", draft.scenario, complaint)) &&
      ReadAllRules(draft, uses, complaint);
  if (!fits) {
    *error = complaint.text;
    return false;
  }
  if (draft.scenario.nvml_version.empty()) {
    // As NVML tells it: CUDA's major version before the driver's.
    draft.scenario.nvml_version = std::to_string(draft.scenario.cuda_driver_version / 1000) + "." +
                                  draft.scenario.driver_version;
  }
  *scenario = std::move(draft.scenario);
  return true;
}

namespace {

bool ReadInjectionValue(const json::Value& value, const Scenario& scenario, Injection* injection,
                        Complaint& complaint) {
  const bool is_preset =
      std::any_of(value.members.begin(), value.members.end(),
                  [](const json::Member& member) { return member.name == "preset"; });
  if (!is_preset) {
    return ReadRuleObject(value, "rule", scenario, -1, injection->rules.emplace_back(), complaint);
  }
  PresetUse use;
  if (!ReadPresetUse(value, "rule", use, complaint)) return false;
  const json::Value* device = PresetPart(*use.preset, "device");
  const bool only_condition =
      device == nullptr || (device->members.size() == 1 && device->members[0].name == "condition");
  if (PresetPart(*use.preset, "scenario") != nullptr || !only_condition) {
    return complaint.Say("rule.preset", json::Quote(use.preset->name) +
                                            " changes what a machine is made of, so it can only "
                                            "be given in a scenario");
  }
  if (device != nullptr) injection->condition = &device->members[0].value;
  injection->device = use.device;
  return ReadPresetRules(use, scenario, injection->rules, complaint);
}

}  // namespace

bool ReadInjection(std::string_view text, const Scenario& scenario, Injection* injection,
                   std::string* error) {
  json::Value value;
  if (!json::Parse(text, &value, error)) {
    *error = "the rule is not valid JSON: " + *error;
    return false;
  }
  Complaint complaint;
  if (ReadInjectionValue(value, scenario, injection, complaint)) return true;
  *error = complaint.text;
  return false;
}

}  // namespace gpuex::mock
