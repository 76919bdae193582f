#include "probe/nvml_device.h"

#include "errors/check.h"

namespace gpuex {

namespace {

using abi::nvml::NVML_ERROR_NOT_SUPPORTED;
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

// Our own hold on a session whose driver has gone; without it the next start would only be counted.
void LetGo(const NvmlApi& nvml, int status) {
  if (status == kNvmlDriverNotLoaded) nvml.nvmlShutdown();
}

}  // namespace

NvmlReach AskNvml(DeviceJoin* join, Libraries* libraries, const Environment& environment,
                  int device, const NvmlQuestion& question) {
  // Twice: handles may have become void because somebody else shut NVML down, or because the
  // stand-in was configured afresh on another thread.
  for (bool again = false;; again = true) {
    const JoinTable& table = join->Get(libraries, environment);
    const unsigned epoch = join->epoch();
    NvmlReach reach{false, join->Join(table, libraries, environment, device), table.cuda};
    if (reach.device.library == nullptr) return reach;
    const NvmlApi& nvml = *reach.device.library;

    if (reach.device.nvml == nullptr) {
      FindInNvml(&reach.device);
      const int status = reach.device.nvml_status;
      const bool found = reach.device.nvml != nullptr;
      if (!found && IsBlind(status)) return reach;
      if (again || !HasStopped(status)) {
        Check(Library::kNvml, status, reach.device.nvml_call, {device, {}});
      }
      if (join->Retire(&table, epoch, HasStopped(status))) LetGo(nvml, status);
      if (!found) continue;
    }

    const NvmlAnswer answer = question(nvml, reach.device.nvml);
    if (answer.status == NVML_SUCCESS) {
      reach.answered = true;
      return reach;
    }
    const bool stopped = HasStopped(answer.status);
    if (again || !(stopped || answer.status == kNvmlInvalidArgument)) {
      Check(Library::kNvml, answer.status, answer.call, {device, {}});
    }
    if (join->Retire(&table, epoch, stopped)) LetGo(nvml, answer.status);
  }
}

}  // namespace gpuex
