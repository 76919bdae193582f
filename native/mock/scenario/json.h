// A small strict JSON reader (RFC 8259). It refuses what others let pass because a mistyped
// scenario must not run as another one: duplicate keys, bad UTF-8, lone surrogates, trailing text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gpuex::mock::json {

inline constexpr int kMaxDepth = 64;

struct Member;

struct Value {
  enum class Kind { kNull, kBoolean, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  bool boolean = false;
  double number = 0;
  std::string text;  // a string's characters; a number as it was written
  std::vector<Value> items;
  std::vector<Member> members;
};

struct Member {
  std::string name;
  Value value;
};

// False with "line 1, column 2: …" in `error`.
bool Parse(std::string_view text, Value* value, std::string* error);

// A whole number within JavaScript's safe integers (below 2^53), and within the bounds.
bool AsInteger(const Value& value, long long min, long long max, long long* result);

// As a JSON string, quotes included.
std::string Quote(std::string_view text);

// As JSON text again; a number as it was written.
std::string Text(const Value& value);

// A value for a message: short, with its kind where that is not plain.
std::string Describe(const Value& value);

}  // namespace gpuex::mock::json
