// What a function answers that NVIDIA's library has and the stand-in has not.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "errors/code_table.h"

namespace gpuex::mock {

// Tells it on stderr once for each name (but for NVML's), counts it, and answers the library's "not
// supported". Where the scenario is strict, or with GPU_EXCEPTIONS_MOCK_STRICT=1, the process aborts
// instead. The name must be a static string.
int Unsupported(Library library, const char* name);

// Calls of the process, by name.
std::map<std::string, uint64_t> UnsupportedCalls();

}  // namespace gpuex::mock
