// Directives: conditions, object-like macros, headers that came along or lie in a folder that was
// named, `#error`. Function-like macros are kept as they are called, not expanded.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "mock/nvrtc/tokens.h"

namespace gpuex::mock::nvrtc {

class Preprocessor {
 public:
  // `headers`: texts by the name that #include has for them. `folders`: of --include-path. `macros`:
  // those of the compiler and of --define-macro.
  Preprocessor(const std::map<std::string, std::string>& headers,
               const std::vector<std::string>& folders,
               const std::map<std::string, std::string>& macros, Log& log);

  // The file must outlive the tokens, and so must this.
  std::vector<Token> Run(const SourceFile& file);

 private:
  using Line = std::vector<Token>;
  struct Branch {
    Place place;
    bool holds;       // what stands here now is read
    bool held;        // one of its branches was
    bool outer;       // what it stands in is read
  };

  void Read(const SourceFile& file, int depth);
  void Directive(const Line& line, int depth);
  void Conditional(const std::string& word, const Line& line);
  void Define(const Line& line);
  void Include(const Line& line, int depth);
  bool Active() const { return conditions_.empty() || conditions_.back().holds; }
  void Append(const Token& token, std::set<std::string>* expanding);
  bool Evaluate(const Line& line, size_t from);

  const std::map<std::string, std::string>& headers_;
  const std::vector<std::string>& folders_;
  Log& log_;
  std::map<std::string, Line> macros_;
  std::set<std::string> function_like_;
  std::vector<Branch> conditions_;
  std::set<std::string> once_;
  std::deque<SourceFile> files_;
  std::vector<Token> read_;
};

}  // namespace gpuex::mock::nvrtc
