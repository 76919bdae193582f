// libcudart.so.13
#include "mock/abi/cudart_more.h"
#include "mock/exports/trampoline.h"

GPUEX_FORWARD_CONTROL
GPUEX_CUDART_FUNCTIONS(GPUEX_FORWARD)
GPUEX_CUDART_SHARED_FUNCTIONS(GPUEX_FORWARD)
GPUEX_CUDART13_FUNCTIONS(GPUEX_FORWARD)

#define GPUEX_STUB(name) GPUEX_UNSUPPORTED(cudart, name)
#include "mock/exports/cudart_unsupported.def"
