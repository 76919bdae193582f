// One question to NVML about one CUDA ordinal, with everything that can get in its way.
#pragma once

#include <functional>

#include "probe/device_join.h"

namespace gpuex {

struct NvmlAnswer {
  int status;
  const char* call;  // which call answered it
};
using NvmlQuestion = std::function<NvmlAnswer(const NvmlApi& nvml, abi::nvml::nvmlDevice_t device)>;

struct NvmlReach {
  // False: NVML is absent, or cannot show this device (a container without the right to, or a device
  // that it does not list), so it was not asked.
  bool answered;
  JoinedDevice device;
  const CudaApi* cuda;
};

// Asks, and once more when the handle turned out to be void or NVML to be shut down: then NVML is
// started again. Throws NativeError when the last answer is still no success, when the driver says
// that there is no such device, and as DeviceJoin::Get. `device` >= 0.
NvmlReach AskNvml(DeviceJoin* join, Libraries* libraries, const Environment& environment,
                  int device, const NvmlQuestion& question);

}  // namespace gpuex
