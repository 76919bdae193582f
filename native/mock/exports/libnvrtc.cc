// libnvrtc.so.12 and libnvrtc.so.13
#include "abi/nvrtc_abi.h"
#include "mock/abi/nvrtc_more.h"
#include "mock/exports/trampoline.h"

GPUEX_FORWARD_CONTROL
GPUEX_NVRTC_FUNCTIONS(GPUEX_FORWARD)
GPUEX_NVRTC_MORE_FUNCTIONS(GPUEX_FORWARD)

#define GPUEX_STUB(name) GPUEX_UNSUPPORTED(nvrtc, name)
GPUEX_STUB(nvrtcGetLTOIRSize)
GPUEX_STUB(nvrtcGetLTOIR)
GPUEX_STUB(nvrtcGetOptiXIRSize)
GPUEX_STUB(nvrtcGetOptiXIR)
GPUEX_STUB(nvrtcGetPCHHeapSize)
GPUEX_STUB(nvrtcSetPCHHeapSize)
GPUEX_STUB(nvrtcGetPCHCreateStatus)
GPUEX_STUB(nvrtcGetPCHHeapSizeRequired)
GPUEX_STUB(nvrtcSetFlowCallback)
