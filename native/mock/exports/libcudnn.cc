// libcudnn.so.8 and libcudnn.so.9
#include "abi/cudnn_abi.h"
#include "mock/exports/trampoline.h"

GPUEX_FORWARD_CONTROL
GPUEX_CUDNN_FUNCTIONS(GPUEX_FORWARD)
