#include "probe/processes.h"

#include <cstring>
#include <map>

#include "api/vendor_api.h"
#include "platform/pid_namespace.h"
#include "probe/nvml_device.h"

namespace gpuex {

namespace {

using abi::nvml::NVML_ERROR_NOT_SUPPORTED;
using abi::nvml::NVML_SUCCESS;
using Handle = abi::nvml::nvmlDevice_t;
constexpr int kNvmlInsufficientSize = 7;
constexpr int kNvmlFunctionNotFound = 13;
constexpr unsigned long long kNotAvailable = ~0ULL;
constexpr size_t kWideEntry = 32;

struct Entry {
  unsigned int pid;
  unsigned long long bytes;
};

// All three layouts begin alike: pid, padding, bytes.
std::vector<Entry> Read(const std::vector<unsigned char>& raw, size_t stride, size_t count) {
  std::vector<Entry> entries(count);
  for (size_t i = 0; i < count; ++i) {
    abi::nvml::nvmlProcessInfo_v1_t entry;
    std::memcpy(&entry, raw.data() + i * stride, sizeof(entry));
    entries[i] = {entry.pid, entry.usedGpuMemory};
  }
  return entries;
}

template <typename Info>
int Fill(int (*function)(Handle, unsigned int*, Info*), Handle device, size_t stride,
         std::vector<Entry>* entries) {
  // Room to begin with, and more whenever the list has grown meanwhile.
  unsigned int capacity = 64;
  for (int attempt = 0; attempt < 8; ++attempt) {
    // Always room for the widest entry: what is not understood must at least not be overrun.
    std::vector<unsigned char> raw(capacity * kWideEntry);
    unsigned int count = capacity;
    const int status = function(device, &count, reinterpret_cast<Info*>(raw.data()));
    if (status == kNvmlInsufficientSize) {
      capacity = (count > capacity ? count : capacity) + capacity;
      continue;
    }
    if (status == NVML_SUCCESS) *entries = Read(raw, stride, count < capacity ? count : capacity);
    return status;
  }
  return kNvmlInsufficientSize;
}

struct Family {
  const char* name;
  decltype(NvmlApi::nvmlDeviceGetComputeRunningProcesses_v2) v2;
  decltype(NvmlApi::nvmlDeviceGetComputeRunningProcesses_v3) v3;
  decltype(NvmlApi::nvmlDeviceGetComputeRunningProcesses) v1;
};

// The second version comes first: its entries never changed, while those of the third were wider in
// one release and tell nothing more.
int List(const NvmlApi& nvml, const Family& family, Handle device, std::vector<Entry>* entries) {
  using Narrow = abi::nvml::nvmlProcessInfo_v2_t;
  int status = kNvmlFunctionNotFound;
  if (family.v2 != nullptr) status = Fill(family.v2, device, sizeof(Narrow), entries);
  if (status == kNvmlFunctionNotFound && family.v3 != nullptr) {
    const size_t stride = nvml.wide_v3_processes ? kWideEntry : sizeof(Narrow);
    status = Fill(family.v3, device, stride, entries);
  }
  if (status == kNvmlFunctionNotFound && family.v1 != nullptr) {
    status = Fill(family.v1, device, sizeof(abi::nvml::nvmlProcessInfo_v1_t), entries);
  }
  return status;
}

bool IsUntold(int status) {
  return status == NVML_ERROR_NOT_SUPPORTED || status == kNvmlFunctionNotFound;
}

std::string NameOf(const NvmlApi& nvml, unsigned int pid) {
  if (nvml.nvmlSystemGetProcessName == nullptr) return std::string();
  constexpr unsigned int kLongestName = 1024;
  return VendorText<kLongestName>(
      nvml.findings, "nvmlSystemGetProcessName", [&](char* text, unsigned int size) {
        return nvml.nvmlSystemGetProcessName(pid, text, size);
      });
}

void Merge(const std::vector<Entry>& entries, bool ProcessReport::*type,
           std::map<unsigned int, ProcessReport>* processes) {
  for (const Entry& entry : entries) {
    ProcessReport& process = (*processes)[entry.pid];
    process.pid = entry.pid;
    process.*type = true;
    if (entry.bytes == kNotAvailable) continue;
    // A process with both kinds of context is in both lists, with its whole memory.
    const auto bytes = static_cast<double>(entry.bytes);
    if (!process.bytes || bytes > *process.bytes) process.bytes = bytes;
  }
}

// Whether this process is sure to be on the device's lists.
bool HasContext(const CudaApi& cuda, abi::cuda::CUdevice device) {
  unsigned int flags = 0;
  int active = 0;
  return cuda.cuDevicePrimaryCtxGetState(device, &flags, &active) == abi::cuda::CUDA_SUCCESS &&
         active != 0;
}

// NVIDIA's newer kernel drivers tell a process the numbers of its own PID namespace, and leave out whom it
// cannot see; older ones tell the host's. Which it is shows where this process must be on the list:
// `listed` says whether it must, and is asked before the list is read and after.
template <typename Listed>
class Numbering {
 public:
  explicit Numbering(Listed listed)
      : nested_(InNestedPidNamespace()), listed_(listed), before_(nested_ != false && listed_()) {}

  std::optional<bool> AreHosts(const std::map<unsigned int, ProcessReport>& processes) const {
    if (nested_ == false) return false;
    if (!before_) return std::nullopt;
    if (processes.count(PidInNamespace()) != 0) return false;
    // Else its context has gone meanwhile.
    return listed_() ? std::optional<bool>(true) : std::nullopt;
  }

 private:
  std::optional<bool> nested_;
  Listed listed_;
  bool before_;
};

}  // namespace

std::optional<ProcessesReport> ListProcesses(DeviceJoin* join, Libraries* libraries,
                                             const Environment& environment, int device) {
  const JoinTable& table = join->Get(libraries, environment);
  const abi::cuda::CUdevice own = join->Join(table, libraries, environment, device).device;
  const Numbering numbering([&] { return HasContext(*table.cuda, own); });
  std::vector<Entry> compute;
  std::vector<Entry> graphics;
  bool told = false;
  const NvmlApi* asked = nullptr;
  const auto question = [&](const NvmlApi& nvml, Handle handle) -> NvmlAnswer {
    asked = &nvml;
    told = false;
    const Family families[] = {
        {"nvmlDeviceGetComputeRunningProcesses", nvml.nvmlDeviceGetComputeRunningProcesses_v2,
         nvml.nvmlDeviceGetComputeRunningProcesses_v3, nvml.nvmlDeviceGetComputeRunningProcesses},
        {"nvmlDeviceGetGraphicsRunningProcesses", nvml.nvmlDeviceGetGraphicsRunningProcesses_v2,
         nvml.nvmlDeviceGetGraphicsRunningProcesses_v3,
         nvml.nvmlDeviceGetGraphicsRunningProcesses}};
    std::vector<Entry>* const lists[] = {&compute, &graphics};
    for (size_t i = 0; i < 2; ++i) {
      lists[i]->clear();
      const int status = List(nvml, families[i], handle, lists[i]);
      if (status != NVML_SUCCESS && !IsUntold(status)) return {status, families[i].name};
      // Who computes is an answer alone: a MIG instance has no graphics. The other list alone would
      // leave out most, and say so of nobody.
      if (lists[i] == &compute) told = status == NVML_SUCCESS;
    }
    return {NVML_SUCCESS, families[0].name};
  };
  const NvmlReach reach = AskNvml(join, libraries, environment, device, question);
  if (!reach.answered || !told) return std::nullopt;

  std::map<unsigned int, ProcessReport> merged;
  Merge(compute, &ProcessReport::compute, &merged);
  Merge(graphics, &ProcessReport::graphics, &merged);
  ProcessesReport report;
  report.host_pids = numbering.AreHosts(merged);
  for (auto& [pid, process] : merged) {
    // The name is looked up here, where another namespace's number means somebody else.
    if (report.host_pids == false) process.name = NameOf(*asked, pid);
    report.processes.push_back(std::move(process));
  }
  return report;
}

}  // namespace gpuex
