#include "probe/nvml_device.h"

#include "errors/check.h"

namespace gpuex {

namespace {

using abi::nvml::NVML_ERROR_NOT_SUPPORTED;
using abi::nvml::NVML_ERROR_UNINITIALIZED;
using abi::nvml::NVML_SUCCESS;
constexpr int kNvmlInvalidArgument = 2;
constexpr int kNvmlNoPermission = 4;
constexpr int kNvmlNotFound = 6;
constexpr int kNvmlDriverNotLoaded = 9;

// NVML is there but cannot show this device. Anything else is a failure worth telling.
bool IsBlind(int status) {
  return status == kNvmlNotFound || status == kNvmlNoPermission || status == kNvmlInvalidArgument ||
         status == NVML_ERROR_NOT_SUPPORTED;
}

// Somebody else shut it down, or the driver was unloaded below it: it has to be started again.
bool HasStopped(int status) {
  return status == NVML_ERROR_UNINITIALIZED || status == kNvmlDriverNotLoaded;
}

// Our own hold on a session whose driver has gone; without it the next start would only be counted.
void LetGo(const NvmlApi& nvml, int status) {
  if (status == kNvmlDriverNotLoaded) nvml.nvmlShutdown();
}

}  // namespace

const JoinedDevice& DeviceIn(const JoinTable& table, int device) {
  if (static_cast<size_t>(device) < table.devices.size()) {
    return table.devices[static_cast<size_t>(device)];
  }
  // Asked once more, so that it is the driver that says so.
  abi::cuda::CUdevice ignored = 0;
  Check(Library::kCuda, table.cuda->cuDeviceGet(&ignored, device), "cuDeviceGet", {device, {}});
  NativeError error(Library::kCuda);
  error.code = abi::cuda::CUDA_ERROR_INVALID_DEVICE;
  error.call = "cuDeviceGet";
  error.device = device;
  throw error;
}

NvmlReach AskNvml(DeviceJoin* join, Libraries* libraries, const Environment& environment,
                  int device, const NvmlQuestion& question) {
  // Twice: handles may have become void because somebody else shut NVML down, or because the
  // stand-in was configured afresh on another thread.
  for (bool again = false;; again = true) {
    const JoinTable& table = join->Get(libraries, environment);
    NvmlReach reach{false, DeviceIn(table, device), table.cuda};
    if (table.nvml == nullptr) return reach;

    if (reach.device.nvml == nullptr) {
      FindInNvml(*table.nvml, &reach.device);
      const int status = reach.device.nvml_status;
      const bool found = reach.device.nvml != nullptr;
      if (!found && IsBlind(status)) return reach;
      if (again || !HasStopped(status)) {
        Check(Library::kNvml, status, reach.device.nvml_call, {device, {}});
      }
      if (join->Retire(table, HasStopped(status))) LetGo(*table.nvml, status);
      if (!found) continue;
    }

    const NvmlAnswer answer = question(*table.nvml, reach.device.nvml);
    if (answer.status == NVML_SUCCESS) {
      reach.answered = true;
      return reach;
    }
    const bool stopped = HasStopped(answer.status);
    if (again || !(stopped || answer.status == kNvmlInvalidArgument)) {
      Check(Library::kNvml, answer.status, answer.call, {device, {}});
    }
    if (join->Retire(table, stopped)) LetGo(*table.nvml, answer.status);
  }
}

}  // namespace gpuex
