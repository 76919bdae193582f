// The exported signatures. A definition with another one is a conflict that does not compile.
//
// A function lies in whichever file its question belongs to, but exports/alias.h can give a second
// name only to what the same file defines. So on ELF the definitions carry the second name from the
// start, and plain_names.cc adds the first one.
#pragma once

#include "mock/abi/nvml_more_abi.h"
#include "mock/control.h"

namespace gpuex::mock::nvml_layer {
using namespace gpuex::abi::nvml;  // NOLINT: the signatures read as in NVIDIA's documentation
}

using namespace gpuex::mock::nvml_layer;  // NOLINT

#if defined(__linux__)
#define GPUEX_MOCK_SYMBOL(name) __asm__("gpuex_" #name)
#else
#define GPUEX_MOCK_SYMBOL(name)
#endif

#define GPUEX_MOCK_DECLARE(column, result, name, parameters) \
  GPUEX_MOCK_EXPORT result name parameters GPUEX_MOCK_SYMBOL(name);
GPUEX_NVML_FUNCTIONS(GPUEX_MOCK_DECLARE)
GPUEX_NVML_MORE_FUNCTIONS(GPUEX_MOCK_DECLARE)
#undef GPUEX_MOCK_DECLARE
#undef GPUEX_MOCK_SYMBOL
