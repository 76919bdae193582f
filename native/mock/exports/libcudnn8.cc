// libcudnn.so.8
#include "mock/abi/cudnn_more.h"
#include "mock/exports/trampoline.h"

GPUEX_FORWARD_CONTROL
GPUEX_CUDNN_FUNCTIONS(GPUEX_FORWARD)
GPUEX_CUDNN_SHARED_FUNCTIONS(GPUEX_FORWARD)

#define GPUEX_STUB(name) GPUEX_UNSUPPORTED(cudnn, name)
#include "mock/exports/cudnn_unsupported.def"
