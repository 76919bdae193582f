// UUIDs that are the same on every machine and in every run.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

namespace gpuex::mock {

using UuidBytes = std::array<unsigned char, 16>;

inline uint64_t Mix64(uint64_t state) {
  state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9u;
  state = (state ^ (state >> 27)) * 0x94D049BB133111EBu;
  return state ^ (state >> 31);
}

inline UuidBytes UuidOf(uint64_t high, uint64_t low) {
  UuidBytes bytes{};
  for (int i = 0; i < 8; ++i) {
    bytes[static_cast<size_t>(i)] = static_cast<unsigned char>(high >> (56 - 8 * i));
    bytes[static_cast<size_t>(i) + 8] = static_cast<unsigned char>(low >> (56 - 8 * i));
  }
  return bytes;
}

// The n-th that is derived from `base`.
inline UuidBytes DerivedUuid(const UuidBytes& base, uint64_t n) {
  uint64_t state = 0;
  for (const unsigned char byte : base) state = Mix64(state ^ byte) + 0x9E3779B97F4A7C15u;
  return UuidOf(Mix64(state + 2 * n), Mix64(state + 2 * n + 1));
}

// `prefix` and 8-4-4-4-12 lower-case hexadecimal digits.
inline std::string UuidText(const char* prefix, const UuidBytes& bytes) {
  std::string text = prefix;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", bytes[i]);
    text += digits;
  }
  return text;
}

}  // namespace gpuex::mock
