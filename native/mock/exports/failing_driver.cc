// A driver under NVIDIA's own CUDA runtime that cannot be initialised: libcuda.so.1 of the folder
// failing-driver. It has the four functions that the runtime asks for until it gives up, and never
// gets it any further: cuInit has no way to succeed, and cuGetExportTable knows nothing.
//
//   GPU_EXCEPTIONS_FAILING_DRIVER_CODE     what cuInit answers, 1 to 2147483647; 100 when left out
//   GPU_EXCEPTIONS_FAILING_DRIVER_VERSION  what cuDriverGetVersion tells; 13000 when left out;
//                                          0: it fails as well
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "mock/control.h"

namespace {

constexpr int kInvalidValue = 1;
constexpr int kNoDevice = 100;
constexpr int kNotFound = 500;

// What is no whole number from 0 counts as left out.
int FromEnvironment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return otherwise;
  char* end = nullptr;
  errno = 0;
  const long value = std::strtol(text, &end, 10);
  return errno == 0 && *end == '\0' && value >= 0 && value <= INT_MAX ? static_cast<int>(value)
                                                                      : otherwise;
}

}  // namespace

GPUEX_MOCK_EXPORT int cuInit(unsigned int) {
  const int code = FromEnvironment("GPU_EXCEPTIONS_FAILING_DRIVER_CODE", kNoDevice);
  return code == 0 ? kNoDevice : code;
}

GPUEX_MOCK_EXPORT int cuDriverGetVersion(int* version) {
  if (version == nullptr) return kInvalidValue;
  *version = FromEnvironment("GPU_EXCEPTIONS_FAILING_DRIVER_VERSION", 13000);
  return *version == 0 ? kNoDevice : 0;
}

GPUEX_MOCK_EXPORT int cuGetExportTable(const void**, const void*) { return kNotFound; }

GPUEX_MOCK_EXPORT int cuGetProcAddress_v2(const char* symbol, void** function, int,
                                          unsigned long long, int* status) {
  if (symbol == nullptr || function == nullptr) return kInvalidValue;
  *function = nullptr;
  if (std::strcmp(symbol, "cuInit") == 0) *function = reinterpret_cast<void*>(&cuInit);
  if (std::strcmp(symbol, "cuDriverGetVersion") == 0) {
    *function = reinterpret_cast<void*>(&cuDriverGetVersion);
  }
  if (std::strcmp(symbol, "cuGetExportTable") == 0) {
    *function = reinterpret_cast<void*>(&cuGetExportTable);
  }
  if (std::strcmp(symbol, "cuGetProcAddress") == 0) {
    *function = reinterpret_cast<void*>(&cuGetProcAddress_v2);
  }
  constexpr int kSymbolNotFound = 1;
  if (status != nullptr) *status = *function == nullptr ? kSymbolNotFound : 0;
  return *function == nullptr ? kNotFound : 0;
}
