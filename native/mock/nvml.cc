// libnvidia-ml as the stand-in gives it. Order in every call: initialised, rules, arguments. It looks
// past CUDA: all devices, no context, no poison.
#include <cstring>
#include <string>

#if defined(_WIN32)
#include <process.h>
#else
#include <unistd.h>
#endif

#include "mock/control.h"
#include "mock/engine/pci_text.h"
#include "mock/engine/status.h"
#include "mock/exports/alias.h"
#include "mock/stand_in.h"

namespace {

using namespace gpuex::abi::nvml;  // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;       // NOLINT
using namespace gpuex::mock::nvml_status;

// A device handle is the address of its cell; see cuda.cc. It stays good from one initialisation to
// the next, as NVML's index does within one boot.
struct alignas(16) DeviceCell {
  char unused;
};
DeviceCell device_cells[kMaxDevices];

nvmlDevice_t HandleOf(const Device& device) {
  return reinterpret_cast<nvmlDevice_t>(&device_cells[device.nvml_index]);
}

Device* DeviceOf(const Machine& machine, nvmlDevice_t handle) {
  const auto address = reinterpret_cast<uintptr_t>(handle);
  const auto base = reinterpret_cast<uintptr_t>(&device_cells[0]);
  if (address < base || address >= base + sizeof device_cells) return nullptr;
  const uintptr_t offset = address - base;
  if (offset % sizeof(DeviceCell) != 0) return nullptr;
  return machine.DeviceByNvmlIndex(static_cast<int>(offset / sizeof(DeviceCell)));
}

int IndexOf(const Device* device) { return device == nullptr ? -1 : device->nvml_index; }

// `find(machine)`: the device that the call is about, or null.
template <class Find, class Body>
nvmlReturn_t Call(Function function, bool needs_init, Find find, Body body) {
  for (bool first = true;; first = false) {
    Machine& machine = StandIn::Current();
    if (first) machine.CountCall(function);
    if (machine.broken()) return kUnknown;
    if (needs_init && !machine.nvml().initialized()) return kUninitialized;
    Device* device = find(machine);
    const Verdict verdict = machine.Ask(function, IndexOf(device));
    if (verdict.kind == Verdict::kRestart) continue;
    if (verdict.kind == Verdict::kAnswer) return verdict.code;
    return body(machine, device);
  }
}

template <class Body>
nvmlReturn_t SystemCall(Function function, bool needs_init, Body body) {
  return Call(
      function, needs_init, [](const Machine&) -> Device* { return nullptr; },
      [&](Machine& machine, Device*) { return body(machine); });
}

// `out`: what the call fills.
template <class Body>
nvmlReturn_t DeviceCall(Function function, nvmlDevice_t handle, const void* out, Body body) {
  return Call(
      function, true, [&](const Machine& machine) { return DeviceOf(machine, handle); },
      [&](Machine&, Device* device) {
        return device == nullptr || out == nullptr ? kInvalidArgument : body(*device);
      });
}

template <class Find>
nvmlReturn_t HandleCall(Function function, nvmlDevice_t* handle, int not_found, Find find) {
  return Call(function, true, find, [&](Machine&, const Device* device) {
    if (handle == nullptr) return kInvalidArgument;
    if (device == nullptr) return not_found;
    *handle = HandleOf(*device);
    return kSuccess;
  });
}

nvmlReturn_t Fill(const std::string& text, char* buffer, unsigned int length) {
  if (buffer == nullptr) return kInvalidArgument;
  if (length <= text.size()) return kInsufficientSize;
  std::memcpy(buffer, text.c_str(), text.size() + 1);
  return kSuccess;
}

// What NVML calls this process.
constexpr char kOwnName[] = "node";

unsigned int OwnPid() {
#if defined(_WIN32)
  return static_cast<unsigned int>(_getpid());
#else
  return static_cast<unsigned int>(getpid());
#endif
}

// This process alone, once it has a context: the scenario's other users have no names.
template <class Info>
nvmlReturn_t ComputeProcesses(Function function, nvmlDevice_t handle, unsigned int* count,
                              Info* infos) {
  return DeviceCall(function, handle, count, [&](const Device& found) {
    const unsigned int capacity = *count;
    *count = found.context.active() ? 1 : 0;
    if (*count > capacity) return kInsufficientSize;
    if (*count == 0) return kSuccess;
    if (infos == nullptr) return kInvalidArgument;
    *infos = Info{};
    infos->pid = OwnPid();
    infos->usedGpuMemory = found.ledger.Read().used - found.spec.used_by_others_bytes;
    return kSuccess;
  });
}

nvmlReturn_t NoProcesses(Function function, nvmlDevice_t handle, unsigned int* count) {
  return DeviceCall(function, handle, count, [&](const Device&) {
    *count = 0;
    return kSuccess;
  });
}

}  // namespace

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlInit_v2() {
  return SystemCall(Function::nvmlInit_v2, false, [](Machine& machine) {
    if (machine.scenario().cuda_driver_version == 0) return kDriverNotLoaded;
    machine.nvml().Initialize();
    return kSuccess;
  });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlShutdown() {
  return SystemCall(Function::nvmlShutdown, false,
                    [](Machine& machine) { return machine.nvml().Shutdown(); });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlSystemGetDriverVersion(char* version, unsigned int length) {
  return SystemCall(Function::nvmlSystemGetDriverVersion, true, [&](Machine& machine) {
    return Fill(machine.scenario().driver_version, version, length);
  });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlSystemGetNVMLVersion(char* version, unsigned int length) {
  return SystemCall(Function::nvmlSystemGetNVMLVersion, true, [&](Machine& machine) {
    return Fill(machine.scenario().nvml_version, version, length);
  });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int* deviceCount) {
  return SystemCall(Function::nvmlDeviceGetCount_v2, true, [&](Machine& machine) {
    if (deviceCount == nullptr) return kInvalidArgument;
    *deviceCount = static_cast<unsigned int>(machine.device_count());
    return kSuccess;
  });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index,
                                                             nvmlDevice_t* device) {
  return HandleCall(Function::nvmlDeviceGetHandleByIndex_v2, device, kInvalidArgument,
                    [&](const Machine& machine) -> Device* {
                      return index < kMaxDevices
                                 ? machine.DeviceByNvmlIndex(static_cast<int>(index))
                                 : nullptr;
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetHandleByUUID(const char* uuid, nvmlDevice_t* device) {
  const int not_found = uuid == nullptr ? kInvalidArgument : kNotFound;
  return HandleCall(Function::nvmlDeviceGetHandleByUUID, device, not_found,
                    [&](const Machine& machine) -> Device* {
                      for (Device* candidate : machine.devices_as_listed()) {
                        if (uuid != nullptr && candidate->spec.uuid == uuid) return candidate;
                      }
                      return nullptr;
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char* pciBusId,
                                                                nvmlDevice_t* device) {
  PciAddress address;
  const bool readable = pciBusId != nullptr && ParsePci(pciBusId, &address);
  return HandleCall(Function::nvmlDeviceGetHandleByPciBusId_v2, device,
                    readable ? kNotFound : kInvalidArgument,
                    [&](const Machine& machine) -> Device* {
                      for (Device* candidate : machine.devices_as_listed()) {
                        if (readable && candidate->spec.pci == address) return candidate;
                      }
                      return nullptr;
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char* name,
                                                 unsigned int length) {
  return DeviceCall(Function::nvmlDeviceGetName, device, name,
                    [&](const Device& found) { return Fill(found.spec.name, name, length); });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char* uuid,
                                                 unsigned int length) {
  return DeviceCall(Function::nvmlDeviceGetUUID, device, uuid,
                    [&](const Device& found) { return Fill(found.spec.uuid, uuid, length); });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t* pci) {
  return DeviceCall(Function::nvmlDeviceGetPciInfo_v3, device, pci, [&](const Device& found) {
    const PciAddress& address = found.spec.pci;
    *pci = nvmlPciInfo_t{};
    // The old field has room for 16 bits of domain only.
    PciAddress legacy = address;
    legacy.domain &= 0xffff;
    Fill(PciText(legacy, 4), pci->busIdLegacy, sizeof pci->busIdLegacy);
    Fill(PciText(address, 8), pci->busId, sizeof pci->busId);
    pci->domain = address.domain;
    pci->bus = address.bus;
    pci->device = address.device;
    // NVIDIA's vendor number below; the scenario does not say which chip it is.
    pci->pciDeviceId = 0x10DE;
    return kSuccess;
  });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t* memory) {
  return DeviceCall(Function::nvmlDeviceGetMemoryInfo, device, memory, [&](const Device& found) {
    const MemoryLedger::Reading reading = found.ledger.Read();
    memory->total = reading.total;
    memory->free = reading.free;
    // This version knows no reserved memory: what is not free is used.
    memory->used = reading.used + reading.reserved;
    return kSuccess;
  });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device,
                                                          nvmlMemory_v2_t* memory) {
  return DeviceCall(Function::nvmlDeviceGetMemoryInfo_v2, device, memory,
                    [&](const Device& found) {
                      if (memory->version != nvmlMemory_v2) return kArgumentVersionMismatch;
                      const MemoryLedger::Reading reading = found.ledger.Read();
                      memory->total = reading.total;
                      memory->reserved = reading.reserved;
                      memory->free = reading.free;
                      memory->used = reading.used;
                      return kSuccess;
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetIndex(nvmlDevice_t device, unsigned int* index) {
  return DeviceCall(Function::nvmlDeviceGetIndex, device, index, [&](const Device& found) {
    *index = static_cast<unsigned int>(found.nvml_index);
    return kSuccess;
  });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceIsMigDeviceHandle(nvmlDevice_t device,
                                                           unsigned int* isMigDevice) {
  return DeviceCall(Function::nvmlDeviceIsMigDeviceHandle, device, isMigDevice,
                    [&](const Device&) {
                      *isMigDevice = 0;
                      return kSuccess;
                    });
}

// No handle here is an instance's.
GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetDeviceHandleFromMigDeviceHandle(nvmlDevice_t migDevice,
                                                                            nvmlDevice_t* device) {
  return DeviceCall(Function::nvmlDeviceGetDeviceHandleFromMigDeviceHandle, migDevice, device,
                    [](const Device&) { return kInvalidArgument; });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetComputeRunningProcesses(nvmlDevice_t device,
                                                                    unsigned int* infoCount,
                                                                    nvmlProcessInfo_v1_t* infos) {
  return ComputeProcesses(Function::nvmlDeviceGetComputeRunningProcesses, device, infoCount, infos);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v2(
    nvmlDevice_t device, unsigned int* infoCount, nvmlProcessInfo_v2_t* infos) {
  return ComputeProcesses(Function::nvmlDeviceGetComputeRunningProcesses_v2, device, infoCount,
                          infos);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(
    nvmlDevice_t device, unsigned int* infoCount, nvmlProcessInfo_v2_t* infos) {
  return ComputeProcesses(Function::nvmlDeviceGetComputeRunningProcesses_v3, device, infoCount,
                          infos);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses(nvmlDevice_t device,
                                                                     unsigned int* infoCount,
                                                                     nvmlProcessInfo_v1_t*) {
  return NoProcesses(Function::nvmlDeviceGetGraphicsRunningProcesses, device, infoCount);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v2(nvmlDevice_t device,
                                                                        unsigned int* infoCount,
                                                                        nvmlProcessInfo_v2_t*) {
  return NoProcesses(Function::nvmlDeviceGetGraphicsRunningProcesses_v2, device, infoCount);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v3(nvmlDevice_t device,
                                                                        unsigned int* infoCount,
                                                                        nvmlProcessInfo_v2_t*) {
  return NoProcesses(Function::nvmlDeviceGetGraphicsRunningProcesses_v3, device, infoCount);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlSystemGetProcessName(unsigned int pid, char* name,
                                                        unsigned int length) {
  return SystemCall(Function::nvmlSystemGetProcessName, true, [&](Machine&) {
    if (name == nullptr || length == 0) return kInvalidArgument;
    if (pid != OwnPid()) return kNotFound;
    // Documented to be cut, not to fail.
    const size_t kept = std::string(kOwnName).copy(name, length - 1);
    name[kept] = '\0';
    return kSuccess;
  });
}

GPUEX_NVML_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_NVML_FUNCTIONS(GPUEX_MOCK_ALIAS)
