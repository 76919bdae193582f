// The name of the call in an expression's source text, as the preprocessor hands it over. No parser
// of C++: what is not told by brackets and names is not guessed, since a wrong name misleads whoever
// reads it and a missing one does not.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

#include "codes.h"
#include "library_of.h"

namespace gpu_exceptions {
namespace detail GPU_EXCEPTIONS_HIDDEN_ {

constexpr bool IsIn(char character, std::string_view set) noexcept {
  return set.find(character) != std::string_view::npos;
}

// Letters beyond ASCII are names' as well.
constexpr bool IsOfName(char character) noexcept {
  const auto in = [character](char first, char last) {
    return character >= first && character <= last;
  };
  return in('a', 'z') || in('A', 'Z') || in('0', '9') || IsIn(character, "_$") ||
         static_cast<unsigned char>(character) >= 0x80;
}

constexpr bool EndsWith(std::string_view text, std::string_view end) noexcept {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

constexpr std::string_view WithoutBlanksBehind(std::string_view text) noexcept {
  while (!text.empty() && IsIn(text.back(), " \t\n")) text.remove_suffix(1);
  return text;
}

// With the namespaces before it, if any; `::` alone in front is no part of it. Empty for none.
constexpr std::string_view NameAtEnd(std::string_view text) noexcept {
  text = WithoutBlanksBehind(text);
  std::size_t start = text.size();
  for (;;) {
    if (start > 0 && IsOfName(text[start - 1])) {
      start -= 1;
    } else if (EndsWith(text.substr(0, start), "::")) {
      start -= 2;
    } else {
      break;
    }
  }
  std::string_view name = text.substr(start);
  if (name.substr(0, 2) == "::") name.remove_prefix(2);
  return name;
}

constexpr bool IsTypeName(std::string_view name) noexcept {
  for (const StatusType& each : kStatusTypes) {
    if (each.name == name) return true;
  }
  return EndsWith(name, "_t") || name == "int" || name == "unsigned";
}

// The index of the last character of the literal that begins at `start`; `start` where none does.
constexpr std::size_t EndOfLiteral(std::string_view text, std::size_t start) noexcept {
  const char quote = text[start];
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  const bool separates = quote == '\'' && start > 0 && start + 1 < text.size() &&
                         IsIn(text[start - 1], kDigits) && IsIn(text[start + 1], kDigits);
  if (!IsIn(quote, "\"'") || separates) return start;
  std::size_t end = start + 1;
  while (end < text.size() && text[end] != quote) end += text[end] == '\\' ? 2 : 1;
  return end;
}

struct Brackets {
  std::string_view before;  // without blanks at its end
  std::string_view inside;
  char kind = '\0';  // which opens them; none: there are none, or which of several is not known
};

// The last ones that stand in no others.
constexpr Brackets LastBrackets(std::string_view text) noexcept {
  Brackets last;
  std::size_t open = 0;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char character = text[i];
    if (IsIn(character, "([{") && ++depth == 1) open = i;
    if (depth == 0 && IsIn(character, ")]}?|")) return {};  // a choice between calls
    if (IsIn(character, ")]}") && --depth == 0) {
      last.before = WithoutBlanksBehind(text.substr(0, open));
      last.inside = text.substr(open + 1, i - open - 1);
      last.kind = text[open];
    }
    i = EndOfLiteral(text, i);
  }
  return depth == 0 ? last : Brackets{};
}

constexpr std::string_view WithoutTemplateArguments(std::string_view text) noexcept {
  int depth = 0;
  while (EndsWith(text, ">") || depth > 0) {
    if (text.empty()) return {};
    const char character = text.back();
    text.remove_suffix(1);
    if (character == '>' && !EndsWith(text, "-")) ++depth;
    if (character == '<' && --depth == 0) return WithoutBlanksBehind(text);
  }
  return text;
}

// What a lambda answers that has one `return`.
constexpr std::string_view Returned(std::string_view body) noexcept {
  constexpr std::string_view kReturn = "return ";
  const std::size_t at = body.find(kReturn);
  if (at == std::string_view::npos || at != body.rfind(kReturn)) return {};
  body.remove_prefix(at + kReturn.size());
  return body.substr(0, body.find(';'));
}

constexpr std::string_view CalledThing(std::string_view text) noexcept {
  return NameAtEnd(WithoutTemplateArguments(text));
}

// Whether parentheses that follow would be a call's.
constexpr bool IsCallable(std::string_view text) noexcept {
  return !CalledThing(text).empty() || (!text.empty() && IsIn(text.back(), ")]}"));
}

// The name of the call whose answer the expression is: the last one of a sequence, also in
// parentheses, casts and lambdas that are called at once. Empty where there is none, and where the
// text does not tell.
constexpr std::string_view CalledName(std::string_view text) noexcept {
  for (;;) {
    const Brackets call = LastBrackets(text);
    if (call.kind == '\0') return {};
    text = call.before;
    if (call.kind != '(') continue;
    if (EndsWith(text, "}")) {
      text = Returned(LastBrackets(text).inside);
      continue;
    }
    if (EndsWith(text, ")")) {
      const Brackets called = LastBrackets(text);
      if (IsCallable(called.before)) return {};  // what another call answered
      text = called.inside;
    }
    const std::string_view name = CalledThing(text);
    const bool is_cast = EndsWith(name, "_cast") || IsTypeName(name);
    if (!name.empty() && !is_cast) return name;
    if (!is_cast && IsCallable(call.before)) return {};  // and it has no name
    text = call.inside;
  }
}

// How long the name at the beginning of Status::call is.
inline std::size_t CallNameLength(const char* call) noexcept {
  return WithoutBlanksBehind({call, std::strcspn(call, "(<)")}).size();
}

}  // namespace detail
}  // namespace gpu_exceptions
