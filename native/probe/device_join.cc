#include "probe/device_join.h"

#include <algorithm>
#include <cstdio>

#include "api/vendor_api.h"
#include "errors/check.h"

namespace gpuex {

namespace {

using abi::nvml::NVML_ERROR_NOT_SUPPORTED;
using abi::nvml::NVML_SUCCESS;
constexpr int kNvmlNotFound = 6;
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

// The bare UUID without its prefix; empty when the driver does not tell.
std::string UuidOf(const CudaApi& cuda, abi::cuda::CUdevice device) {
  // The newer call answers a MIG instance's own UUID, the older one its parent's.
  const auto function =
      cuda.cuDeviceGetUuid_v2 != nullptr ? cuda.cuDeviceGetUuid_v2 : cuda.cuDeviceGetUuid;
  abi::cuda::CUuuid uuid{};
  if (function == nullptr || function(&uuid, device) != abi::cuda::CUDA_SUCCESS) return {};
  return FormatUuid(uuid);
}

bool SameHandles(const JoinTable& a, const JoinTable& b) {
  return a.generation == b.generation && a.cuda == b.cuda && a.nvml == b.nvml &&
         std::equal(a.devices.begin(), a.devices.end(), b.devices.begin(), b.devices.end(),
                    [](const JoinedDevice& left, const JoinedDevice& right) {
                      return left.device == right.device && left.nvml == right.nvml;
                    });
}

}  // namespace

void FindInNvml(const NvmlApi& nvml, JoinedDevice* device) {
  device->nvml = nullptr;
  device->nvml_status = 0;
  device->nvml_call = "nvmlDeviceGetHandleByUUID";
  if (!device->uuid.empty()) {
    for (const char* prefix : {"GPU-", "MIG-"}) {
      const std::string uuid = prefix + device->uuid;
      device->nvml_status = nvml.nvmlDeviceGetHandleByUUID(uuid.c_str(), &device->nvml);
      if (device->nvml_status == NVML_SUCCESS && device->nvml != nullptr) return;
    }
  }
  device->nvml = nullptr;
  if (device->pci_bus_id.empty()) return;
  device->nvml_call = "nvmlDeviceGetHandleByPciBusId_v2";
  device->nvml_status =
      nvml.nvmlDeviceGetHandleByPciBusId_v2(device->pci_bus_id.c_str(), &device->nvml);
  if (device->nvml_status != NVML_SUCCESS) device->nvml = nullptr;
  // A success without a device is none.
  if (device->nvml == nullptr && device->nvml_status == NVML_SUCCESS) {
    device->nvml_status = kNvmlNotFound;
  }
}

const NvmlApi* DeviceJoin::StartNvmlLocked(Libraries* libraries, const Environment& environment) {
  const NvmlApi* nvml = libraries->Find<NvmlApi>(environment);
  const unsigned generation = libraries->generation();
  if (nvml == nullptr || nvml_started_generation_ == generation) return nvml;
  const int status = nvml->nvmlInit_v2();
  if (status == NVML_ERROR_NOT_SUPPORTED || status == kNvmlLibraryNotFound ||
      status == kNvmlFunctionNotFound) {
    return nullptr;
  }
  Check(Library::kNvml, status, "nvmlInit_v2");
  nvml_started_generation_ = generation;
  return nvml;
}

const NvmlApi* DeviceJoin::StartNvml(Libraries* libraries, const Environment& environment) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return StartNvmlLocked(libraries, environment);
}

std::unique_ptr<const JoinTable> DeviceJoin::Make(Libraries* libraries,
                                                  const Environment& environment) {
  auto table = std::make_unique<JoinTable>();
  table->generation = libraries->generation();
  const CudaApi& cuda = libraries->Require<CudaApi>(environment, "cuInit");
  table->cuda = &cuda;
  Check(Library::kCuda, cuda.cuInit(0), "cuInit");
  int count = 0;
  Check(Library::kCuda, cuda.cuDeviceGetCount(&count), "cuDeviceGetCount");
  table->nvml = StartNvmlLocked(libraries, environment);
  for (int ordinal = 0; ordinal < count; ++ordinal) {
    JoinedDevice joined{};
    Check(Library::kCuda, cuda.cuDeviceGet(&joined.device, ordinal), "cuDeviceGet", {ordinal, {}});
    joined.pci_bus_id = VendorText<32>([&](char* text, unsigned int size) {
      return cuda.cuDeviceGetPCIBusId(text, static_cast<int>(size), joined.device);
    });
    joined.uuid = UuidOf(cuda, joined.device);
    if (table->nvml != nullptr) FindInNvml(*table->nvml, &joined);
    table->devices.push_back(std::move(joined));
  }
  return table;
}

const JoinTable& DeviceJoin::Get(Libraries* libraries, const Environment& environment) {
  if (const JoinTable* table = Published(libraries->generation())) return *table;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (const JoinTable* table = Published(libraries->generation())) return *table;
  std::unique_ptr<const JoinTable> fresh = Make(libraries, environment);
  // A device that stays out of order must not cost a table at every question.
  if (latest_ == nullptr || !SameHandles(*latest_, *fresh)) {
    latest_ = fresh.get();
    made_.push_back(std::move(fresh));
  }
  table_.store(latest_, std::memory_order_release);
  return *latest_;
}

bool DeviceJoin::Retire(const JoinTable& table, bool nvml_stopped) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (table_.load(std::memory_order_relaxed) != &table) return false;
  table_.store(nullptr, std::memory_order_release);
  if (nvml_stopped) nvml_started_generation_ = 0;
  return true;
}

}  // namespace gpuex
