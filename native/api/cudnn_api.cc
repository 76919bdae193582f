#include "api/cudnn_api.h"

namespace gpuex {

void CudnnApi::Bind(SymbolBinder* binder) { GPUEX_CUDNN_FUNCTIONS(GPUEX_API_BIND) }

std::string CudnnApi::Version() const {
  // Asked part by part: the packed number changed its packing between 8 and 9.
  const int parts[] = {abi::cudnn::MAJOR_VERSION, abi::cudnn::MINOR_VERSION,
                       abi::cudnn::PATCH_LEVEL};
  std::string text;
  for (const int part : parts) {
    int value = 0;
    const int status = cudnnGetProperty(part, &value);
    if (status != abi::cudnn::CUDNN_STATUS_SUCCESS || value < 0) {
      return VersionTold(findings, kVersionCall, status, value, std::string());
    }
    if (!text.empty()) text += '.';
    text += std::to_string(value);
  }
  return VersionTold(findings, kVersionCall, abi::cudnn::CUDNN_STATUS_SUCCESS, 0, text);
}

}  // namespace gpuex
