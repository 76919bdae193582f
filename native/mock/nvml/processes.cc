// NVML about who works on a board. Our own process is there while it has a context; others are what
// the scenario says.
#include <vector>

#include "mock/engine/own_process.h"
#include "mock/nvml/call.h"

namespace gpuex::mock::nvml_layer {
namespace {

constexpr unsigned kNoInstance = 0xFFFFFFFF;
// Linux has no process with this number or a greater one, so that it names nobody here.
constexpr unsigned kLinuxPidLimit = 4194304;

struct Entry {
  unsigned pid;
  uint64_t bytes;
  unsigned instance;
};

void AddOwn(const Device& device, std::vector<Entry>& entries) {
  if (!device.context.active()) return;
  const bool of_host = StandIn::Current().scenario().host_pids;
  const unsigned pid = of_host ? kLinuxPidLimit + OwnPid() : OwnPid();
  const uint64_t own = device.ledger.Read().used - device.spec.used_by_others_bytes;
  entries.push_back({pid, own, device.parent != nullptr ? device.instance : kNoInstance});
}

std::vector<Entry> Entries(const Device& device, ProcessReading::Kind kind) {
  std::vector<Entry> entries;
  for (const ProcessReading& process : device.Readings().processes) {
    if (process.kind == kind) entries.push_back({process.pid, process.bytes, kNoInstance});
  }
  if (kind == ProcessReading::Kind::kCompute) {
    AddOwn(device, entries);
    for (const Device* instance : device.instances) AddOwn(*instance, entries);
  }
  return entries;
}

void Write(const Entry& entry, nvmlProcessInfo_v1_t* info) {
  info->pid = entry.pid;
  info->usedGpuMemory = entry.bytes;
}

void Write(const Entry& entry, nvmlProcessInfo_v2_t* info) {
  info->pid = entry.pid;
  info->usedGpuMemory = entry.bytes;
  info->gpuInstanceId = entry.instance;
  info->computeInstanceId = entry.instance == kNoInstance ? kNoInstance : 0;
}

// The two-step protocol: too small a count answers what is needed.
template <class Info>
nvmlReturn_t List(Function function, nvmlDevice_t device, unsigned int* infoCount, Info* infos,
                  ProcessReading::Kind kind) {
  return Call(
      function, true, With(device, infoCount, infos),
      [&](const Machine& machine) { return DeviceOf(machine, device); },
      [&](Machine&, const Device* found) -> nvmlReturn_t {
        if (found == nullptr || infoCount == nullptr) return kInvalidArgument;
        const std::vector<Entry> entries = Entries(*found, kind);
        const unsigned room = *infoCount;
        *infoCount = static_cast<unsigned>(entries.size());
        if (entries.empty()) return kSuccess;
        if (room < entries.size()) return kInsufficientSize;
        if (infos == nullptr) return kInvalidArgument;
        for (size_t i = 0; i < entries.size(); ++i) Write(entries[i], &infos[i]);
        return kSuccess;
      });
}

}  // namespace
}  // namespace gpuex::mock::nvml_layer

using namespace gpuex::mock;              // NOLINT
using namespace gpuex::mock::nvml_layer;  // NOLINT

#define GPUEX_MOCK_PROCESSES(name, info, kind)                                                    \
  GPUEX_MOCK_EXPORT nvmlReturn_t name(nvmlDevice_t device, unsigned int* infoCount, info* infos) { \
    return List(Function::name, device, infoCount, infos, ProcessReading::Kind::kind);            \
  }
GPUEX_MOCK_PROCESSES(nvmlDeviceGetComputeRunningProcesses, nvmlProcessInfo_v1_t, kCompute)
GPUEX_MOCK_PROCESSES(nvmlDeviceGetComputeRunningProcesses_v2, nvmlProcessInfo_v2_t, kCompute)
GPUEX_MOCK_PROCESSES(nvmlDeviceGetComputeRunningProcesses_v3, nvmlProcessInfo_v2_t, kCompute)
GPUEX_MOCK_PROCESSES(nvmlDeviceGetGraphicsRunningProcesses, nvmlProcessInfo_v1_t, kGraphics)
GPUEX_MOCK_PROCESSES(nvmlDeviceGetGraphicsRunningProcesses_v2, nvmlProcessInfo_v2_t, kGraphics)
GPUEX_MOCK_PROCESSES(nvmlDeviceGetGraphicsRunningProcesses_v3, nvmlProcessInfo_v2_t, kGraphics)

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetRunningProcessDetailList(
    nvmlDevice_t device, nvmlProcessDetailList_t* plist) {
  return DeviceCall(
      Function::nvmlDeviceGetRunningProcessDetailList, With(device, plist),
      [&](Machine&, const Device& found) -> nvmlReturn_t {
        constexpr unsigned kCompute = 0;
        constexpr unsigned kMps = 2;
        if (plist->version != NvmlStamp(sizeof *plist, 1)) return kArgumentVersionMismatch;
        if (plist->mode > kMps) return kInvalidArgument;
        // Documented for Hopper and newer.
        if (found.spec.board->architecture < Architecture::hopper) return kNotSupported;
        std::vector<Entry> entries;
        if (plist->mode != kMps) {
          entries = Entries(found, plist->mode == kCompute ? ProcessReading::Kind::kCompute
                                                           : ProcessReading::Kind::kGraphics);
        }
        const unsigned room = plist->numProcArrayEntries;
        plist->numProcArrayEntries = static_cast<unsigned>(entries.size());
        if (entries.empty()) return kSuccess;
        if (room < entries.size()) return kInsufficientSize;
        if (plist->procArray == nullptr) return kInvalidArgument;
        for (size_t i = 0; i < entries.size(); ++i) {
          nvmlProcessDetail_v1_t& detail = plist->procArray[i];
          detail.pid = entries[i].pid;
          detail.usedGpuMemory = entries[i].bytes;
          detail.gpuInstanceId = entries[i].instance;
          detail.computeInstanceId = entries[i].instance == kNoInstance ? kNoInstance : 0;
          detail.usedGpuCcProtectedMemory = 0;
        }
        return kSuccess;
      });
}
