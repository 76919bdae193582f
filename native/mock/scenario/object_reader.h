// Reads a JSON object by a table of its keys. Every message names the path ("rules[0].call"), what
// was given, what is allowed and, for words, the nearest one that is.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "mock/scenario/json.h"

namespace gpuex::mock {

// Where the first mistake is kept.
struct Complaint {
  std::string text;

  // Always false, so that readers can return it.
  bool Say(const std::string& path, const std::string& what) {
    text = path.empty() ? what : path + " " + what;
    return false;
  }
};

inline bool MustBe(Complaint& complaint, const std::string& path, const std::string& allowed,
                   const json::Value& given) {
  return complaint.Say(path, "must be " + allowed + "; received " + json::Describe(given));
}

inline bool Unknown(Complaint& complaint, const std::string& path, const std::string& what,
                    std::string_view nearest) {
  return complaint.Say(path, what + "; the nearest is " + json::Quote(nearest));
}

inline std::string Child(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}
inline std::string Child(const std::string& path, size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

template <class Target>
struct Key {
  const char* name;
  bool (*read)(const json::Value& value, const std::string& path, Target& target,
               Complaint& complaint);
};

// The key's place in `names`, else -1 with the complaint about it.
int FindKey(const std::vector<std::string_view>& names, const json::Member& member,
            const std::string& path, const char* kind, Complaint& complaint);

// `kind`: what the object is, in a message ("a device").
template <class Target>
bool ReadObject(const json::Value& value, const std::string& path, const char* kind,
                std::initializer_list<Key<Target>> keys, Target& target, Complaint& complaint) {
  if (value.kind != json::Value::Kind::kObject) {
    return MustBe(complaint, path.empty() ? "the scenario" : path, "an object", value);
  }
  std::vector<std::string_view> names;
  for (const Key<Target>& key : keys) names.push_back(key.name);
  for (const json::Member& member : value.members) {
    const int at = FindKey(names, member, path, kind, complaint);
    if (at < 0) return false;
    const Key<Target>& key = keys.begin()[at];
    if (!key.read(member.value, Child(path, key.name), target, complaint)) return false;
  }
  return true;
}

bool ReadBytes(const json::Value& value, const std::string& path, uint64_t min, uint64_t& result,
               Complaint& complaint);
bool ReadWhole(const json::Value& value, const std::string& path, long long min, long long max,
               const char* what, long long& result, Complaint& complaint);
bool ReadBoolean(const json::Value& value, const std::string& path, bool& result,
                 Complaint& complaint);
// Printable text of 1 to `max_bytes` bytes, without NUL.
bool ReadText(const json::Value& value, const std::string& path, size_t max_bytes,
              std::string& result, Complaint& complaint);
// Numbers joined by dots, `min_parts` to `max_parts` of them, e.g. "580.65.06".
bool ReadVersion(const json::Value& value, const std::string& path, int min_parts, int max_parts,
                 const char* example, std::string& result, Complaint& complaint);

}  // namespace gpuex::mock
