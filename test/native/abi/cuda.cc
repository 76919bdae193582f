// Compiled, never run: our declarations of the driver API against NVIDIA's own header.
#include "abi/cuda_abi.h"
#include "same_shape.h"

namespace gpuex::abi::cuda {
GPUEX_CUDA_FUNCTIONS(ABI_TEST_OURS)
}
namespace ours = gpuex::abi::cuda;
#define CONSTANT(name) constexpr long long kOurs_##name = static_cast<long long>(ours::name);
#include "constants.inc"
#undef CONSTANT

// The header then declares the unsuffixed functions as well, and renames none by macros.
#define __CUDA_API_VERSION_INTERNAL
#include <cuda.h>

#define CONSTANT(name) \
  static_assert(kOurs_##name == static_cast<long long>(name), #name ": not the vendor's value");
#include "constants.inc"
GPUEX_CUDA_FUNCTIONS(ABI_TEST_SAME)

static_assert(sizeof(ours::CUuuid) == sizeof(::CUuuid) && alignof(ours::CUuuid) == alignof(::CUuuid));
static_assert(sizeof(ours::CUresult) == sizeof(::CUresult));
static_assert(sizeof(ours::CUdevice) == sizeof(::CUdevice));
static_assert(sizeof(ours::CUcontext) == sizeof(::CUcontext));
static_assert(sizeof(ours::CUdevice_attribute) == sizeof(::CUdevice_attribute));
static_assert(sizeof(ours::CUstreamCaptureMode) == sizeof(::CUstreamCaptureMode));
