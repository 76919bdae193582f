// Where the reading of a source's words has come to.
#pragma once

#include <string>
#include <vector>

#include "mock/nvrtc/tokens.h"

namespace gpuex::mock::nvrtc {

class Cursor {
 public:
  Cursor(const std::vector<Token>& tokens, Log& log) : tokens_(tokens), log_(log) {}

  const std::vector<Token>& tokens() const { return tokens_; }
  Log& log() { return log_; }

  bool ended() const { return at_ >= tokens_.size(); }
  // After an error that nothing can be read beyond.
  bool stopped() const { return stopped_; }
  void Stop() { stopped_ = true; }

  // Where it is; to be moved by what reads more than a word.
  size_t& at() { return at_; }
  // Only where there is one.
  const Token& token(size_t more = 0) const { return tokens_[at_ + more]; }
  Place place() const { return ended() ? Place() : token().place; }

  bool At(const char* text, size_t more = 0) const {
    return at_ + more < tokens_.size() && token(more).Is(text);
  }
  bool AtIdentifier() const { return !ended() && token().kind == Token::Kind::kIdentifier; }
  // extern "C"
  bool AtCLinkage() const {
    return At("extern") && at_ + 1 < tokens_.size() && token(1).text == "\"C\"";
  }

  bool Take(const char* text);
  // What stands there; nothing unless it is an identifier.
  std::string TakeIdentifier();

  // Behind the bracket that closes the one here. False: nothing does, and reading has stopped.
  bool SkipBrackets(const char* open, const char* close);
  // Behind the `;`, whatever stands before it.
  void SkipToSemicolon();
  // `= value`, where there is one: up to a `,` or to `end`.
  void SkipDefault(const char* end);

  // Both are errors, and stop.
  void Expect(const char* text);
  void ExpectType();

 private:
  const std::vector<Token>& tokens_;
  Log& log_;
  size_t at_ = 0;
  bool stopped_ = false;
};

}  // namespace gpuex::mock::nvrtc
