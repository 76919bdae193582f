// Compiled, never run: our declarations of NVML against NVIDIA's own header.
#include "abi/nvml_abi.h"
#include "same_shape.h"

namespace gpuex::abi::nvml {
GPUEX_NVML_FUNCTIONS(ABI_TEST_OURS)
}
namespace ours = gpuex::abi::nvml;
#define CONSTANT(name) constexpr long long kOurs_##name = static_cast<long long>(ours::name);
#include "constants.inc"
#undef CONSTANT

// The header then declares the unsuffixed functions as well, and renames none by macros.
#define NVML_NO_UNVERSIONED_FUNC_DEFS
#include <nvml.h>

#define CONSTANT(name) \
  static_assert(kOurs_##name == static_cast<long long>(name), #name ": not the vendor's value");
#include "constants.inc"
GPUEX_NVML_FUNCTIONS(ABI_TEST_SAME)

#define SAME_SIZE(type) static_assert(sizeof(ours::type) == sizeof(::type), #type)
#define SAME_MEMBER(type, member)                                                           \
  static_assert(offsetof(ours::type, member) == offsetof(::type, member) &&                 \
                    sizeof(ours::type::member) == sizeof(::type::member),                   \
                #type "::" #member)
SAME_SIZE(nvmlPciInfo_t);
SAME_MEMBER(nvmlPciInfo_t, busIdLegacy);
SAME_MEMBER(nvmlPciInfo_t, domain);
SAME_MEMBER(nvmlPciInfo_t, bus);
SAME_MEMBER(nvmlPciInfo_t, device);
SAME_MEMBER(nvmlPciInfo_t, pciDeviceId);
SAME_MEMBER(nvmlPciInfo_t, pciSubSystemId);
SAME_MEMBER(nvmlPciInfo_t, busId);
SAME_SIZE(nvmlMemory_t);
SAME_MEMBER(nvmlMemory_t, total);
SAME_MEMBER(nvmlMemory_t, free);
SAME_MEMBER(nvmlMemory_t, used);
SAME_SIZE(nvmlMemory_v2_t);
SAME_MEMBER(nvmlMemory_v2_t, version);
SAME_MEMBER(nvmlMemory_v2_t, total);
SAME_MEMBER(nvmlMemory_v2_t, reserved);
SAME_MEMBER(nvmlMemory_v2_t, free);
SAME_MEMBER(nvmlMemory_v2_t, used);
SAME_SIZE(nvmlProcessInfo_v1_t);
SAME_MEMBER(nvmlProcessInfo_v1_t, pid);
SAME_MEMBER(nvmlProcessInfo_v1_t, usedGpuMemory);
SAME_SIZE(nvmlProcessInfo_v2_t);
SAME_MEMBER(nvmlProcessInfo_v2_t, pid);
SAME_MEMBER(nvmlProcessInfo_v2_t, usedGpuMemory);
SAME_MEMBER(nvmlProcessInfo_v2_t, gpuInstanceId);
SAME_MEMBER(nvmlProcessInfo_v2_t, computeInstanceId);
