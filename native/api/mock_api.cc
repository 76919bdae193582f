#include "api/mock_api.h"

#include <cstdlib>
#include <cstring>
#include <vector>

#include "errors/native_error.h"

namespace gpuex {

namespace {
constexpr int kControlVersion = 2;
constexpr const char* kMarker = "gpuExceptionsMockVersion";
}  // namespace

bool MockApi::IsMock(const DynamicLibrary& library) { return library.Symbol(kMarker) != nullptr; }

bool MockApi::Bind(const DynamicLibrary& library, std::string* reason) {
  const auto version = reinterpret_cast<int (*)()>(library.Symbol(kMarker));
  if (version == nullptr) {
    *reason = std::string("is not the stand-in: it does not export ") + kMarker;
    return false;
  }
  if (version() != kControlVersion) {
    *reason = "is a stand-in with control interface " + std::to_string(version()) +
              "; this addon speaks " + std::to_string(kControlVersion);
    return false;
  }
  control_ =
      reinterpret_cast<decltype(control_)>(library.Symbol("gpuExceptionsMockControl"));
  generations_ =
      reinterpret_cast<decltype(generations_)>(library.Symbol("gpuExceptionsMockGenerations"));
  register_kernel_ = reinterpret_cast<decltype(register_kernel_)>(
      library.Symbol("gpuExceptionsMockRegisterKernelElsewhere"));
  host_thread_ =
      reinterpret_cast<decltype(host_thread_)>(library.Symbol("gpuExceptionsMockHostThread"));
  const char* missing = nullptr;
  if (host_thread_ == nullptr) missing = "gpuExceptionsMockHostThread";
  if (register_kernel_ == nullptr) missing = "gpuExceptionsMockRegisterKernelElsewhere";
  if (control_ == nullptr) missing = "gpuExceptionsMockControl";
  if (missing != nullptr) *reason = std::string("missing symbol ") + missing;
  return missing == nullptr;
}

void MockApi::Generations(uint64_t* last, uint64_t* next) const {
  if (generations_ != nullptr) {
    unsigned long long answers[2] = {};
    generations_(&answers[0], &answers[1]);
    *last = answers[0];
    *next = answers[1];
    return;
  }
  // An older stand-in answers "17 18"; the verb knows no failure.
  char* end = nullptr;
  const std::string answer = Control("generation", "");
  *last = std::strtoull(answer.c_str(), &end, 10);
  *next = std::strtoull(end, nullptr, 10);
}

void MockApi::RegisterKernel(const std::string& name, GpuExceptionsMockKernelBody body,
                             const std::vector<size_t>& argument_bytes) const {
  register_kernel_(name.c_str(), body, argument_bytes.data(), argument_bytes.size());
}

std::string MockApi::Control(const std::string& verb, const std::string& argument) const {
  std::vector<char> answer(512);
  // Only "state" and the like answer at length, and those change nothing when they are repeated.
  for (;;) {
    size_t needed = 0;
    const int status =
        control_(verb.c_str(), argument.c_str(), answer.data(), answer.size(), &needed);
    if (status == 0 && needed > answer.size()) {
      answer.resize(needed + 1024);
      continue;
    }
    std::string text(answer.data(), strnlen(answer.data(), answer.size()));
    if (status != 0) throw UsageError(UsageError::Kind::kPlain, std::move(text));
    return text;
  }
}

}  // namespace gpuex
