// What our C++ throws. js_error.cc turns it into a JavaScript error; nothing else does.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include "errors/code_table.h"

namespace gpuex {

// Device memory in bytes, NaN for "unknown", in the order of `Reading` in lib/native/binding.ts.
struct MemoryReadings {
  static constexpr size_t kCount = 5;
  static constexpr double kNvml = 1;
  static constexpr double kCuda = 2;

  static MemoryReadings Unknown(double source);

  double free;
  double used;
  double reserved;
  double total;
  double source;

  void CopyTo(double* readings) const {
    readings[0] = free;
    readings[1] = used;
    readings[2] = reserved;
    readings[3] = total;
    readings[4] = source;
  }
};

// A vendor call that failed, or a library that could not be had.
struct NativeError : std::exception {
  explicit NativeError(Library failed_library) : library(failed_library) {}

  Library library;
  std::optional<int> code;  // empty: no vendor status
  const char* call = nullptr;  // a static string, the vendor's own name
  std::optional<int> device;
  std::optional<double> requested_bytes;
  std::string detail;
  std::optional<MemoryReadings> memory;  // read right after the failure
  std::optional<uint64_t> stream;  // by its id, where the call was about one, or its work failed
  // cudaDriverGetVersion, where it decides what the code means (35): 0 is "no driver".
  std::optional<int> driver_version;

  const char* what() const noexcept override { return "a vendor call failed"; }
};

// A mistake of the caller's: no vendor call was made.
struct UsageError : std::exception {
  enum class Kind { kType, kRange, kPlain };

  UsageError(Kind error_kind, std::string text) : kind(error_kind), message(std::move(text)) {}

  Kind kind;
  std::string message;

  const char* what() const noexcept override { return message.c_str(); }
};

}  // namespace gpuex
