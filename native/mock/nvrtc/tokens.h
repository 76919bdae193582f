// Source text cut into words. Comments are gone; what cannot be a word is one of its own kind.
#pragma once

#include <string>
#include <vector>

#include "mock/nvrtc/log.h"

namespace gpuex::mock::nvrtc {

struct Token {
  enum class Kind {
    kIdentifier,
    kNumber,
    kText,         // a string or a character
    kPunctuation,  // one character, but `::`, `->` and `...`
    kBad,          // `text` says what is wrong
    kEnd,
  };
  Kind kind = Kind::kEnd;
  std::string text;
  Place place;
  bool first_on_line = false;
  bool is_macro = false;  // a function-like one, which is not expanded

  bool Is(const char* what) const {
    return (kind == Kind::kPunctuation || kind == Kind::kIdentifier) && text == what;
  }
};

// Without the end.
std::vector<Token> Tokenize(const SourceFile& file);

}  // namespace gpuex::mock::nvrtc
