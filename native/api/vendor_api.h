// What the function tables of all vendor libraries have in common.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "api/findings.h"
#include "platform/dynamic_library.h"

// The convention of CUDARTAPI, CUDAAPI and the like; it differs from the default on 32-bit only.
#if defined(_WIN32)
#define GPUEX_VENDOR_CALL __stdcall
#else
#define GPUEX_VENDOR_CALL
#endif

// For the lists in native/abi/*.h: one pointer per function, and its look-up.
#define GPUEX_API_MEMBER(presence, result, name, parameters) \
  result(GPUEX_VENDOR_CALL* name) parameters = nullptr;
#define GPUEX_API_BIND(presence, result, name, parameters) \
  binder->presence(#name, &this->name);

namespace gpuex {

// Fills a function table from a library and remembers what it lacks.
class SymbolBinder {
 public:
  explicit SymbolBinder(const DynamicLibrary& library) : library_(library) {}

  // The two words of the lists in native/abi/*.h.
  template <typename Function>
  void optional(const char* name, Function* slot) {
    *slot = reinterpret_cast<Function>(library_.Symbol(name));
    if (*slot == nullptr) lacking_.push_back(name);
  }
  template <typename Function>
  void required(const char* name, Function* slot) {
    *slot = reinterpret_cast<Function>(library_.Symbol(name));
    if (*slot == nullptr && missing_.empty()) missing_ = name;
  }

  // For functions that we do not call.
  bool Has(const char* name) const { return library_.Symbol(name) != nullptr; }

  // Empty when every required symbol is there.
  const std::string& missing() const { return missing_; }
  // The optional ones that are not.
  const std::vector<std::string>& lacking() const { return lacking_; }

 private:
  const DynamicLibrary& library_;
  std::string missing_;
  std::vector<std::string> lacking_;
};

// The text that `call(buffer, size)`, which is `name`, writes; empty when it answers a failure, and
// when it fills the buffer without a terminating NUL: nobody knows what such a library meant to tell.
template <unsigned int kSize, typename Call>
std::string VendorText(Findings* findings, const char* name, Call call) {
  char text[kSize] = {};
  if (call(text, kSize) != 0) return std::string();
  const size_t length = strnlen(text, kSize);
  if (length < kSize) return std::string(text, length);
  findings->Note(name, Finding::Kind::kUnterminatedText, kSize);
  return std::string();
}

// What `call` tells as the library's version: `text`, which is empty where `value` cannot be one.
inline std::string VersionTold(Findings* findings, const char* call, int status, int value,
                               std::string text) {
  findings->Forget(call);
  if (status != 0) {
    findings->Note(call, Finding::Kind::kRefused, status);
    return std::string();
  }
  if (text.empty()) findings->Note(call, Finding::Kind::kImpossibleValue, value);
  return text;
}

// 13000 -> "13.0", 12080 -> "12.8": how the runtime and the driver pack their versions. Empty for
// what cannot be one.
inline std::string CudaVersionText(int version) {
  if (version < 1000) return std::string();
  return std::to_string(version / 1000) + '.' + std::to_string(version % 1000 / 10);
}

}  // namespace gpuex
