#include "mock/nvrtc/cursor.h"

namespace gpuex::mock::nvrtc {

bool Cursor::Take(const char* text) {
  if (!At(text)) return false;
  ++at_;
  return true;
}

std::string Cursor::TakeIdentifier() { return AtIdentifier() ? tokens_[at_++].text : ""; }

bool Cursor::SkipBrackets(const char* open, const char* close) {
  int depth = 0;
  const Place opened = token().place;
  for (; !ended(); ++at_) {
    if (At(open)) ++depth;
    if (At(close) && --depth == 0) {
      ++at_;
      return true;
    }
  }
  log_.ErrorAtEnd(std::string("expected a \"") + close + '"', &opened, *open);
  Stop();
  return false;
}

void Cursor::SkipToSemicolon() {
  while (!ended()) {
    if (Take(";")) return;
    if (At("(")) {
      if (!SkipBrackets("(", ")")) return;
    } else if (At("{")) {
      if (!SkipBrackets("{", "}")) return;
    } else if (At("}")) {
      return Expect(";");
    } else {
      ++at_;
    }
  }
  Expect(";");
}

void Cursor::SkipDefault(const char* end) {
  if (!Take("=")) return;
  while (!ended() && !At(",") && !At(end)) ++at_;
}

void Cursor::Expect(const char* text) {
  const std::string wanted = std::string("expected a \"") + text + '"';
  if (ended()) {
    log_.ErrorAtEnd(wanted);
  } else {
    log_.Error(place(), wanted);
  }
  Stop();
}

void Cursor::ExpectType() {
  if (ended()) {
    log_.ErrorAtEnd("expected a declaration");
  } else if (AtIdentifier()) {
    log_.Error(place(), "identifier \"" + token().text + "\" is undefined");
  } else {
    log_.Error(place(), "expected a type specifier");
  }
  Stop();
}

}  // namespace gpuex::mock::nvrtc
