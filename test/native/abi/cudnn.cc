// Compiled, never run: our declarations of cuDNN against NVIDIA's own header.
#include "abi/cudnn_abi.h"
#include "same_shape.h"

namespace gpuex::abi::cudnn {
GPUEX_CUDNN_FUNCTIONS(ABI_TEST_OURS)
}
namespace ours = gpuex::abi::cudnn;
#define CONSTANT(name) constexpr long long kOurs_##name = static_cast<long long>(ours::name);
#include "constants.inc"
#undef CONSTANT

#include <cudnn.h>

#define CONSTANT(name) \
  static_assert(kOurs_##name == static_cast<long long>(name), #name ": not the vendor's value");
#include "constants.inc"
GPUEX_CUDNN_FUNCTIONS(ABI_TEST_SAME)

static_assert(sizeof(ours::cudnnStatus_t) == sizeof(::cudnnStatus_t));
static_assert(sizeof(ours::libraryPropertyType) == sizeof(::libraryPropertyType));
