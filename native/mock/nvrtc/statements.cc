#include "mock/nvrtc/statements.h"

#include <algorithm>
#include <array>
#include <string>

namespace gpuex::mock::nvrtc {
namespace {

using Kind = Token::Kind;

bool Among(const Token& token, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* word) { return token.Is(word); });
}

bool IsOperator(const Token& token) {
  return token.kind == Kind::kPunctuation &&
         (token.text.size() == 1
              ? std::string("=+-*/%^&|~!<>,(?.[").find(token.text[0]) != std::string::npos
              : token.text == "->");
}

// Words that begin a statement or a declaration and cannot stand within an expression.
bool BeginsStatement(const Token& token) {
  return Among(token, {"return", "if", "for", "while", "do", "switch", "break", "continue", "goto",
                       "int", "float", "double", "char", "bool", "short", "long", "void", "auto",
                       "unsigned", "signed", "const", "static", "__shared__", "case", "default"});
}

struct Open {
  char bracket;
  const Token* token;
  bool is_block;
};

class Walk {
 public:
  Walk(const std::vector<Token>& tokens, Braces outermost, Log& log)
      : tokens_(tokens), outermost_(outermost), log_(log) {}

  size_t Run(size_t at) {
    for (; at < tokens_.size(); ++at) {
      const Token& token = tokens_[at];
      if (Unfinished(at)) log_.Error(token.place, "expected a \";\"");
      if (RunsOn(at)) return Missing(at);
      if (Among(token, {"{", "(", "["})) {
        open_.push_back({token.text[0], &token, token.Is("{") && BeginsBlock(at)});
      } else if (Among(token, {"}", ")", "]"})) {
        if (!Close(at)) return tokens_.size();
        if (open_.empty()) return at + 1;
      } else if (token.Is(";") && !open_.empty() && open_.back().bracket != '{' && !InFor()) {
        return Missing(at);
      }
    }
    const Open& outermost = open_.front();
    log_.ErrorAtEnd("expected a \"}\"", &outermost.token->place);
    return tokens_.size();
  }

 private:
  const Token& Before(size_t at, size_t by = 1) const { return tokens_[at - by]; }

  bool BeginsBlock(size_t at) const {
    if (open_.empty()) return outermost_ == Braces::kStatements;
    const Token& before = Before(at);
    // Names before a brace are those of structs, or types that are initialised.
    return Among(before, {")", "{", "}", ";", "else", "do", ":", "try"});
  }

  bool InFor() const {
    const Open& inner = open_.back();
    if (inner.bracket != '(') return false;
    const auto at = static_cast<size_t>(inner.token - tokens_.data());
    return at > 0 && Before(at).Is("for");
  }

  // Whether a statement should have ended before this token.
  bool Unfinished(size_t at) const {
    if (open_.empty() || open_.back().bracket != '{') return false;
    const Token& token = tokens_[at];
    const Token& before = Before(at);
    const bool value = before.kind == Kind::kNumber || before.Is("]");
    if (token.Is("}") && open_.back().is_block) {
      if (value || before.kind == Kind::kText) return true;
      if (before.Is(")")) return !ClosesHead(at - 1);
      return before.kind == Kind::kIdentifier && !Among(before, {"else", "do"});
    }
    if (token.kind != Kind::kIdentifier) return false;
    const bool later_line = token.place.line > before.place.line;
    if (value) return before.kind == Kind::kNumber || later_line;
    // `x = y` and then a word: no declaration ends like that.
    const bool in_expression = before.kind == Kind::kIdentifier && IsOperator(Before(at, 2)) &&
                               !Before(at, 2).Is("*") && !Before(at, 2).Is("&") &&
                               !Before(at, 2).Is(">") && !BeginsStatement(before) &&
                               !before.Is("sizeof");
    if (in_expression) return later_line;
    return before.Is(")") && later_line && BeginsStatement(token) && !ClosesHead(at - 1);
  }

  // Whether two names meet within round brackets: `if (i < n y[i])`.
  bool RunsOn(size_t at) const {
    if (open_.empty() || open_.back().bracket != '(' || at < 2) return false;
    const Token& before = Before(at);
    return tokens_[at].kind == Kind::kIdentifier && before.kind == Kind::kIdentifier &&
           !BeginsStatement(before) && !before.Is("sizeof") && !before.is_macro &&
           Among(Before(at, 2), {"=", "+", "-", "/", "%", "^", "|", "<", "?"});
  }

  // Whether the `)` at `at` ends the head of an `if`, `for`, `while`, `switch` or of a lambda, or what
  // is given to a macro that may bring its own semicolon.
  bool ClosesHead(size_t at) const {
    int depth = 0;
    for (size_t i = at + 1; i-- > 0;) {
      if (tokens_[i].Is(")")) ++depth;
      if (!tokens_[i].Is("(") || --depth > 0) continue;
      return i > 0 && (tokens_[i - 1].is_macro || Among(tokens_[i - 1], {"if", "for", "while", "switch", "constexpr", "]"}));
    }
    return false;
  }

  bool Close(size_t at) {
    const Token& token = tokens_[at];
    const char wanted = token.text[0] == '}' ? '{' : token.text[0] == ')' ? '(' : '[';
    if (open_.back().bracket == wanted) {
      open_.pop_back();
      return true;
    }
    if (open_.back().bracket == '{') {
      // A closing bracket that nothing opened ends what should have been a statement.
      const bool after_value = !Among(Before(at), {";", "{", "}"});
      log_.Error(token.place, after_value ? "expected a \";\"" : "expected an expression");
      return false;
    }
    Missing(at);
    return false;
  }

  size_t Missing(size_t at) {
    const char closing = open_.back().bracket == '(' ? ')' : ']';
    log_.Error(tokens_[at].place, std::string("expected a \"") + closing + '"');
    return tokens_.size();
  }

  const std::vector<Token>& tokens_;
  const Braces outermost_;
  Log& log_;
  std::vector<Open> open_;
};

}  // namespace

size_t WalkBody(const std::vector<Token>& tokens, size_t at, Braces braces, Log& log) {
  return Walk(tokens, braces, log).Run(at);
}

}  // namespace gpuex::mock::nvrtc
