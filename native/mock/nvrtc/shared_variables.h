// Shared memory that is part of a kernel: `__shared__ float tile[32][33];` in its body.
#pragma once

#include <cstddef>
#include <vector>

#include "mock/nvrtc/scopes.h"

namespace gpuex::mock::nvrtc {

struct SharedVariable {
  size_t bytes;
  size_t alignment;
};

// Of the body from `begin` to `end`, where the type is known and every length is a number; others are
// left out, and so is what a launch brings along (`extern`).
std::vector<SharedVariable> ReadSharedVariables(const std::vector<Token>& tokens, size_t begin,
                                                size_t end, const Scopes& scopes,
                                                const std::vector<TemplateParameter>& of_template);

}  // namespace gpuex::mock::nvrtc
