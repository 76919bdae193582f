// libcublas.so.12 and libcublas.so.13
#include "mock/abi/cublas_more.h"
#include "mock/exports/trampoline.h"

GPUEX_FORWARD_CONTROL
GPUEX_CUBLAS_MORE_FUNCTIONS(GPUEX_FORWARD)

#define GPUEX_STUB(name) GPUEX_UNSUPPORTED(cublas, name)
#include "mock/exports/cublas_unsupported.def"
