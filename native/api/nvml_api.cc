#include "api/nvml_api.h"

namespace gpuex {

void NvmlApi::Bind(SymbolBinder* binder) {
  GPUEX_NVML_FUNCTIONS(GPUEX_API_BIND)
  wide_v3_processes = binder->Has("nvmlDeviceGetConfComputeMemSizeInfo") &&
                      !binder->Has("nvmlDeviceGetRunningProcessDetailList");
}

std::string NvmlApi::Version() const {
  return VendorText<abi::nvml::NVML_SYSTEM_NVML_VERSION_BUFFER_SIZE>(
      [this](char* text, unsigned int size) { return nvmlSystemGetNVMLVersion(text, size); });
}

}  // namespace gpuex
