#include "mock/scenario/object_reader.h"

#include "mock/scenario/nearest.h"

namespace gpuex::mock {
namespace {

constexpr long long kMaxSafeInteger = 9007199254740991;

}  // namespace

int FindKey(const std::vector<std::string_view>& names, const json::Member& member,
            const std::string& path, const char* kind, Complaint& complaint) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == member.name) return static_cast<int>(i);
  }
  // The key as it was written, unless it would make the message unreadable.
  json::Value name;
  name.kind = json::Value::Kind::kString;
  name.text = member.name;
  const std::string quoted = json::Describe(name);
  const bool plain = quoted.size() == member.name.size() + 2;
  Unknown(complaint, Child(path, plain ? member.name : quoted),
          std::string("is no key of ") + kind, Nearest(member.name, names));
  return -1;
}

bool ReadBytes(const json::Value& value, const std::string& path, uint64_t min, uint64_t& result,
               Complaint& complaint) {
  long long bytes = 0;
  const std::string what = "a whole number of bytes from";
  if (!ReadWhole(value, path, static_cast<long long>(min), kMaxSafeInteger, what.c_str(), bytes,
                 complaint)) {
    return false;
  }
  result = static_cast<uint64_t>(bytes);
  return true;
}

bool ReadWhole(const json::Value& value, const std::string& path, long long min, long long max,
               const char* what, long long& result, Complaint& complaint) {
  if (json::AsInteger(value, min, max, &result)) return true;
  return MustBe(complaint, path,
                std::string(what) + " " + std::to_string(min) + " to " + std::to_string(max),
                value);
}

bool ReadBoolean(const json::Value& value, const std::string& path, bool& result,
                 Complaint& complaint) {
  if (value.kind != json::Value::Kind::kBoolean) {
    return MustBe(complaint, path, "true or false", value);
  }
  result = value.boolean;
  return true;
}

bool ReadText(const json::Value& value, const std::string& path, size_t max_bytes,
              std::string& result, Complaint& complaint) {
  bool fits = value.kind == json::Value::Kind::kString && !value.text.empty() &&
              value.text.size() <= max_bytes;
  for (size_t i = 0; fits && i < value.text.size(); ++i) {
    fits = static_cast<unsigned char>(value.text[i]) >= 0x20;
  }
  if (!fits) {
    return MustBe(complaint, path,
                  "printable text of 1 to " + std::to_string(max_bytes) + " bytes", value);
  }
  result = value.text;
  return true;
}

bool ReadVersion(const json::Value& value, const std::string& path, int min_parts, int max_parts,
                 const char* example, std::string& result, Complaint& complaint) {
  const std::string& text = value.text;
  bool fits = value.kind == json::Value::Kind::kString && text.size() <= 40;
  int parts = 1;
  size_t digits = 0;
  for (size_t i = 0; fits && i < text.size(); ++i) {
    if (text[i] == '.' && digits > 0) {
      ++parts;
      digits = 0;
    } else if (text[i] >= '0' && text[i] <= '9' && digits < 6) {
      ++digits;
    } else {
      fits = false;
    }
  }
  if (!fits || digits == 0 || parts < min_parts || parts > max_parts) {
    return MustBe(complaint, path, "a version such as " + json::Quote(example), value);
  }
  result = text;
  return true;
}

}  // namespace gpuex::mock
