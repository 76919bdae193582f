#include "mock/engine/functions.h"

#include <array>
#include <type_traits>

// Each list names its result types as its own namespace knows them.
#define GPUEX_MOCK_STATUS(presence, result, name, parameters) \
  std::is_same_v<result, gpuex::mock::StatusType>,

namespace gpuex::mock {
using StatusType = int;
}

namespace gpuex::abi::cudart {
static constexpr bool kAnswersStatus[] = {GPUEX_MOCK_CUDART_FUNCTIONS(GPUEX_MOCK_STATUS)};
}
namespace gpuex::abi::cuda {
static constexpr bool kAnswersStatus[] = {GPUEX_MOCK_CUDA_FUNCTIONS(GPUEX_MOCK_STATUS)};
}
namespace gpuex::abi::nvml {
static constexpr bool kAnswersStatus[] = {GPUEX_NVML_FUNCTIONS(GPUEX_MOCK_STATUS)};
static constexpr bool kMoreAnswersStatus[] = {GPUEX_NVML_MORE_FUNCTIONS(GPUEX_MOCK_STATUS)};
}
namespace gpuex::abi::cudnn {
static constexpr bool kAnswersStatus[] = {GPUEX_MOCK_CUDNN_FUNCTIONS(GPUEX_MOCK_STATUS)};
}
namespace gpuex::abi::cublas {
static constexpr bool kAnswersStatus[] = {GPUEX_CUBLAS_MORE_FUNCTIONS(GPUEX_MOCK_STATUS)};
}
namespace gpuex::abi::nvrtc {
static constexpr bool kAnswersStatus[] = {GPUEX_MOCK_NVRTC_FUNCTIONS(GPUEX_MOCK_STATUS)};
}

namespace gpuex::mock {
namespace {

constexpr bool ConcernsDevice(Function function) {
  switch (function) {
    case Function::cudaRuntimeGetVersion:
    case Function::cudaDriverGetVersion:
    case Function::cudaGetDeviceCount:
    case Function::cuInit:
    case Function::cuDriverGetVersion:
    case Function::cuDeviceGetCount:
    case Function::cuThreadExchangeStreamCaptureMode:
    case Function::nvmlInit_v2:
    case Function::nvmlShutdown:
    case Function::nvmlSystemGetNVMLVersion:
    case Function::nvmlDeviceGetCount_v2:
    case Function::nvmlSystemGetProcessName:
    case Function::cudnnGetVersion:
    case Function::cudnnGetProperty:
    case Function::cudnnGetCudartVersion:
    case Function::cudnnGetErrorString:
    case Function::cudnnGetLastErrorString:
    case Function::cudaGetErrorName:
    case Function::cudaGetErrorString:
    case Function::cudaSetDeviceFlags:
    case Function::cudaDeviceGetStreamPriorityRange:
    case Function::__cudaGetKernel:
    case Function::cuGetErrorName:
    case Function::cuGetErrorString:
    case Function::cuGetProcAddress_v2:
    case Function::cuGetExportTable:
#define GPUEX_MOCK_CASE(presence, result, name, parameters) case Function::name:
      GPUEX_MOCK_NVRTC_FUNCTIONS(GPUEX_MOCK_CASE)
#undef GPUEX_MOCK_CASE
      return false;
    default:
      return true;
  }
}

// The first column of the list that is the stand-in's own.
constexpr bool kConcerns_device = true;
constexpr bool kConcerns_system = false;

using Table = std::array<FunctionInfo, kFunctionCount>;

constexpr Table MakeTable() {
  Table table{};
  size_t row = 0;
  size_t of_library = 0;
#define GPUEX_MOCK_ROW(space, of, name, parameters)                          \
  table[row] = FunctionInfo{#name, of, space::kAnswersStatus[of_library++], \
                            ConcernsDevice(Function::name), #parameters};   \
  ++row;
#define GPUEX_MOCK_CUDART(presence, result, name, parameters) \
  GPUEX_MOCK_ROW(abi::cudart, Library::kCudart, name, parameters)
#define GPUEX_MOCK_CUDA(presence, result, name, parameters) \
  GPUEX_MOCK_ROW(abi::cuda, Library::kCuda, name, parameters)
#define GPUEX_MOCK_NVML(presence, result, name, parameters) \
  GPUEX_MOCK_ROW(abi::nvml, Library::kNvml, name, parameters)
#define GPUEX_MOCK_CUDNN(presence, result, name, parameters) \
  GPUEX_MOCK_ROW(abi::cudnn, Library::kCudnn, name, parameters)
#define GPUEX_MOCK_CUBLAS(presence, result, name, parameters) \
  GPUEX_MOCK_ROW(abi::cublas, Library::kCublas, name, parameters)
#define GPUEX_MOCK_NVRTC(presence, result, name, parameters) \
  GPUEX_MOCK_ROW(abi::nvrtc, Library::kNvrtc, name, parameters)
  GPUEX_MOCK_CUDART_FUNCTIONS(GPUEX_MOCK_CUDART)
  of_library = 0;
  GPUEX_MOCK_CUDA_FUNCTIONS(GPUEX_MOCK_CUDA)
  of_library = 0;
  GPUEX_NVML_FUNCTIONS(GPUEX_MOCK_NVML)
  of_library = 0;
  GPUEX_MOCK_CUDNN_FUNCTIONS(GPUEX_MOCK_CUDNN)
  of_library = 0;
  GPUEX_CUBLAS_MORE_FUNCTIONS(GPUEX_MOCK_CUBLAS)
  of_library = 0;
  GPUEX_MOCK_NVRTC_FUNCTIONS(GPUEX_MOCK_NVRTC)
  of_library = 0;
#define GPUEX_MOCK_MORE(concerns, result, name, parameters)                              \
  table[row++] = FunctionInfo{#name, Library::kNvml,                                     \
                              abi::nvml::kMoreAnswersStatus[of_library++],               \
                              kConcerns_##concerns, #parameters};
  GPUEX_NVML_MORE_FUNCTIONS(GPUEX_MOCK_MORE)
  // Most take a device first; where the first argument is none, no rule for a device matches.
#define GPUEX_MOCK_UNMODELLED(name) \
  table[row++] = FunctionInfo{#name, Library::kNvml, true, true, "(nvmlDevice_t device)"};
  GPUEX_NVML_UNMODELLED_FUNCTIONS(GPUEX_MOCK_UNMODELLED)
  return table;
}

constexpr Table kTable = MakeTable();

}  // namespace

const FunctionInfo& Info(Function function) { return kTable[static_cast<size_t>(function)]; }

}  // namespace gpuex::mock
