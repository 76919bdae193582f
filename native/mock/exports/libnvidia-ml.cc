// libnvidia-ml.so.1
#include "mock/abi/nvml_more_abi.h"
#include "mock/abi/nvml_unmodelled.h"
#include "mock/exports/trampoline.h"

GPUEX_FORWARD_CONTROL
GPUEX_NVML_FUNCTIONS(GPUEX_FORWARD)
GPUEX_NVML_MORE_FUNCTIONS(GPUEX_FORWARD)

#define GPUEX_FORWARD_NAME(name) GPUEX_FORWARD(unmodelled, int, name, ())
GPUEX_NVML_UNMODELLED_FUNCTIONS(GPUEX_FORWARD_NAME)
