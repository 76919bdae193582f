// libcudart.so.12
#include "mock/abi/cudart_more.h"
#include "mock/exports/trampoline.h"

// Its version is one of its own major version.
asm(".set gpuex_cudaRuntimeGetVersion, gpuex_cudart12_cudaRuntimeGetVersion\n");

GPUEX_FORWARD_CONTROL
GPUEX_CUDART_FUNCTIONS(GPUEX_FORWARD)
GPUEX_CUDART_SHARED_FUNCTIONS(GPUEX_FORWARD)
GPUEX_CUDART12_FUNCTIONS(GPUEX_FORWARD)

#define GPUEX_STUB(name) GPUEX_UNSUPPORTED(cudart, name)
#include "mock/exports/cudart_unsupported.def"
// By this name CUDA 12 still gives the layout of CUDA 11.
GPUEX_STUB(cudaGetDeviceProperties)
