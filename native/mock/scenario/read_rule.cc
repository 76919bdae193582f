#include "mock/scenario/read_rule.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "mock/scenario/code_names.h"
#include "mock/scenario/nearest.h"

namespace gpuex::mock {
namespace {

constexpr long long kMaxXid = 9999;
constexpr Library kLibraries[] = {Library::kCudart, Library::kCuda, Library::kNvml,
                                  Library::kCudnn, Library::kCublas, Library::kNvrtc};

// A rule as it is written; what its words mean depends on one another.
struct Draft {
  std::string library;
  std::string call;
  RuleSpec rule;
  bool has_library = false;
  bool has_call = false;
  bool has_device = false;
  bool has_code = false;
  json::Value code;
};

std::string Shown(const std::string& text) {
  json::Value value;
  value.kind = json::Value::Kind::kString;
  value.text = text;
  return json::Describe(value);
}

bool ReadString(const json::Value& value, const std::string& path, std::string& result,
                Complaint& complaint) {
  if (value.kind != json::Value::Kind::kString) {
    return MustBe(complaint, path, "a string", value);
  }
  result = value.text;
  return true;
}

bool ReadCount(const json::Value& value, const std::string& path, long long min, uint64_t& result,
               Complaint& complaint) {
  long long count = 0;
  if (!ReadWhole(value, path, min, (1LL << 53) - 1, "a whole number from", count, complaint)) {
    return false;
  }
  result = static_cast<uint64_t>(count);
  return true;
}

bool ReadDevice(const json::Value& value, const std::string& path, Draft& draft,
                Complaint& complaint) {
  long long device = 0;
  draft.has_device = true;
  if (!ReadWhole(value, path, 0, static_cast<long long>(kMaxDevices) - 1, "a device number from",
                 device, complaint)) {
    return false;
  }
  draft.rule.device = static_cast<int>(device);
  return true;
}

bool ReadDelay(const json::Value& value, const std::string& path, Draft& draft,
               Complaint& complaint) {
  long long delay = 0;
  if (!ReadWhole(value, path, 0, 24LL * 60 * 60 * 1000, "whole milliseconds from", delay,
                 complaint)) {
    return false;
  }
  draft.rule.delay_ms = static_cast<uint32_t>(delay);
  return true;
}

bool ReadProbability(const json::Value& value, const std::string& path, Draft& draft,
                     Complaint& complaint) {
  if (value.kind != json::Value::Kind::kNumber || !(value.number > 0 && value.number <= 1)) {
    return MustBe(complaint, path, "a number above 0 and up to 1", value);
  }
  draft.rule.probability = value.number;
  return true;
}

bool ReadXid(const json::Value& value, const std::string& path, Draft& draft,
             Complaint& complaint) {
  long long xid = 0;
  if (!ReadWhole(value, path, 1, kMaxXid, "an Xid from", xid, complaint)) return false;
  draft.rule.xid = static_cast<unsigned>(xid);
  return true;
}

bool ReadDraft(const json::Value& value, const std::string& path, Draft& draft,
               Complaint& complaint) {
  using std::string;
  return ReadObject<Draft>(
      value, path, "a rule",
      {
          {"library",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             d.has_library = true;
             return ReadString(v, p, d.library, c);
           }},
          {"call",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             d.has_call = true;
             return ReadString(v, p, d.call, c);
           }},
          {"device", ReadDevice},
          {"afterCalls",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadCount(v, p, 0, d.rule.after_calls, c);
           }},
          {"times",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadCount(v, p, 1, d.rule.times, c);
           }},
          {"code",
           [](const json::Value& v, const string&, Draft& d, Complaint&) {
             d.has_code = true;
             d.code = v;
             return true;
           }},
          {"delayMs", ReadDelay},
          {"hang",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadBoolean(v, p, d.rule.hang, c);
           }},
          {"thread",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             long long thread = 0;
             if (!ReadWhole(v, p, 0, 65535, "a thread's number from", thread, c)) return false;
             d.rule.thread = static_cast<int>(thread);
             return true;
           }},
          {"probability", ReadProbability},
          {"seed",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadCount(v, p, 0, d.rule.seed, c);
           }},
          {"detail",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadText(v, p, 1000, d.rule.detail, c);
           }},
          {"sticky",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadBoolean(v, p, d.rule.sticky.emplace(), c);
           }},
          {"xid", ReadXid},
      },
      draft, complaint);
}

bool ResolveLibrary(const std::string& path, Draft& draft, Complaint& complaint) {
  std::vector<std::string_view> names;
  for (Library library : kLibraries) {
    if (draft.library == LibraryName(library)) {
      draft.rule.library = library;
      return true;
    }
    names.push_back(LibraryName(library));
  }
  return Unknown(complaint, Child(path, "library"),
                 "must be \"cudart\", \"cuda\", \"nvml\", \"cudnn\", \"cublas\" or \"nvrtc\"; "
                 "received " +
                     Shown(draft.library),
                 Nearest(draft.library, names));
}

// `*`: any characters; `?`: any one.
bool GlobMatches(std::string_view glob, std::string_view text) {
  size_t g = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t retry = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      retry = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

bool ResolveCall(const std::string& path, Draft& draft, Complaint& complaint) {
  const std::string here = Child(path, "call");
  std::vector<std::string_view> names;
  for (size_t i = 0; i < kFunctionCount; ++i) {
    const FunctionInfo& info = Info(i);
    if (info.library != draft.rule.library) {
      if (draft.call == info.name) {
        return complaint.Say(here, Shown(draft.call) + " is a function of " +
                                       LibraryName(info.library) + ", not of " + draft.library);
      }
      continue;
    }
    names.push_back(info.name);
    if (GlobMatches(draft.call, info.name)) {
      draft.rule.functions.push_back(static_cast<Function>(i));
    }
  }
  if (!draft.rule.functions.empty()) return true;
  std::string plain = draft.call;
  plain.erase(std::remove_if(plain.begin(), plain.end(),
                             [](char c) { return c == '*' || c == '?'; }),
              plain.end());
  return Unknown(complaint, here,
                 Shown(draft.call) + " matches no function of " + draft.library +
                     " that the stand-in has",
                 Nearest(plain, names));
}

bool ResolveDevice(const std::string& path, const Scenario& scenario, Draft& draft,
                   Complaint& complaint) {
  if (!draft.has_device && draft.rule.listed < 0) return true;
  const std::string here = Child(path, "device");
  if (draft.rule.device >= static_cast<int>(scenario.devices.size())) {
    return complaint.Say(here, std::to_string(draft.rule.device) +
                                   " names no device; the scenario has " +
                                   std::to_string(scenario.devices.size()));
  }
  auto& functions = draft.rule.functions;
  functions.erase(std::remove_if(functions.begin(), functions.end(),
                                 [](Function f) { return !Info(f).concerns_device; }),
                  functions.end());
  if (!functions.empty()) return true;
  return complaint.Say(here, "cannot be given: " + Shown(draft.call) +
                                 " concerns no single device, so the rule would never act");
}

bool ResolveCode(const std::string& path, const Scenario& scenario, Draft& draft,
                 Complaint& complaint) {
  if (!draft.has_code) return true;
  const std::string here = Child(path, "code");
  const int major = scenario.cudnn_version.major;
  const Library library = draft.rule.library;

  auto& functions = draft.rule.functions;
  functions.erase(std::remove_if(functions.begin(), functions.end(),
                                 [](Function f) { return !Info(f).answers_status; }),
                  functions.end());
  if (functions.empty()) {
    return complaint.Say(here, "cannot be given: " + Shown(draft.call) +
                                   " answers no status; only delayMs and hang act on it");
  }
  if (draft.code.kind == json::Value::Kind::kString) {
    const CodeEntry* entry = FindCodeByName(library, major, draft.code.text);
    if (entry == nullptr) {
      const std::string numbering =
          library == Library::kCudnn ? " " + std::to_string(major) : std::string();
      return Unknown(complaint, here,
                     json::Describe(draft.code) + " is no code of " + LibraryName(library) +
                         numbering,
                     Nearest(draft.code.text, FailureNames(library, major)));
    }
    draft.rule.code = entry->value;
  } else {
    long long number = 0;
    if (!json::AsInteger(draft.code, 0, std::numeric_limits<int>::max(), &number)) {
      return MustBe(complaint, here,
                    "a code's name or its number from 1 to " +
                        std::to_string(std::numeric_limits<int>::max()),
                    draft.code);
    }
    draft.rule.code = static_cast<int>(number);
  }
  if (*draft.rule.code == 0) {
    return complaint.Say(here,
                         "must not be success: a call that only pretends to have worked would "
                         "leave its outputs unset; received " +
                             json::Describe(draft.code));
  }
  return true;
}

}  // namespace

bool MatchesSomething(std::string_view library, std::string_view call) {
  for (size_t i = 0; i < kFunctionCount; ++i) {
    if (library == LibraryName(Info(i).library) && GlobMatches(call, Info(i).name)) return true;
  }
  return false;
}

bool ReadRuleObject(const json::Value& value, const std::string& path, const Scenario& scenario,
                    int listed, RuleSpec& rule, Complaint& complaint) {
  Draft draft;
  draft.rule.listed = listed;
  if (!ReadDraft(value, path, draft, complaint)) return false;
  if (!draft.has_library) return complaint.Say(Child(path, "library"), "is missing");
  if (!draft.has_call) return complaint.Say(Child(path, "call"), "is missing");
  if (!ResolveLibrary(path, draft, complaint) || !ResolveCall(path, draft, complaint)) return false;
  if (!ResolveDevice(path, scenario, draft, complaint)) return false;
  if (!ResolveCode(path, scenario, draft, complaint)) return false;
  if (!draft.rule.code && draft.rule.delay_ms == 0 && !draft.rule.hang && draft.rule.xid == 0) {
    return complaint.Say(path, "does nothing: it needs a code, a delayMs, an xid or hang: true");
  }
  rule = std::move(draft.rule);
  return true;
}

}  // namespace gpuex::mock
