#include "probe/device_join.h"

#include <chrono>
#include <cstdio>

#include "api/vendor_api.h"
#include "errors/check.h"

namespace gpuex {

namespace {

using abi::nvml::NVML_ERROR_NOT_SUPPORTED;
using abi::nvml::NVML_ERROR_UNINITIALIZED;
using abi::nvml::NVML_SUCCESS;
constexpr int kNvmlNoPermission = 4;
constexpr int kNvmlNotFound = 6;
constexpr int kNvmlDriverNotLoaded = 9;
constexpr int kNvmlLibraryNotFound = 12;
constexpr int kNvmlFunctionNotFound = 13;

std::string FormatUuid(const abi::cuda::CUuuid& uuid) {
  std::string text;
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    char hex[3];
    std::snprintf(hex, sizeof(hex), "%02x", uuid.bytes[i]);
    text += hex;
  }
  return text;
}

// The driver names an instance after its GPU and its profile.
bool IsInstanceByName(const CudaApi& cuda, abi::cuda::CUdevice device) {
  const std::string name = VendorText<256>(
      cuda.findings, "cuDeviceGetName", [&](char* text, unsigned int size) {
        return cuda.cuDeviceGetName(text, static_cast<int>(size), device);
      });
  return name.find(" MIG ") != std::string::npos;
}

// What the device can be told by. Of a MIG instance neither the UUID of the older call nor the PCI bus
// id will do: both are its parent's.
void Identify(const CudaApi& cuda, JoinedDevice* joined, bool* bus_is_its_own) {
  joined->pci_bus_id = PciBusIdOf(cuda, joined->device);
  abi::cuda::CUuuid uuid{};
  if (cuda.cuDeviceGetUuid_v2 != nullptr &&
      cuda.cuDeviceGetUuid_v2(&uuid, joined->device) == abi::cuda::CUDA_SUCCESS) {
    joined->uuid = FormatUuid(uuid);
    return;
  }
  *bus_is_its_own = !IsInstanceByName(cuda, joined->device);
  if (*bus_is_its_own && cuda.cuDeviceGetUuid != nullptr &&
      cuda.cuDeviceGetUuid(&uuid, joined->device) == abi::cuda::CUDA_SUCCESS) {
    joined->uuid = FormatUuid(uuid);
  }
}

// Whether the device that lies at the bus id is the one with the UUID, and not the GPU that it is a
// part of.
bool HasUuid(const NvmlApi& nvml, abi::nvml::nvmlDevice_t device, const std::string& uuid) {
  const std::string found = VendorText<abi::nvml::NVML_DEVICE_UUID_V2_BUFFER_SIZE>(
      nvml.findings, "nvmlDeviceGetUUID",
      [&](char* text, unsigned int size) { return nvml.nvmlDeviceGetUUID(device, text, size); });
  return found.size() == uuid.size() + 4 && found.compare(4, uuid.size(), uuid) == 0;
}

bool SameHandles(const JoinedDevice& a, const JoinedDevice& b) {
  return a.device == b.device && a.library == b.library && a.nvml == b.nvml;
}

}  // namespace

bool HasStopped(int nvml_status) {
  return nvml_status == NVML_ERROR_UNINITIALIZED || nvml_status == kNvmlDriverNotLoaded;
}

std::string PciBusIdOf(const CudaApi& cuda, abi::cuda::CUdevice device) {
  return VendorText<32>(
      cuda.findings, "cuDeviceGetPCIBusId", [&](char* text, unsigned int size) {
        return cuda.cuDeviceGetPCIBusId(text, static_cast<int>(size), device);
      });
}

void FindInNvml(JoinedDevice* device) {
  const NvmlApi& nvml = *device->library;
  device->nvml = nullptr;
  device->nvml_status = kNvmlNotFound;
  device->nvml_call = "nvmlDeviceGetHandleByUUID";
  if (!device->uuid.empty()) {
    for (const char* prefix : {"GPU-", "MIG-"}) {
      const std::string uuid = prefix + device->uuid;
      device->nvml_status = nvml.nvmlDeviceGetHandleByUUID(uuid.c_str(), &device->nvml);
      if (device->nvml_status != NVML_SUCCESS) continue;
      if (device->nvml != nullptr) return;
      nvml.findings->Note(device->nvml_call, Finding::Kind::kNoDevice, 0);
    }
  }
  device->nvml = nullptr;
  if (device->bus_is_its_own && !device->pci_bus_id.empty()) {
    device->nvml_call = "nvmlDeviceGetHandleByPciBusId_v2";
    device->nvml_status =
        nvml.nvmlDeviceGetHandleByPciBusId_v2(device->pci_bus_id.c_str(), &device->nvml);
    if (device->nvml_status != NVML_SUCCESS) {
      device->nvml = nullptr;
    } else if (device->nvml == nullptr) {
      nvml.findings->Note(device->nvml_call, Finding::Kind::kNoDevice, 0);
    }
    if (device->nvml != nullptr && !device->uuid.empty() &&
        !HasUuid(nvml, device->nvml, device->uuid)) {
      device->nvml = nullptr;
    }
  }
  // A success without a device is none.
  if (device->nvml == nullptr && device->nvml_status == NVML_SUCCESS) {
    device->nvml_status = kNvmlNotFound;
  }
}

const NvmlApi* DeviceJoin::StartNvmlLocked(Libraries* libraries, const Environment& environment) {
  const NvmlApi* nvml = libraries->Find<NvmlApi>(environment);
  const unsigned generation = libraries->generation();
  if (nvml == nullptr || nvml_started_generation_.load(std::memory_order_acquire) == generation) {
    return nvml;
  }
  const int status = nvml->Start();
  if (status == NVML_ERROR_NOT_SUPPORTED || status == kNvmlNoPermission ||
      status == kNvmlLibraryNotFound || status == kNvmlFunctionNotFound) {
    return nullptr;
  }
  Check(Library::kNvml, status, "nvmlInit_v2");
  nvml_started_generation_.store(generation, std::memory_order_release);
  return nvml;
}

const NvmlApi* DeviceJoin::StartNvml(Libraries* libraries, const Environment& environment) {
  const std::lock_guard<std::timed_mutex> lock(nvml_mutex_);
  return StartNvmlLocked(libraries, environment);
}

const NvmlApi* DeviceJoin::TryStartNvml(Libraries* libraries, const Environment& environment) {
  constexpr std::chrono::milliseconds kLongestStart{500};
  const std::unique_lock<std::timed_mutex> lock(nvml_mutex_, kLongestStart);
  return lock ? StartNvmlLocked(libraries, environment) : nullptr;
}

const JoinTable& DeviceJoin::Get(Libraries* libraries, const Environment& environment) {
  const unsigned generation = libraries->generation();
  if (const JoinTable* table = Published(generation)) return *table;
  const CudaApi& cuda = libraries->Require<CudaApi>(environment, "cuInit");
  Check(Library::kCuda, cuda.Start(), "cuInit");
  int count = 0;
  Check(Library::kCuda, cuda.cuDeviceGetCount(&count), "cuDeviceGetCount");

  auto fresh = std::make_unique<JoinTable>();
  fresh->generation = generation;
  fresh->cuda = &cuda;
  fresh->count = static_cast<size_t>(count);
  fresh->slots = std::make_unique<JoinTable::Slot[]>(fresh->count);
  const JoinTable* present = table_.load(std::memory_order_acquire);
  while (present == nullptr || present->generation != generation) {
    fresh->former = present;
    if (table_.compare_exchange_weak(present, fresh.get(), std::memory_order_acq_rel)) {
      return *fresh.release();
    }
  }
  return *present;  // another thread was faster
}

const JoinedDevice& DeviceJoin::Join(const JoinTable& table, Libraries* libraries,
                                     const Environment& environment, int device) {
  if (const JoinedDevice* joined = table.Current(device)) return *joined;
  // The driver itself says that there is no such device, or what is wrong with it.
  auto fresh = std::make_unique<JoinedDevice>();
  Check(Library::kCuda, table.cuda->cuDeviceGet(&fresh->device, device), "cuDeviceGet",
        {device, {}});
  if (static_cast<size_t>(device) >= table.count) {
    NativeError error(Library::kCuda);
    error.code = abi::cuda::CUDA_ERROR_INVALID_DEVICE;
    error.call = "cuDeviceGet";
    error.device = device;
    throw error;
  }
  const unsigned seen = epoch();
  fresh->bus_is_its_own = true;
  Identify(*table.cuda, fresh.get(), &fresh->bus_is_its_own);
  fresh->library = StartNvml(libraries, environment);
  if (fresh->library != nullptr) FindInNvml(fresh.get());

  // A device that stays out of order must not cost memory at every question.
  JoinTable::Slot& slot = table.slots[static_cast<size_t>(device)];
  const JoinedDevice* latest = slot.latest.load(std::memory_order_acquire);
  while (latest == nullptr || !SameHandles(*latest, *fresh)) {
    fresh->former = latest;
    if (slot.latest.compare_exchange_weak(latest, fresh.get(), std::memory_order_acq_rel)) {
      latest = fresh.release();
      break;
    }
  }
  // What was retired meanwhile is not published; whoever asks next joins anew.
  if (epoch() == seen) slot.current.store(latest, std::memory_order_release);
  return *latest;
}

bool DeviceJoin::Retire(const JoinTable* table, unsigned epoch, bool nvml_stopped) {
  if (!epoch_.compare_exchange_strong(epoch, epoch + 1, std::memory_order_acq_rel)) return false;
  if (nvml_stopped) nvml_started_generation_.store(0, std::memory_order_release);
  for (size_t i = 0; table != nullptr && i < table->count; ++i) {
    table->slots[i].current.store(nullptr, std::memory_order_release);
  }
  return true;
}

}  // namespace gpuex
