#include "api/nvml_api.h"

namespace gpuex {

void NvmlApi::Bind(SymbolBinder* binder) { GPUEX_NVML_FUNCTIONS(GPUEX_API_BIND) }

std::string NvmlApi::Version() const {
  char text[abi::nvml::NVML_SYSTEM_NVML_VERSION_BUFFER_SIZE] = {};
  const int status = nvmlSystemGetNVMLVersion(text, sizeof(text));
  return status == abi::nvml::NVML_SUCCESS ? text : std::string();
}

}  // namespace gpuex
