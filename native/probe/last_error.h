// The CUDA runtime's last error on the calling thread. It belongs to a thread and to one copy of the
// runtime, and asking initialises the runtime.
#pragma once

#include "api/cudart_api.h"

namespace gpuex {

// One call each. Without a driver the answer is the start-up error, for ever: it does not clear.
inline int TakeLastError(const CudartApi& cudart) { return cudart.cudaGetLastError(); }
inline int PeekLastError(const CudartApi& cudart) { return cudart.cudaPeekAtLastError(); }

}  // namespace gpuex
