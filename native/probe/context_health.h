// Whether this process's primary context on a device is active, and if so whether it still works.
#pragma once

#include "api/cuda_api.h"

namespace gpuex {

struct ContextHealth {
  int status = 0;              // 0: the question could be asked; else what prevented it
  const char* call = nullptr;  // the call that prevented it, or that answered `code`
  int active = -1;             // 1, 0, or -1 for unknown
  int code = 0;                // what an active context answers with; 0 is healthy
};

// Initialises the driver (cuInit: no context). May block as long as the driver does.
ContextHealth ReadContextHealth(const CudaApi& cuda, int device);

}  // namespace gpuex
