// A walk through what stands in braces: brackets that do not match, and semicolons that are missing
// where that can be told without knowing what the names stand for.
#pragma once

#include <vector>

#include "mock/nvrtc/tokens.h"

namespace gpuex::mock::nvrtc {

// What the outermost braces hold.
enum class Braces { kStatements, kList };

// `at`: a `{`. Answers the position behind its `}`, or the number of tokens after an error that
// nothing can be read beyond.
size_t WalkBody(const std::vector<Token>& tokens, size_t at, Braces braces, Log& log);

}  // namespace gpuex::mock::nvrtc
