#include "mock/nvrtc/types.h"

#include <algorithm>
#include <array>

namespace gpuex::mock::nvrtc {
namespace {

using Kind = Token::Kind;

struct Vector {
  const char* name;
  size_t bytes;
};
constexpr Vector kVectors[] = {
    {"char", 1},  {"uchar", 1}, {"short", 2}, {"ushort", 2},   {"int", 4},       {"uint", 4},
    {"long", 8},  {"ulong", 8}, {"float", 4}, {"longlong", 8}, {"ulonglong", 8}, {"double", 8},
};

Type Simple(const char* builtin, size_t bytes) {
  Type type;
  type.builtin = builtin;
  type.bytes = bytes;
  type.alignment = std::max<size_t>(bytes, 1);
  return type;
}

// The words of an arithmetic type, however they are ordered.
class Arithmetic {
 public:
  bool Take(const Token& token) {
    if (token.kind != Kind::kIdentifier) return false;
    static constexpr std::array<const char*, 12> kWords = {
        "void", "bool",     "char",   "wchar_t", "short", "int",
        "long", "unsigned", "signed", "float",   "double", "char16_t"};
    const auto word = std::find(kWords.begin(), kWords.end(), token.text);
    if (word == kWords.end()) return false;
    ++counts_[static_cast<size_t>(word - kWords.begin())];
    ++words_;
    return true;
  }
  bool any() const { return words_ > 0; }

  Type Read() const {
    const bool is_unsigned = counts_[7] > 0;
    if (counts_[0] > 0) return Simple("v", 0);
    if (counts_[1] > 0) return Simple("b", 1);
    if (counts_[2] > 0) return Simple(is_unsigned ? "h" : counts_[8] > 0 ? "a" : "c", 1);
    if (counts_[3] > 0) return Simple("w", 4);
    if (counts_[11] > 0) return Simple("Ds", 2);
    if (counts_[9] > 0) return Simple("f", 4);
    if (counts_[10] > 0) return Simple("d", 8);
    if (counts_[4] > 0) return Simple(is_unsigned ? "t" : "s", 2);
    if (counts_[6] > 1) return Simple(is_unsigned ? "y" : "x", 8);
    if (counts_[6] > 0) return Simple(is_unsigned ? "m" : "l", 8);
    return Simple(is_unsigned ? "j" : "i", 4);
  }

 private:
  std::array<int, 12> counts_{};
  int words_ = 0;
};

void SkipAngles(const std::vector<Token>& tokens, size_t* at) {
  int depth = 0;
  for (; *at < tokens.size(); ++*at) {
    if (tokens[*at].Is("<")) ++depth;
    if (tokens[*at].Is(">") && --depth == 0) {
      ++*at;
      return;
    }
  }
}

}  // namespace

TypeNames::TypeNames() {
  for (const Vector& vector : kVectors) {
    for (size_t count = 1; count <= 4; ++count) {
      Type type;
      type.named = vector.name + std::to_string(count);
      type.bytes = count * vector.bytes;
      type.alignment = count == 3 ? vector.bytes : std::min<size_t>(type.bytes, 16);
      types_[type.named] = type;
    }
  }
  Type dim3;
  dim3.named = "dim3";
  dim3.bytes = 12;
  dim3.alignment = 4;
  types_["dim3"] = dim3;
  types_["size_t"] = Simple("m", 8);
  types_["ptrdiff_t"] = Simple("l", 8);
}

const Type* TypeNames::Find(const std::string& name, const std::string& scope) const {
  for (std::string within = scope;;) {
    const auto found = types_.find(within.empty() ? name : within + "::" + name);
    if (found != types_.end()) return &found->second;
    if (within.empty()) return nullptr;
    const size_t parent = within.rfind("::");
    within.erase(parent == std::string::npos ? 0 : parent);
  }
}

bool IsQualifier(const Token& token) {
  static constexpr std::array<const char*, 19> kWords = {
      "const",    "volatile",   "static",       "inline",          "extern",
      "mutable",  "constexpr",  "__restrict__", "__restrict",      "__grid_constant__",
      "register", "__inline__", "typename",     "__forceinline__", "__noinline__",
      "struct",   "class",      "enum",         "union"};
  return token.kind == Kind::kIdentifier &&
         std::find(kWords.begin(), kWords.end(), token.text) != kWords.end();
}

bool ReadType(const std::vector<Token>& tokens, size_t* at, const TypeNames& names,
              const std::string& scope, const std::vector<TemplateParameter>& parameters,
              Type* type) {
  Arithmetic arithmetic;
  bool is_const = false;
  bool is_volatile = false;
  bool named = false;
  *type = Type();
  for (; *at < tokens.size(); ++*at) {
    const Token& token = tokens[*at];
    if (IsQualifier(token)) {
      is_const = is_const || token.Is("const") || token.Is("constexpr");
      is_volatile = is_volatile || token.Is("volatile");
    } else if (!named && arithmetic.Take(token)) {
      continue;
    } else if (!named && !arithmetic.any() && (token.kind == Kind::kIdentifier || token.Is("::"))) {
      std::string name;
      size_t end = *at;
      if (tokens[end].Is("::")) ++end;
      while (end < tokens.size() && tokens[end].kind == Kind::kIdentifier) {
        name += tokens[end++].text;
        if (end + 1 >= tokens.size() || !tokens[end].Is("::")) break;
        name += "::";
        ++end;
      }
      const auto parameter =
          std::find_if(parameters.begin(), parameters.end(),
                       [&](const TemplateParameter& each) { return each.is_type && each.name == name; });
      if (parameter != parameters.end()) {
        type->parameter = static_cast<int>(parameter - parameters.begin());
      } else if (const Type* found = names.Find(name, scope)) {
        *type = *found;
      } else {
        return false;
      }
      named = true;
      *at = end - 1;
      if (end < tokens.size() && tokens[end].Is("<")) {
        SkipAngles(tokens, &end);
        *at = end - 1;
        type->bytes = 0;
        type->has_arguments = true;
      }
    } else {
      break;
    }
  }
  if (!named && !arithmetic.any()) return false;
  if (arithmetic.any()) *type = arithmetic.Read();
  if (is_const) {
    (type->layers.empty() ? type->is_const : type->layers.back().is_const) = true;
  }
  type->is_volatile = type->is_volatile || is_volatile;
  for (; *at < tokens.size(); ++*at) {
    const Token& token = tokens[*at];
    if (token.Is("*") || token.Is("&")) {
      type->layers.push_back({token.text[0]});
    } else if (token.Is("const") && !type->layers.empty()) {
      type->layers.back().is_const = true;
    } else if (!IsQualifier(token)) {
      break;
    }
  }
  if (!type->layers.empty()) type->bytes = type->alignment = sizeof(void*);
  return true;
}

}  // namespace gpuex::mock::nvrtc
