#include "mock/texts/texts.h"

namespace gpuex::mock {

const char* CudaErrorText(int status) {
  switch (status) {
#define GPUEX_TEXT(value, text) \
  case value:                   \
    return text;
#include "mock/texts/cudart_texts.def"
#undef GPUEX_TEXT
    default:
      return nullptr;
  }
}

const char* CublasStatusText(int status) {
  switch (status) {
    case 0:
      return "success";
    case 1:
      return "the library was not initialized";
    case 3:
      return "the resource allocation failed";
    case 7:
      return "an unsupported value or parameter was passed to the function";
    case 8:
      return "the function requires an architectural feature absent from the device";
    case 11:
      return "an access to GPU memory space failed";
    case 13:
      return "the function failed to launch on the GPU";
    case 14:
      return "an internal operation failed";
    case 15:
      return "the requested functionality is not supported";
    case 16:
      return "the license check failed";
    default:
      return "unrecognized status";
  }
}

}  // namespace gpuex::mock
