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
    if (cudnnGetProperty(part, &value) != abi::cudnn::CUDNN_STATUS_SUCCESS || value < 0) {
      return std::string();
    }
    if (!text.empty()) text += '.';
    text += std::to_string(value);
  }
  return text;
}

}  // namespace gpuex
