#include "mock/scenario/json.h"

#include <cmath>
#include <locale>
#include <sstream>
#include <unordered_set>
#include <utility>

#include "mock/scenario/utf8.h"

namespace gpuex::mock::json {
namespace {

// Of a value or a key in a message.
constexpr size_t kLongestShown = 60;

std::string Shorten(std::string_view text) {
  if (text.size() <= kLongestShown) return Quote(text);
  return Quote(utf8::Cut(text, kLongestShown)) + "…";
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  bool Document(Value* value) {
    SkipSpace();
    if (!ReadValue(value, 0)) return false;
    SkipSpace();
    return AtEnd() || Fail("nothing may follow the value");
  }

  std::string error() const {
    size_t line = 1;
    size_t column = 1;
    for (size_t i = 0; i < at_ && i < text_.size(); ++i) {
      if (text_[i] == '\n') {
        ++line;
        column = 1;
      } else if ((static_cast<unsigned char>(text_[i]) & 0xC0) != 0x80) {
        ++column;
      }
    }
    return "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + reason_;
  }

 private:
  bool AtEnd() const { return at_ >= text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[at_]; }
  bool Fail(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }
  void SkipSpace() {
    while (!AtEnd() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' ||
                        text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool ReadValue(Value* value, int depth) {
    if (depth > kMaxDepth) return Fail("nested deeper than " + std::to_string(kMaxDepth));
    if (AtEnd()) return Fail("the text ends where a value is due");
    switch (Peek()) {
      case '{':
        return ReadObject(value, depth);
      case '[':
        return ReadArray(value, depth);
      case '"':
        value->kind = Value::Kind::kString;
        return ReadString(&value->text);
      case 't':
        value->boolean = true;
        return ReadWord("true", Value::Kind::kBoolean, value);
      case 'f':
        return ReadWord("false", Value::Kind::kBoolean, value);
      case 'n':
        return ReadWord("null", Value::Kind::kNull, value);
      default:
        return ReadNumber(value);
    }
  }

  bool ReadWord(std::string_view word, Value::Kind kind, Value* value) {
    if (text_.substr(at_, word.size()) != word) return Fail("a value is due here");
    at_ += word.size();
    value->kind = kind;
    return true;
  }

  bool ReadNumber(Value* value) {
    const size_t start = at_;
    Take('-');
    if (!IsDigit(Peek())) {
      at_ = start;
      return Fail("a value is due here");
    }
    if (!Take('0')) SkipDigits();
    if (IsDigit(Peek())) return Fail("a number must not begin with 0");
    if (Take('.')) {
      if (!IsDigit(Peek())) return Fail("a digit is due here");
      SkipDigits();
    }
    if (Peek() == 'e' || Peek() == 'E') {
      ++at_;
      if (!Take('+')) Take('-');
      if (!IsDigit(Peek())) return Fail("a digit is due here");
      SkipDigits();
    }
    value->kind = Value::Kind::kNumber;
    value->text = std::string(text_.substr(start, at_ - start));
    // Not strtod: the host program may have set a locale with another decimal point.
    std::istringstream stream(value->text);
    stream.imbue(std::locale::classic());
    stream >> value->number;
    if (stream.fail() || !std::isfinite(value->number)) {
      at_ = start;
      return Fail("the number " + value->text + " is out of range");
    }
    return true;
  }

  void SkipDigits() {
    while (IsDigit(Peek())) ++at_;
  }

  bool ReadString(std::string* result) {
    Take('"');
    for (;;) {
      if (AtEnd()) return Fail("the text ends inside a string");
      const unsigned char c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\\') {
        if (!ReadEscape(result)) return false;
      } else if (c < 0x20) {
        return Fail("a control character must be escaped in a string");
      } else {
        const size_t length = utf8::SequenceLength(text_.substr(at_));
        if (length == 0) return Fail("the bytes here are not UTF-8");
        result->append(text_.substr(at_, length));
        at_ += length;
      }
    }
  }

  bool ReadEscape(std::string* result) {
    ++at_;
    const char c = Peek();
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    const size_t letter = AtEnd() ? std::string_view::npos : kLetters.find(c);
    if (letter != std::string_view::npos) {
      ++at_;
      *result += kMeant[letter];
      return true;
    }
    if (c != 'u') return Fail("unknown escape in a string");
    const size_t start = at_ - 1;
    ++at_;
    unsigned unit = 0;
    if (!ReadHex4(&unit)) return false;
    if (unit >= 0xD800 && unit < 0xE000) {
      unsigned low = 0;
      const bool paired = unit < 0xDC00 && Take('\\') && Take('u') && ReadHex4(&low) &&
                          low >= 0xDC00 && low < 0xE000;
      if (!paired) {
        at_ = start;
        return Fail("a lone surrogate is no character");
      }
      unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
    utf8::Append(unit, result);
    return true;
  }

  bool ReadHex4(unsigned* unit) {
    *unit = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = Peek();
      unsigned digit = 0;
      if (IsDigit(c)) {
        digit = static_cast<unsigned>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        digit = static_cast<unsigned>(c - 'a' + 10);
      } else if (c >= 'A' && c <= 'F') {
        digit = static_cast<unsigned>(c - 'A' + 10);
      } else {
        return Fail("four hexadecimal digits are due here");
      }
      *unit = *unit * 16 + digit;
      ++at_;
    }
    return true;
  }

  bool ReadArray(Value* value, int depth) {
    value->kind = Value::Kind::kArray;
    Take('[');
    SkipSpace();
    if (Take(']')) return true;
    for (;;) {
      value->items.emplace_back();
      if (!ReadValue(&value->items.back(), depth + 1)) return false;
      SkipSpace();
      if (Take(']')) return true;
      if (!Take(',')) return Fail("',' or ']' is due here");
      SkipSpace();
    }
  }

  bool ReadObject(Value* value, int depth) {
    value->kind = Value::Kind::kObject;
    Take('{');
    SkipSpace();
    if (Take('}')) return true;
    std::unordered_set<std::string> names;
    for (;;) {
      if (Peek() != '"') return Fail("a key in double quotes is due here");
      const size_t start = at_;
      Member member;
      if (!ReadString(&member.name)) return false;
      if (!names.insert(member.name).second) {
        at_ = start;
        return Fail("the key " + Shorten(member.name) + " stands here twice");
      }
      SkipSpace();
      if (!Take(':')) return Fail("':' is due here");
      SkipSpace();
      if (!ReadValue(&member.value, depth + 1)) return false;
      value->members.push_back(std::move(member));
      SkipSpace();
      if (Take('}')) return true;
      if (!Take(',')) return Fail("',' or '}' is due here");
      SkipSpace();
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string reason_;
};

}  // namespace

bool Parse(std::string_view text, Value* value, std::string* error) {
  Parser parser(text);
  *value = Value{};
  if (parser.Document(value)) return true;
  *error = parser.error();
  return false;
}

bool AsInteger(const Value& value, long long min, long long max, long long* result) {
  constexpr double kLimit = 9007199254740992.0;  // 2^53: from here on doubles skip integers
  if (value.kind != Value::Kind::kNumber) return false;
  const double number = value.number;
  if (!(number > -kLimit && number < kLimit) || std::floor(number) != number) return false;
  const long long integer = static_cast<long long>(number);
  if (integer < min || integer > max) return false;
  *result = integer;
  return true;
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20) {
      static constexpr char kHex[] = "0123456789abcdef";
      quoted += "\\u00";
      quoted += kHex[byte >> 4];
      quoted += kHex[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string Describe(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNull:
      return "null";
    case Value::Kind::kBoolean:
      return value.boolean ? "true" : "false";
    case Value::Kind::kNumber:
      return value.text.substr(0, kLongestShown);
    case Value::Kind::kString:
      return Shorten(value.text);
    case Value::Kind::kArray:
      return "an array";
    case Value::Kind::kObject:
      return "an object";
  }
  return "";
}

std::string Text(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNull:
      return "null";
    case Value::Kind::kBoolean:
      return value.boolean ? "true" : "false";
    case Value::Kind::kNumber:
      return value.text;
    case Value::Kind::kString:
      return Quote(value.text);
    case Value::Kind::kArray: {
      std::string text = "[";
      for (const Value& item : value.items) text += (text.size() > 1 ? "," : "") + Text(item);
      return text + "]";
    }
    case Value::Kind::kObject: {
      std::string text = "{";
      for (const Member& member : value.members) {
        text += (text.size() > 1 ? "," : "") + Quote(member.name) + ":" + Text(member.value);
      }
      return text + "}";
    }
  }
  return "null";
}

}  // namespace gpuex::mock::json
