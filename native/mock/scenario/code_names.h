#pragma once

#include <string_view>
#include <vector>

#include "errors/code_table.h"

namespace gpuex::mock {

// All names of the library's codes in this numbering (see FindCode for `major`), failures only.
std::vector<std::string_view> FailureNames(Library library, int major);

}  // namespace gpuex::mock
