#include "mock/nvrtc/tokens.h"

#include <cctype>

namespace gpuex::mock::nvrtc {
namespace {

bool StartsWord(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool IsDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool InWord(char c) { return StartsWord(c) || IsDigit(c); }

class Cutter {
 public:
  explicit Cutter(const SourceFile& file) : file_(file) {}

  std::vector<Token> Cut() {
    for (line_ = 0; line_ < file_.lines.size(); ++line_) {
      at_ = 0;
      // A line that goes on belongs to the one before.
      first_ = line_ == 0 || file_.lines[line_ - 1].empty() || file_.lines[line_ - 1].back() != '\\';
      while (line_ < file_.lines.size() && at_ < Line().size()) Step();
    }
    return std::move(tokens_);
  }

 private:
  const std::string& Line() const { return file_.lines[line_]; }
  char Peek(size_t more = 0) const { return at_ + more < Line().size() ? Line()[at_ + more] : '\0'; }

  void Add(Token::Kind kind, std::string text, size_t column) {
    const Place place{&file_, static_cast<int>(line_) + 1, static_cast<int>(column)};
    tokens_.push_back({kind, std::move(text), place, first_});
    first_ = false;
  }

  void Step() {
    const size_t start = at_;
    const char c = Peek();
    if (std::isspace(static_cast<unsigned char>(c)) != 0 || (c == '\\' && at_ + 1 == Line().size())) {
      ++at_;
    } else if (c == '/' && Peek(1) == '/') {
      at_ = Line().size();
    } else if (c == '/' && Peek(1) == '*') {
      SkipComment();
    } else if (c == 'R' && Peek(1) == '"') {
      Raw();
    } else if (c == '"' || c == '\'') {
      Quoted(c);
    } else if (StartsWord(c)) {
      while (InWord(Peek())) ++at_;
      Add(Token::Kind::kIdentifier, Line().substr(start, at_ - start), start);
    } else if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
      Number(start);
    } else {
      Punctuation(start);
    }
  }

  void SkipComment() {
    const size_t line = line_;
    const size_t column = at_;
    size_t end = Line().find("*/", at_ + 2);
    while (end == std::string::npos && ++line_ < file_.lines.size()) end = Line().find("*/");
    if (end == std::string::npos) {
      line_ = line;
      Add(Token::Kind::kBad, "comment unclosed at end of file", column);
      line_ = file_.lines.size();
      return;
    }
    at_ = end + 2;
  }

  void Quoted(char quote) {
    const size_t start = at_++;
    while (at_ < Line().size() && Peek() != quote) at_ += Peek() == '\\' ? 2 : 1;
    if (at_ >= Line().size()) {
      at_ = Line().size();
      Add(Token::Kind::kBad, "missing closing quote", start);
      return;
    }
    ++at_;
    Add(Token::Kind::kText, Line().substr(start, at_ - start), start);
  }

  void Raw() {
    const size_t start = at_;
    const size_t open = Line().find('(', at_);
    const std::string close =
        ')' + Line().substr(at_ + 2, open == std::string::npos ? 0 : open - at_ - 2) + '"';
    Add(Token::Kind::kText, "R", start);
    size_t end = Line().find(close, at_);
    while (end == std::string::npos && ++line_ < file_.lines.size()) end = Line().find(close);
    at_ = end == std::string::npos ? 0 : end + close.size();
    if (end == std::string::npos) tokens_.back() = {Token::Kind::kBad, "missing closing quote", tokens_.back().place, false};
  }

  void Number(size_t start) {
    for (char c = Peek(); InWord(c) || c == '.' || c == '\''; c = Peek()) {
      ++at_;
      const bool exponent = c == 'e' || c == 'E' || c == 'p' || c == 'P';
      const bool hexadecimal = Line().compare(start, 2, "0x") == 0 && (c == 'e' || c == 'E');
      if (exponent && !hexadecimal && (Peek() == '+' || Peek() == '-')) ++at_;
    }
    Add(Token::Kind::kNumber, Line().substr(start, at_ - start), start);
  }

  void Punctuation(size_t start) {
    constexpr char kKnown[] = "{}()[]<>;:,.?+-*/%^&|~!=#";
    if (std::string_view(kKnown).find(Peek()) == std::string_view::npos) {
      ++at_;
      Add(Token::Kind::kBad, "unrecognized token", start);
      return;
    }
    size_t length = 1;
    if (Line().compare(at_, 2, "::") == 0 || Line().compare(at_, 2, "->") == 0) length = 2;
    if (Line().compare(at_, 3, "...") == 0) length = 3;
    at_ += length;
    Add(Token::Kind::kPunctuation, Line().substr(start, length), start);
  }

  const SourceFile& file_;
  size_t line_ = 0;
  size_t at_ = 0;
  bool first_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> Tokenize(const SourceFile& file) { return Cutter(file).Cut(); }

}  // namespace gpuex::mock::nvrtc
