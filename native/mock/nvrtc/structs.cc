#include "mock/nvrtc/structs.h"

#include <algorithm>
#include <cstdlib>

#include "mock/nvrtc/statements.h"

namespace gpuex::mock::nvrtc {
namespace {

using Kind = Token::Kind;

// Of plain data: `type name, name[N];`. Anything else leaves the size unknown.
void Layout(const std::vector<Token>& tokens, size_t at, const Scopes& scopes, bool is_union,
            Type* type) {
  size_t offset = 0;
  size_t largest = 0;
  size_t alignment = 1;
  while (at < tokens.size() && !tokens[at].Is("}")) {
    Type field;
    const bool read = ReadType(tokens, &at, scopes.types(), scopes.name(), {}, &field);
    if (!read || field.bytes == 0) return;
    while (at < tokens.size() && !tokens[at].Is(";")) {
      size_t count = 1;
      if (tokens[at].kind != Kind::kIdentifier) return;
      for (++at; at + 2 < tokens.size() && tokens[at].Is("["); at += 3) {
        count *= std::strtoull(tokens[at + 1].text.c_str(), nullptr, 0);
        if (tokens[at + 1].kind != Kind::kNumber || !tokens[at + 2].Is("]") || count > 4096) return;
      }
      offset = (offset + field.alignment - 1) / field.alignment * field.alignment;
      if (is_union) offset = 0;
      offset += field.bytes * count;
      largest = std::max(largest, offset);
      alignment = std::max(alignment, field.alignment);
      if (at < tokens.size() && tokens[at].Is(",")) ++at;
    }
    ++at;
  }
  type->bytes = std::max<size_t>((largest + alignment - 1) / alignment * alignment, 1);
  type->alignment = alignment;
}

}  // namespace

bool ReadStruct(Cursor& cursor, Scopes& scopes, bool is_template, bool is_alias) {
  const std::vector<Token>& tokens = cursor.tokens();
  size_t& at = cursor.at();
  const bool is_enum = cursor.At("enum");
  const bool is_union = cursor.At("union");
  size_t end = at + 1;
  const auto is = [&](const char* text) { return end < tokens.size() && tokens[end].Is(text); };
  if (is("class") || is("struct")) ++end;
  while (is("__align__") || is("alignas")) {
    at = end + 1;
    if (!cursor.At("(") || !cursor.SkipBrackets("(", ")")) return true;
    end = at;
  }
  std::string name;
  if (end < tokens.size() && tokens[end].kind == Kind::kIdentifier) name = tokens[end++].text;
  if (is(";")) {
    Type type;
    type.named = name;
    if (!scopes.Has(name)) scopes.Add(name, type);
    at = end + 1;
    return true;
  }
  while (end < tokens.size() && !is("{") && !is(";") && !is("(") && (is(":") || end > at + 2)) {
    ++end;  // what it is derived from
  }
  if (!is("{")) return false;
  at = end;
  Type type;
  type.named = scopes.Qualified(name);
  const bool derived = !tokens[end - 1].Is(name.c_str());
  if (is_enum) {
    type.bytes = type.alignment = 4;
  } else if (!derived && !is_template) {
    Layout(tokens, at + 1, scopes, is_union, &type);
  }
  scopes.Add(name, type);
  at = WalkBody(tokens, at, is_enum ? Braces::kList : Braces::kStatements, cursor.log());
  if (cursor.ended() && cursor.log().failed()) {
    cursor.Stop();
    return true;
  }
  if (is_alias && cursor.AtIdentifier()) scopes.Add(cursor.token().text, type);
  cursor.SkipToSemicolon();
  return true;
}

}  // namespace gpuex::mock::nvrtc
