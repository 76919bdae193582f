// The exported signatures. A definition with another one is a conflict that does not compile.
#pragma once

#include "mock/abi/nvml_more_abi.h"
#include "mock/control.h"

namespace gpuex::mock::nvml_layer {
using namespace gpuex::abi::nvml;  // NOLINT: the signatures read as in NVIDIA's documentation
}

using namespace gpuex::mock::nvml_layer;  // NOLINT

#define GPUEX_MOCK_DECLARE(column, result, name, parameters) \
  GPUEX_MOCK_EXPORT result name parameters;
GPUEX_NVML_FUNCTIONS(GPUEX_MOCK_DECLARE)
GPUEX_NVML_MORE_FUNCTIONS(GPUEX_MOCK_DECLARE)
#undef GPUEX_MOCK_DECLARE
