// What a fuzzer made, read piece by piece; where it ends, zeros follow.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

[[noreturn]] inline void Wrong() { std::abort(); }

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), left_(size) {}

  bool empty() const { return left_ == 0; }
  uint8_t Byte() {
    uint8_t byte = 0;
    Take(&byte, 1);
    return byte;
  }
  void Take(void* to, size_t size) {
    std::memset(to, 0, size);
    const size_t count = std::min(size, left_);
    if (count > 0) std::memcpy(to, data_, count);
    data_ += count;
    left_ -= count;
  }
  std::string Text() {
    std::string text(std::min<size_t>(Byte(), left_), '\0');
    Take(text.data(), text.size());
    return text;
  }
  uint32_t Word() {
    uint32_t word = 0;
    Take(&word, sizeof word);
    return word;
  }
  // Any bits, or a number near a power of two, where the borders are.
  double Number() {
    uint8_t bytes[sizeof(double)];
    Take(bytes, sizeof bytes);
    double number = 0;
    std::memcpy(&number, bytes, sizeof(number));
    if (bytes[0] % 2 == 0) return number;
    const double delta = static_cast<int8_t>(bytes[2]);
    const double sign = bytes[0] % 4 == 1 ? 1 : -1;
    return sign * std::ldexp(1.0, bytes[1] % 66) + delta / (bytes[3] % 3 + 1);
  }

 private:
  const uint8_t* data_;
  size_t left_;
};
