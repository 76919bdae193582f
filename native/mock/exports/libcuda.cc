// libcuda.so.1
#include "mock/abi/cuda_more.h"
#include "mock/exports/trampoline.h"

GPUEX_FORWARD_CONTROL
GPUEX_CUDA_FUNCTIONS(GPUEX_FORWARD)
GPUEX_CUDA_MORE_FUNCTIONS(GPUEX_FORWARD)

#define GPUEX_STUB(name) GPUEX_UNSUPPORTED(cuda, name)
#include "mock/exports/cuda_unsupported.def"
