// libnvidia-ml.so.1
#include "abi/nvml_abi.h"
#include "mock/exports/trampoline.h"

GPUEX_FORWARD_CONTROL
GPUEX_NVML_FUNCTIONS(GPUEX_FORWARD)
