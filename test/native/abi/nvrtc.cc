// Compiled, never run: our declarations of NVRTC against NVIDIA's own header.
#include "abi/nvrtc_abi.h"
#include "same_shape.h"

namespace gpuex::abi::nvrtc {
GPUEX_NVRTC_FUNCTIONS(ABI_TEST_OURS)
}
namespace ours = gpuex::abi::nvrtc;
#define CONSTANT(name) constexpr long long kOurs_##name = static_cast<long long>(ours::name);
#include "constants.inc"
#undef CONSTANT

#include <nvrtc.h>

#define CONSTANT(name) \
  static_assert(kOurs_##name == static_cast<long long>(name), #name ": not the vendor's value");
#include "constants.inc"
GPUEX_NVRTC_FUNCTIONS(ABI_TEST_SAME)

static_assert(sizeof(ours::nvrtcResult) == sizeof(::nvrtcResult));
