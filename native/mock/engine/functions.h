// Every function that the stand-in exports, made from the lists in native/abi and native/mock/abi. A
// function that is added there gets its counter and its rules here without another line.
#pragma once

#include <cstddef>
#include <string_view>

#include "abi/cuda_abi.h"
#include "abi/cudart_abi.h"
#include "abi/cudnn_abi.h"
#include "abi/nvml_abi.h"
#include "abi/nvrtc_abi.h"
#include "errors/code_table.h"
#include "mock/abi/cublas_more.h"
#include "mock/abi/cuda_more.h"
#include "mock/abi/cudart_more.h"
#include "mock/abi/cudnn_more.h"
#include "mock/abi/nvml_more_abi.h"
#include "mock/abi/nvml_unmodelled.h"
#include "mock/abi/nvrtc_more.h"

// What the addon calls, and what other programs call besides.
#define GPUEX_MOCK_CUDART_FUNCTIONS(X) GPUEX_CUDART_FUNCTIONS(X) GPUEX_CUDART_MORE_FUNCTIONS(X)
#define GPUEX_MOCK_CUDA_FUNCTIONS(X) GPUEX_CUDA_FUNCTIONS(X) GPUEX_CUDA_MORE_FUNCTIONS(X)
#define GPUEX_MOCK_CUDNN_FUNCTIONS(X) GPUEX_CUDNN_FUNCTIONS(X) GPUEX_CUDNN_MORE_FUNCTIONS(X)
#define GPUEX_MOCK_NVRTC_FUNCTIONS(X) GPUEX_NVRTC_FUNCTIONS(X) GPUEX_NVRTC_MORE_FUNCTIONS(X)

namespace gpuex::mock {

enum class Function : unsigned {
#define GPUEX_MOCK_ENUMERATOR(presence, result, name, parameters) name,
  GPUEX_MOCK_CUDART_FUNCTIONS(GPUEX_MOCK_ENUMERATOR)
  GPUEX_MOCK_CUDA_FUNCTIONS(GPUEX_MOCK_ENUMERATOR)
  GPUEX_NVML_FUNCTIONS(GPUEX_MOCK_ENUMERATOR)
  GPUEX_MOCK_CUDNN_FUNCTIONS(GPUEX_MOCK_ENUMERATOR)
  GPUEX_CUBLAS_MORE_FUNCTIONS(GPUEX_MOCK_ENUMERATOR)
  GPUEX_MOCK_NVRTC_FUNCTIONS(GPUEX_MOCK_ENUMERATOR)
  GPUEX_NVML_MORE_FUNCTIONS(GPUEX_MOCK_ENUMERATOR)
#undef GPUEX_MOCK_ENUMERATOR
#define GPUEX_MOCK_ENUMERATOR(name) name,
  GPUEX_NVML_UNMODELLED_FUNCTIONS(GPUEX_MOCK_ENUMERATOR)
#undef GPUEX_MOCK_ENUMERATOR
  kCount
};

inline constexpr size_t kFunctionCount = static_cast<size_t>(Function::kCount);

struct FunctionInfo {
  const char* name;
  Library library;
  // False for the few that answer a plain number: no rule can make them answer a code.
  bool answers_status;
  // False for those that concern the library as a whole: no rule on them can name a device.
  bool concerns_device;
  // As the list has them: "(nvmlDevice_t device, unsigned int* power)".
  const char* parameters;
};

const FunctionInfo& Info(Function function);
inline const FunctionInfo& Info(size_t index) { return Info(static_cast<Function>(index)); }

}  // namespace gpuex::mock
