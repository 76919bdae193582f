#include "api/nvml_api.h"

namespace gpuex {

void NvmlApi::Bind(SymbolBinder* binder) {
  GPUEX_NVML_FUNCTIONS(GPUEX_API_BIND)
  void* confidential = nullptr;
  void* details = nullptr;
  binder->optional("nvmlDeviceGetConfComputeMemSizeInfo", &confidential);
  binder->optional("nvmlDeviceGetRunningProcessDetailList", &details);
  wide_v3_processes = confidential != nullptr && details == nullptr;
}

std::string NvmlApi::Version() const {
  return VendorText<abi::nvml::NVML_SYSTEM_NVML_VERSION_BUFFER_SIZE>(
      [this](char* text, unsigned int size) { return nvmlSystemGetNVMLVersion(text, size); });
}

}  // namespace gpuex
