// What was noticed of one library beside its answers: that it refused to start or to tell its version,
// or told what cannot be. Whoever notices it takes the answer as unknown and notes it here, so that
// `libraries()` can say why.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "errors/code_table.h"

namespace gpuex {

struct Finding {
  // As the kinds of LibraryFinding in lib/native/answers.ts; see FindingKindName.
  enum class Kind {
    kNoAnswer,          // within kLongestAnswer
    kNotAsked,          // for want of a thread
    kNotStarted,        // `number`: the status
    kRefused,           // `number`: the status
    kImpossibleValue,   // `number`: the value
    kUnterminatedText,  // `number`: the bytes
    kNoDevice,
    kOtherName,         // `text`: what the library calls itself
  };
  Kind kind = Kind::kRefused;
  const char* call = nullptr;  // static text; null where no call is concerned
  int number = 0;
  std::string text = std::string();

  // The status that `call` answered, where that is what was noticed.
  bool HasStatus() const { return kind == Kind::kNotStarted || kind == Kind::kRefused; }
};

const char* FindingKindName(Finding::Kind kind);

// One sentence for the user.
std::string Describe(Library library, const Finding& finding);

// Of one library of the process, by call: each call's latest. Any thread; allocates nothing until it is
// asked for all.
class Findings {
 public:
  void Note(const char* call, Finding::Kind kind, int number) noexcept;
  // What was noted of the call is over.
  void Forget(const char* call) noexcept;
  void ForgetAll() noexcept;
  std::vector<Finding> All() const;

  // For the call that starts the library: its latest status is what counts.
  int Started(const char* call, int status) noexcept {
    if (status == 0) {
      Forget(call);
    } else {
      Note(call, Finding::Kind::kNotStarted, status);
    }
    return status;
  }

 private:
  Finding* Find(const char* call) noexcept;

  mutable std::mutex mutex_;
  // As many as there are calls in a library's API that can be noted, and more.
  std::array<Finding, 8> noted_;
  size_t count_ = 0;
};

}  // namespace gpuex
