// NVML's functions under their own names; see exports.h. Programs that load the engine's library
// itself, as our addon does, find them here.
#include "mock/abi/nvml_more_abi.h"

#if defined(__linux__)
#include "mock/exports/trampoline.h"

GPUEX_NVML_FUNCTIONS(GPUEX_FORWARD)
GPUEX_NVML_MORE_FUNCTIONS(GPUEX_FORWARD)
#endif
