#pragma once

#include <string>
#include <string_view>

namespace gpuex::mock::utf8 {

// Bytes of the character that `text` begins with; 0 when that is not well-formed UTF-8 (too long a
// form, a surrogate, beyond U+10FFFF, or cut short).
size_t SequenceLength(std::string_view text);

void Append(unsigned code_point, std::string* text);

// At most `bytes` of well-formed `text`, never through a character.
std::string_view Cut(std::string_view text, size_t bytes);

}  // namespace gpuex::mock::utf8
