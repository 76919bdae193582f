#include "api/findings.h"

#include <cstring>

#include "platform/bounded_question.h"
#include "platform/library_catalog.h"

namespace gpuex {

namespace {

std::string Status(Library library, int status) {
  const char* name = CodeName(library, 0, status);
  return std::to_string(status) + (name != nullptr ? std::string(" (") + name + ')' : "");
}

}  // namespace

const char* FindingKindName(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::kNoAnswer:
      return "no-answer";
    case Finding::Kind::kNotAsked:
      return "not-asked";
    case Finding::Kind::kNotStarted:
      return "not-started";
    case Finding::Kind::kRefused:
      return "refused";
    case Finding::Kind::kImpossibleValue:
      return "impossible-value";
    case Finding::Kind::kUnterminatedText:
      return "unterminated-text";
    case Finding::Kind::kNoDevice:
      return "no-device";
    case Finding::Kind::kOtherName:
      return "other-name";
  }
  return "refused";
}

std::string Describe(Library library, const Finding& finding) {
  const std::string call = finding.call != nullptr ? finding.call : "it";
  switch (finding.kind) {
    case Finding::Kind::kNoAnswer:
      return call + " has not answered within " + std::to_string(kLongestAnswer.count()) +
             " s; what it would tell is unknown";
    case Finding::Kind::kNotAsked:
      return "was not asked for its version: the system gives no thread";
    case Finding::Kind::kNotStarted:
      return call + " answered " + Status(library, finding.number) +
             " when it was last called; whatever needs it calls it again";
    case Finding::Kind::kRefused:
      return call + " answered " + Status(library, finding.number) +
             "; what it would tell is unknown";
    case Finding::Kind::kImpossibleValue:
      return call + " told " + std::to_string(finding.number) +
             ", which cannot be; it is taken as unknown";
    case Finding::Kind::kUnterminatedText:
      return call + " filled " + std::to_string(finding.number) +
             " bytes and wrote no NUL; the text is taken as unknown";
    case Finding::Kind::kNoDevice:
      return call + " answered success and no device; the device is taken as not found";
    case Finding::Kind::kOtherName:
      return "calls itself " + finding.text + "; known are " + NamesIn(CatalogRow(library));
  }
  return call;
}

Finding* Findings::Find(const char* call) noexcept {
  for (size_t i = 0; i < count_; ++i) {
    if (std::strcmp(noted_[i].call, call) == 0) return &noted_[i];
  }
  return nullptr;
}

void Findings::Note(const char* call, Finding::Kind kind, int number) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  Finding* slot = Find(call);
  if (slot == nullptr && count_ < noted_.size()) slot = &noted_[count_++];
  if (slot != nullptr) *slot = {kind, call, number, std::string()};
}

void Findings::Forget(const char* call) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  Finding* const slot = Find(call);
  if (slot == nullptr) return;
  for (Finding* next = slot + 1; next != noted_.data() + count_; ++next) next[-1] = *next;
  --count_;
}

void Findings::ForgetAll() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  count_ = 0;
}

std::vector<Finding> Findings::All() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {noted_.begin(), noted_.begin() + static_cast<std::ptrdiff_t>(count_)};
}

}  // namespace gpuex
