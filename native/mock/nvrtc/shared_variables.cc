#include "mock/nvrtc/shared_variables.h"

#include <cstdlib>

namespace gpuex::mock::nvrtc {
namespace {

// More than any device has, and little enough that no product of it overflows.
constexpr size_t kMostBytes = size_t{1} << 30;

// Behind the variable's name at `*at`, with its lengths; 0: they are not plain, or far too many.
size_t CountOf(const std::vector<Token>& tokens, size_t* at) {
  size_t count = 1;
  for (++*at; *at + 2 < tokens.size() && tokens[*at].Is("["); *at += 3) {
    const Token& length = tokens[*at + 1];
    if (length.kind != Token::Kind::kNumber || !tokens[*at + 2].Is("]")) return 0;
    const size_t number = std::strtoull(length.text.c_str(), nullptr, 0);
    if (number > kMostBytes) return 0;
    count *= number;
    if (count > kMostBytes) return 0;
  }
  return count;
}

}  // namespace

std::vector<SharedVariable> ReadSharedVariables(const std::vector<Token>& tokens, size_t begin,
                                                size_t end, const Scopes& scopes,
                                                const std::vector<TemplateParameter>& of_template) {
  std::vector<SharedVariable> variables;
  for (size_t i = begin; i + 1 < end; ++i) {
    if (!tokens[i].Is("__shared__") || tokens[i - 1].Is("extern") || tokens[i + 1].Is("extern")) {
      continue;
    }
    size_t at = i + 1;
    Type type;
    if (!ReadType(tokens, &at, scopes.types(), scopes.name(), of_template, &type)) continue;
    if (type.bytes == 0 || type.bytes > kMostBytes || type.has_arguments) continue;
    while (at < end && tokens[at].kind == Token::Kind::kIdentifier) {
      const size_t count = CountOf(tokens, &at);
      if (count != 0) variables.push_back({type.bytes * count, type.alignment});
      if (count == 0 || at >= end || !tokens[at].Is(",")) break;
      ++at;
    }
  }
  return variables;
}

}  // namespace gpuex::mock::nvrtc
