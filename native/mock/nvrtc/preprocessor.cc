#include "mock/nvrtc/preprocessor.h"

#include <algorithm>
#include <cstdlib>

#include "mock/read_file.h"

namespace gpuex::mock::nvrtc {
namespace {

using Kind = Token::Kind;

constexpr int kDeepest = 200;
constexpr size_t kMostTokens = 4'000'000;

// As the hardware counts: past the end it begins anew.
long long Times(long long a, long long b) {
  return static_cast<long long>(static_cast<unsigned long long>(a) * static_cast<unsigned long long>(b));
}
long long Plus(long long a, long long b) {
  return static_cast<long long>(static_cast<unsigned long long>(a) + static_cast<unsigned long long>(b));
}

// The place behind a word, where NVRTC points for what is missing.
Place Behind(const Token& token) {
  Place place = token.place;
  place.column += static_cast<int>(token.text.size());
  return place;
}

// The condition of an #if: integers, `defined`, comparison, `&&`, `||`, `!`, sums. A name that is
// left is 0, as everywhere.
class Condition {
 public:
  Condition(const std::vector<Token>& words, const std::map<std::string, std::vector<Token>>& macros)
      : words_(words), macros_(macros) {}

  bool Holds() { return Either() != 0; }

 private:
  bool Take(const char* text) {
    if (at_ >= words_.size() || !words_[at_].Is(text)) return false;
    ++at_;
    return true;
  }
  bool TakeTwo(const char* text) {
    const std::string first(1, text[0]);
    const std::string second(1, text[1]);
    if (at_ + 1 >= words_.size() || !words_[at_].Is(first.c_str()) ||
        !words_[at_ + 1].Is(second.c_str())) {
      return false;
    }
    at_ += 2;
    return true;
  }
  long long Either() {
    long long left = Both();
    while (TakeTwo("||")) left = static_cast<long long>(Both() != 0) | static_cast<long long>(left != 0);
    return left;
  }
  long long Both() {
    long long left = Compared();
    while (TakeTwo("&&")) left = static_cast<long long>(Compared() != 0) & static_cast<long long>(left != 0);
    return left;
  }
  long long Compared() {
    const long long left = Sum();
    if (TakeTwo("==")) return left == Sum();
    if (TakeTwo("!=")) return left != Sum();
    if (TakeTwo("<=")) return left <= Sum();
    if (TakeTwo(">=")) return left >= Sum();
    if (Take("<")) return left < Sum();
    if (Take(">")) return left > Sum();
    return left;
  }
  long long Sum() {
    long long left = Product();
    while (true) {
      if (Take("+")) {
        left = Plus(left, Product());
      } else if (Take("-")) {
        left = Plus(left, Times(-1, Product()));
      } else {
        return left;
      }
    }
  }
  long long Product() {
    long long left = One();
    while (true) {
      const bool times = Take("*");
      if (!times && !Take("/")) return left;
      const long long right = One();
      if (times) {
        left = Times(left, right);
      } else {
        left = right == 0 || right == -1 ? Times(left, right) : left / right;
      }
    }
  }
  long long One() {
    if (++depth_ > kDeepest || at_ >= words_.size()) return 0;
    if (Take("!")) return One() == 0;
    if (Take("-")) return Times(-1, One());
    if (Take("(")) {
      const long long inner = Either();
      Take(")");
      return inner;
    }
    const Token& word = words_[at_++];
    if (word.Is("defined")) {
      const bool bracket = Take("(");
      const bool known = at_ < words_.size() && macros_.count(words_[at_].text) > 0;
      ++at_;
      if (bracket) Take(")");
      return known;
    }
    if (word.kind == Kind::kNumber) return std::strtoll(word.text.c_str(), nullptr, 0);
    const auto macro = macros_.find(word.text);
    if (macro == macros_.end() || macro->second.empty()) return 0;
    Condition inner(macro->second, macros_);
    inner.depth_ = depth_;
    return inner.Either();
  }

  const std::vector<Token>& words_;
  const std::map<std::string, std::vector<Token>>& macros_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Preprocessor::Preprocessor(const std::map<std::string, std::string>& headers,
                           const std::vector<std::string>& folders,
                           const std::map<std::string, std::string>& macros, Log& log)
    : headers_(headers), folders_(folders), log_(log) {
  for (const auto& [name, value] : macros) {
    files_.push_back(MakeSource("", value));
    macros_[name] = Tokenize(files_.back());
  }
}

std::vector<Token> Preprocessor::Run(const SourceFile& file) {
  Read(file, 0);
  for (const Branch& open : conditions_) {
    log_.Error(open.place, "the #endif for this directive is missing");
  }
  return std::move(read_);
}

void Preprocessor::Read(const SourceFile& file, int depth) {
  const std::vector<Token> tokens = Tokenize(file);
  for (size_t at = 0; at < tokens.size() && !log_.terminated();) {
    if (tokens[at].first_on_line && tokens[at].Is("#")) {
      Line line{tokens[at]};
      for (++at; at < tokens.size() && !tokens[at].first_on_line; ++at) line.push_back(tokens[at]);
      Directive(line, depth);
      continue;
    }
    const Token& token = tokens[at++];
    if (!Active()) continue;
    if (token.kind == Kind::kBad) {
      log_.Error(token.place, token.text);
      // An open quote or comment has swallowed what follows.
      if (token.text != "unrecognized token") continue;
    }
    std::set<std::string> expanding;
    Append(token, &expanding);
  }
}

void Preprocessor::Append(const Token& token, std::set<std::string>* expanding) {
  const auto macro = token.kind == Kind::kIdentifier ? macros_.find(token.text) : macros_.end();
  if (read_.size() >= kMostTokens) {
    log_.Catastrophe(token.place, "out of memory");
    return;
  }
  const bool is_macro = macro != macros_.end() && function_like_.count(token.text) > 0;
  if (macro == macros_.end() || is_macro || expanding->size() >= kDeepest ||
      !expanding->insert(token.text).second) {
    read_.push_back(token);
    read_.back().is_macro = is_macro;
    return;
  }
  for (Token inner : macro->second) {
    if (log_.terminated()) break;
    inner.place = token.place;
    inner.first_on_line = false;
    Append(inner, expanding);
  }
  expanding->erase(token.text);
}

void Preprocessor::Directive(const Line& line, int depth) {
  if (line.size() == 1) return;
  const std::string& word = line[1].text;
  for (const char* each : {"if", "ifdef", "ifndef", "elif", "else", "endif"}) {
    if (word == each) return Conditional(word, line);
  }
  if (!Active()) return;
  const std::string& text = line[0].place.file->lines[static_cast<size_t>(line[0].place.line) - 1];
  const auto rest = [&] {
    const size_t start = text.find_first_not_of(" \t", static_cast<size_t>(Behind(line[1]).column));
    return start == std::string::npos ? std::string() : text.substr(start);
  };
  if (word == "define") {
    Define(line);
  } else if (word == "undef") {
    if (line.size() > 2) macros_.erase(line[2].text);
  } else if (word == "include") {
    Include(line, depth);
  } else if (word == "error") {
    log_.Catastrophe(line[1].place, "#error directive: " + rest());
  } else if (word == "warning") {
    log_.Warning(line[1].place, 1105, "#warning directive: " + rest());
  } else if (word == "pragma") {
    if (line.size() > 2 && line[2].Is("once")) once_.insert(line[0].place.file->name);
  } else if (word != "line") {
    log_.Error(line[1].place, "unrecognized preprocessing directive");
  }
}

void Preprocessor::Conditional(const std::string& word, const Line& line) {
  if (word == "if" || word == "ifdef" || word == "ifndef") {
    const bool outer = Active();
    bool holds = false;
    if (word != "if" && line.size() < 3) {
      log_.Error(Behind(line[1]), "expected an identifier");
    } else if (outer && word == "if") {
      holds = Evaluate(line, 2);
    } else if (outer) {
      holds = (macros_.count(line[2].text) > 0) == (word == "ifdef");
    }
    conditions_.push_back({line[1].place, holds, holds, outer});
    return;
  }
  if (conditions_.empty()) {
    log_.Error(line[1].place, "the #if for this directive is missing");
    return;
  }
  if (word == "endif") {
    conditions_.pop_back();
    return;
  }
  auto& open = conditions_.back();
  open.holds = open.outer && !open.held && (word == "else" || Evaluate(line, 2));
  open.held = open.held || open.holds;
}

bool Preprocessor::Evaluate(const Line& line, size_t from) {
  const Line words(line.begin() + static_cast<std::ptrdiff_t>(std::min(from, line.size())), line.end());
  return Condition(words, macros_).Holds();
}

void Preprocessor::Define(const Line& line) {
  if (line.size() < 3 || line[2].kind != Kind::kIdentifier) {
    log_.Error(line.size() < 3 ? Behind(line[1]) : line[2].place, "expected an identifier");
    return;
  }
  size_t value = 3;
  const bool takes_arguments = line.size() > 3 && line[3].Is("(") &&
                               line[3].place.line == line[2].place.line &&
                               line[3].place.column == Behind(line[2]).column;
  if (takes_arguments) {
    while (value < line.size() && !line[value].Is(")")) ++value;
    if (value == line.size()) {
      log_.Error(Behind(line.back()), "expected a \")\"");
      return;
    }
    ++value;
    function_like_.insert(line[2].text);
  }
  macros_[line[2].text] = Line(line.begin() + static_cast<std::ptrdiff_t>(value), line.end());
}

void Preprocessor::Include(const Line& line, int depth) {
  std::string name;
  const bool quoted = line.size() > 2 && line[2].kind == Kind::kText;
  if (quoted) name = line[2].text.substr(1, line[2].text.size() - 2);
  if (line.size() > 2 && line[2].Is("<")) {
    const std::string& text =
        line[2].place.file->lines[static_cast<size_t>(line[2].place.line) - 1];
    const size_t start = static_cast<size_t>(line[2].place.column) + 1;
    name = text.substr(start, text.find('>', start) - start);
  }
  if (name.empty()) {
    log_.Catastrophe(Behind(line.back()), "expected a file name");
    return;
  }
  if (once_.count(name) > 0) return;
  std::string text;
  std::string ignored;
  const auto given = headers_.find(name);
  bool found = given != headers_.end();
  if (found) text = given->second;
  for (size_t i = 0; !found && i < folders_.size(); ++i) {
    found = ReadFile((folders_[i] + '/' + name).c_str(), "header", &text, &ignored);
  }
  const Place behind = Behind(line.back());
  if (!found) {
    const bool nowhere = folders_.empty() && !quoted;
    log_.Catastrophe(behind, nowhere ? "could not open source file \"" + name +
                                           "\" (no directories in search list)"
                                     : "cannot open source file \"" + name + '"');
    return;
  }
  if (depth >= kDeepest) {
    log_.Catastrophe(behind, "#include nesting depth of this file is too large");
    return;
  }
  files_.push_back(MakeSource(name, text));
  Read(files_.back(), depth + 1);
}

}  // namespace gpuex::mock::nvrtc
