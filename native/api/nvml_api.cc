#include "api/nvml_api.h"

namespace gpuex {

void NvmlApi::Bind(SymbolBinder* binder) {
  GPUEX_NVML_FUNCTIONS(GPUEX_API_BIND)
  wide_v3_processes = binder->Has("nvmlDeviceGetConfComputeMemSizeInfo") &&
                      !binder->Has("nvmlDeviceGetRunningProcessDetailList");
}

std::string NvmlApi::Version() const {
  findings->Forget(kVersionCall);
  int status = abi::nvml::NVML_SUCCESS;
  std::string version = VendorText<abi::nvml::NVML_SYSTEM_NVML_VERSION_BUFFER_SIZE>(
      findings, kVersionCall, [this, &status](char* text, unsigned int size) {
        return status = nvmlSystemGetNVMLVersion(text, size);
      });
  if (status != abi::nvml::NVML_SUCCESS) {
    findings->Note(kVersionCall, Finding::Kind::kRefused, status);
  }
  return version;
}

}  // namespace gpuex
