#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gpuex::mock {

// The candidate with the fewest single-character edits to `given`, case aside; the first of equals.
// Empty only when there is no candidate.
std::string Nearest(std::string_view given, const std::vector<std::string_view>& candidates);

}  // namespace gpuex::mock
