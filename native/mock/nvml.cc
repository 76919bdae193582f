// libnvidia-ml as the stand-in gives it: initialisation, look-ups, identity and memory. The rest is
// in nvml/, one file for each kind of question.
#include <cstring>
#include <string>

#include "mock/engine/pci_text.h"
#include "mock/nvml/call.h"

namespace gpuex::mock::nvml_layer {

nvmlReturn_t Fill(const std::string& text, char* buffer, unsigned int length) {
  if (buffer == nullptr) return kInvalidArgument;
  if (length <= text.size()) return kInsufficientSize;
  std::memcpy(buffer, text.c_str(), text.size() + 1);
  return kSuccess;
}

Device* FindByIndex(const Machine& machine, unsigned int index) {
  return index < kMaxDevices ? machine.DeviceByNvmlIndex(static_cast<int>(index)) : nullptr;
}

Device* FindByUuid(const Machine& machine, const char* uuid) {
  if (uuid == nullptr) return nullptr;
  for (Device* candidate : machine.devices_as_listed()) {
    if (candidate->spec.uuid == uuid) return candidate;
  }
  for (const auto& candidate : machine.instances()) {
    if (candidate->spec.uuid == uuid) return candidate.get();
  }
  return nullptr;
}

namespace {

nvmlReturn_t Initialize(Machine& machine) {
  if (machine.scenario().cuda_driver_version == 0) return kDriverNotLoaded;
  machine.nvml().Initialize();
  return kSuccess;
}

// The older count and index leave out what the caller may not open.
int PermittedCount(const Machine& machine) {
  int count = 0;
  for (const Device* device : machine.devices_as_listed()) count += device->spec.permitted;
  return count;
}

Device* PermittedAt(const Machine& machine, unsigned int index) {
  for (int i = 0; i < machine.device_count(); ++i) {
    Device* device = machine.DeviceByNvmlIndex(i);
    if (device->spec.permitted && index-- == 0) return device;
  }
  return nullptr;
}

template <class Arguments>
nvmlReturn_t HandleByPci(Function function, const Arguments& arguments, const char* pciBusId,
                         nvmlDevice_t* handle) {
  PciAddress address;
  const bool readable = pciBusId != nullptr && ParsePci(pciBusId, &address);
  return HandleCall(function, arguments, handle, readable ? kNotFound : kInvalidArgument,
                    [&](const Machine& machine) -> Device* {
                      for (Device* candidate : machine.devices_as_listed()) {
                        if (readable && candidate->spec.pci == address) return candidate;
                      }
                      return nullptr;
                    });
}

// NVIDIA's vendor number below the chip's.
unsigned PciDeviceId(const Device& device) { return device.spec.board->pci_device << 16 | 0x10DE; }

// How much of the struct a version of the call fills.
enum class PciForm { kFirst, kSecond, kThird };

nvmlReturn_t FillPci(const Device& device, nvmlPciInfo_t* pci, PciForm form) {
  const PciAddress& address = device.spec.pci;
  // The old field has room for 16 bits of domain only.
  PciAddress legacy = address;
  legacy.domain &= 0xffff;
  std::memset(pci->busIdLegacy, 0, sizeof pci->busIdLegacy);
  Fill(PciText(legacy, 4), pci->busIdLegacy, sizeof pci->busIdLegacy);
  pci->domain = address.domain;
  pci->bus = address.bus;
  pci->device = address.device;
  pci->pciDeviceId = PciDeviceId(device);
  if (form == PciForm::kFirst) return kSuccess;
  pci->pciSubSystemId = 0;
  if (form == PciForm::kSecond) return kSuccess;
  std::memset(pci->busId, 0, sizeof pci->busId);
  return Fill(PciText(address, 8), pci->busId, sizeof pci->busId);
}

}  // namespace
}  // namespace gpuex::mock::nvml_layer

using namespace gpuex::mock;              // NOLINT
using namespace gpuex::mock::nvml_layer;  // NOLINT

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlInit_v2() {
  return SystemCall(Function::nvmlInit_v2, false, With(), Initialize);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlInitWithFlags(unsigned int flags) {
  return SystemCall(Function::nvmlInitWithFlags, false, With(flags),
                    [&](Machine& machine) -> nvmlReturn_t {
                      constexpr unsigned kKnown = NVML_INIT_FLAG_NO_GPUS |
                                                  NVML_INIT_FLAG_NO_ATTACH |
                                                  NVML_INIT_FLAG_FORCE_INIT;
                      if ((flags & ~kKnown) != 0) return kInvalidArgument;
                      return Initialize(machine);
                    });
}

// Before R319 initialising meant starting every GPU, so one that may not be opened failed it.
GPUEX_MOCK_EXPORT nvmlReturn_t nvmlInit() {
  return SystemCall(Function::nvmlInit, false, With(), [](Machine& machine) -> nvmlReturn_t {
    if (machine.scenario().cuda_driver_version != 0 &&
        PermittedCount(machine) < machine.device_count()) {
      return kNoPermission;
    }
    return Initialize(machine);
  });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlShutdown() {
  return SystemCall(Function::nvmlShutdown, false, With(),
                    [](Machine& machine) { return machine.nvml().Shutdown(); });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int* deviceCount) {
  return SystemCall(Function::nvmlDeviceGetCount_v2, true, With(deviceCount),
                    [&](Machine& machine) -> nvmlReturn_t {
                      if (deviceCount == nullptr) return kInvalidArgument;
                      return Give(deviceCount, machine.device_count());
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetCount(unsigned int* deviceCount) {
  return SystemCall(Function::nvmlDeviceGetCount, true, With(deviceCount),
                    [&](Machine& machine) -> nvmlReturn_t {
                      if (deviceCount == nullptr) return kInvalidArgument;
                      return Give(deviceCount, PermittedCount(machine));
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index,
                                                             nvmlDevice_t* device) {
  return HandleCall(Function::nvmlDeviceGetHandleByIndex_v2, With(index, device), device,
                    kInvalidArgument,
                    [&](const Machine& machine) { return FindByIndex(machine, index); });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetHandleByIndex(unsigned int index,
                                                          nvmlDevice_t* device) {
  return HandleCall(Function::nvmlDeviceGetHandleByIndex, With(index, device), device,
                    kInvalidArgument,
                    [&](const Machine& machine) { return PermittedAt(machine, index); });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetHandleByUUID(const char* uuid, nvmlDevice_t* device) {
  return HandleCall(Function::nvmlDeviceGetHandleByUUID, With(uuid, device), device,
                    uuid == nullptr ? kInvalidArgument : kNotFound,
                    [&](const Machine& machine) { return FindByUuid(machine, uuid); });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetHandleByUUIDV(const nvmlUUID_t* uuid,
                                                          nvmlDevice_t* device) {
  constexpr unsigned kText = 1;
  constexpr unsigned kBytes = 2;
  int not_found = kNotFound;
  if (uuid == nullptr) {
    not_found = kInvalidArgument;
  } else if (uuid->version != NvmlStamp(sizeof *uuid, 1)) {
    not_found = kArgumentVersionMismatch;
  } else if (uuid->type != kText && uuid->type != kBytes) {
    not_found = kInvalidArgument;
  }
  return HandleCall(Function::nvmlDeviceGetHandleByUUIDV, With(uuid, device), device, not_found,
                    [&](const Machine& machine) -> Device* {
                      if (not_found != kNotFound) return nullptr;
                      if (uuid->type == kText) {
                        const std::string text(uuid->value.str,
                                               strnlen(uuid->value.str, sizeof uuid->value.str));
                        return FindByUuid(machine, text.c_str());
                      }
                      const auto same = [&](const Device& each) {
                        return std::memcmp(each.spec.uuid_bytes.data(), uuid->value.bytes,
                                           sizeof uuid->value.bytes) == 0;
                      };
                      for (Device* each : machine.devices_as_listed()) {
                        if (same(*each)) return each;
                      }
                      for (const auto& each : machine.instances()) {
                        if (same(*each)) return each.get();
                      }
                      return nullptr;
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char* pciBusId,
                                                                nvmlDevice_t* device) {
  return HandleByPci(Function::nvmlDeviceGetHandleByPciBusId_v2, With(pciBusId, device), pciBusId,
                     device);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetHandleByPciBusId(const char* pciBusId,
                                                             nvmlDevice_t* device) {
  return HandleByPci(Function::nvmlDeviceGetHandleByPciBusId, With(pciBusId, device), pciBusId,
                     device);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char* name,
                                                 unsigned int length) {
  return DeviceCall(Function::nvmlDeviceGetName, With(device, name, length),
                    [&](Machine&, const Device& found) {
                      return Fill(found.spec.name, name, length);
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char* uuid,
                                                 unsigned int length) {
  return DeviceCall(Function::nvmlDeviceGetUUID, With(device, uuid, length),
                    [&](Machine&, const Device& found) {
                      return Fill(found.spec.uuid, uuid, length);
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t* pci) {
  return DeviceCall(Function::nvmlDeviceGetPciInfo_v3, With(device, pci),
                    [&](Machine&, const Device& found) {
                      return FillPci(found, pci, PciForm::kThird);
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetPciInfo_v2(nvmlDevice_t device, nvmlPciInfo_t* pci) {
  return DeviceCall(Function::nvmlDeviceGetPciInfo_v2, With(device, pci),
                    [&](Machine&, const Device& found) {
                      return FillPci(found, pci, PciForm::kSecond);
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetPciInfo(nvmlDevice_t device, nvmlPciInfo_t* pci) {
  return DeviceCall(Function::nvmlDeviceGetPciInfo, With(device, pci),
                    [&](Machine&, const Device& found) {
                      return FillPci(found, pci, PciForm::kFirst);
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetPciInfoExt(nvmlDevice_t device,
                                                       nvmlPciInfoExt_t* pci) {
  return DeviceCall(Function::nvmlDeviceGetPciInfoExt, With(device, pci),
                    [&](Machine&, const Device& found) -> nvmlReturn_t {
                      if (pci->version != NvmlStamp(sizeof *pci, 1)) {
                        return kArgumentVersionMismatch;
                      }
                      const PciAddress& address = found.spec.pci;
                      pci->domain = address.domain;
                      pci->bus = address.bus;
                      pci->device = address.device;
                      pci->pciDeviceId = PciDeviceId(found);
                      pci->pciSubSystemId = 0;
                      pci->baseClass = 3;  // a display controller …
                      pci->subClass = 2;   // … that drives no display
                      std::memset(pci->busId, 0, sizeof pci->busId);
                      return Fill(PciText(address, 8), pci->busId, sizeof pci->busId);
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t* memory) {
  return DeviceCall(Function::nvmlDeviceGetMemoryInfo, With(device, memory),
                    [&](Machine&, const Device& found) -> nvmlReturn_t {
                      if (found.spec.board->has(board_flags::integrated)) return kNotSupported;
                      const MemoryLedger::Reading reading = found.Memory();
                      memory->total = reading.total;
                      memory->free = reading.free;
                      // This version knows no reserved memory: what is not free is used.
                      memory->used = reading.used + reading.reserved;
                      return kSuccess;
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device,
                                                          nvmlMemory_v2_t* memory) {
  return DeviceCall(Function::nvmlDeviceGetMemoryInfo_v2, With(device, memory),
                    [&](Machine&, const Device& found) -> nvmlReturn_t {
                      if (memory->version != nvmlMemory_v2) return kArgumentVersionMismatch;
                      if (found.spec.board->has(board_flags::integrated)) return kNotSupported;
                      const MemoryLedger::Reading reading = found.Memory();
                      memory->total = reading.total;
                      memory->reserved = reading.reserved;
                      memory->free = reading.free;
                      memory->used = reading.used;
                      return kSuccess;
                    });
}
