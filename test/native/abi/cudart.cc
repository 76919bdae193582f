// Compiled, never run: our declarations of the runtime API against NVIDIA's own header.
#include "abi/cudart_abi.h"
#include "same_shape.h"

namespace gpuex::abi::cudart {
GPUEX_CUDART_FUNCTIONS(ABI_TEST_OURS)
}
namespace ours = gpuex::abi::cudart;
#define CONSTANT(name) constexpr long long kOurs_##name = static_cast<long long>(ours::name);
#include "constants.inc"
#undef CONSTANT

#include <cuda_runtime_api.h>

#define CONSTANT(name) \
  static_assert(kOurs_##name == static_cast<long long>(name), #name ": not the vendor's value");
#include "constants.inc"
GPUEX_CUDART_FUNCTIONS(ABI_TEST_SAME)

static_assert(sizeof(ours::cudaError_t) == sizeof(::cudaError_t));
