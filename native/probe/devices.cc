#include "probe/devices.h"

#include <utility>

#include "api/vendor_api.h"
#include "probe/device_memory.h"
#include "probe/nvml_device.h"

namespace gpuex {

namespace {

using abi::nvml::NVML_SUCCESS;

std::optional<int> Attribute(const CudaApi& cuda, abi::cuda::CUdevice device,
                             abi::cuda::CUdevice_attribute attribute) {
  int value = 0;
  if (cuda.cuDeviceGetAttribute == nullptr ||
      cuda.cuDeviceGetAttribute(&value, attribute, device) != abi::cuda::CUDA_SUCCESS) {
    return std::nullopt;
  }
  return value;
}

void AskDriver(const CudaApi& cuda, const JoinedDevice& joined, DeviceReport* report) {
  constexpr unsigned int kLongestName = 256;
  report->name = VendorText<kLongestName>(
      cuda.findings, "cuDeviceGetName", [&](char* text, unsigned int size) {
        return cuda.cuDeviceGetName(text, static_cast<int>(size), joined.device);
      });
  report->pci_bus_id = joined.pci_bus_id;
  report->compute_major =
      Attribute(cuda, joined.device, abi::cuda::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
  report->compute_minor =
      Attribute(cuda, joined.device, abi::cuda::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  // The driver names an instance after its GPU and its profile.
  const bool instance = report->name.find(" MIG ") != std::string::npos;
  if (instance) report->mig = true;
  if (joined.uuid.empty()) return;
  // It tells no prefix.
  report->uuid = (instance ? "MIG-" : "GPU-") + joined.uuid;
}

// Nothing of this decides whether the device can be asked for anything else, so a refusal is null.
void AskNvml(const NvmlApi& nvml, abi::nvml::nvmlDevice_t device, DeviceReport* report) {
  const std::string uuid = VendorText<abi::nvml::NVML_DEVICE_UUID_V2_BUFFER_SIZE>(
      nvml.findings, "nvmlDeviceGetUUID",
      [&](char* text, unsigned int size) { return nvml.nvmlDeviceGetUUID(device, text, size); });
  if (!uuid.empty()) report->uuid = uuid;

  unsigned int is_instance = 0;
  if (nvml.nvmlDeviceIsMigDeviceHandle != nullptr &&
      nvml.nvmlDeviceIsMigDeviceHandle(device, &is_instance) == NVML_SUCCESS) {
    report->mig = is_instance != 0;
  }
  abi::nvml::nvmlDevice_t whole = device;
  if (is_instance != 0 &&
      (nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle == nullptr ||
       nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(device, &whole) != NVML_SUCCESS)) {
    return;
  }
  unsigned int index = 0;
  if (nvml.nvmlDeviceGetIndex != nullptr &&
      nvml.nvmlDeviceGetIndex(whole, &index) == NVML_SUCCESS) {
    report->nvml_index = index;
  }
}

// What both tell, NVML tells with its own prefix.
void Add(DeviceReport identity, DeviceReport* report) {
  report->name = std::move(identity.name);
  report->pci_bus_id = std::move(identity.pci_bus_id);
  report->compute_major = identity.compute_major;
  report->compute_minor = identity.compute_minor;
  if (report->uuid.empty()) report->uuid = std::move(identity.uuid);
  if (!report->mig) report->mig = identity.mig;
}

}  // namespace

DeviceReport IdentifyDevice(DeviceJoin* join, Libraries* libraries, const Environment& environment,
                            int device) {
  const JoinTable& table = join->Get(libraries, environment);
  DeviceReport report;
  report.ordinal = device;
  const JoinedDevice* joined = table.Current(device);
  AskDriver(*table.cuda, joined != nullptr ? *joined : IdentifyByDriver(table, device), &report);
  return report;
}

DeviceReport MeasureDevice(DeviceJoin* join, Libraries* libraries, const Environment& environment,
                           int device) {
  DeviceReport report;
  report.ordinal = device;
  // First, because it finds out whether NVML has to be started again.
  try {
    report.memory = ReadMemory(join, libraries, environment, device);
  } catch (const NativeError& error) {
    report.refusal = error;  // who it is may still be known
  }
  const JoinTable& table = join->Get(libraries, environment);
  JoinedDevice joined{};
  try {
    joined = join->Join(table, libraries, environment, device);
  } catch (const NativeError& error) {
    if (static_cast<size_t>(device) >= table.count) throw;
    // The driver does not let it be asked, or NVML refuses to start.
    if (!report.refusal) report.refusal = error;
    return report;
  }
  if (joined.library == nullptr) return report;
  if (joined.nvml == nullptr) FindInNvml(&joined);
  if (joined.nvml != nullptr) AskNvml(*joined.library, joined.nvml, &report);
  return report;
}

std::vector<DeviceReport> DescribeDevices(DeviceJoin* join, Libraries* libraries,
                                          const Environment& environment) {
  const int count = static_cast<int>(join->Get(libraries, environment).count);
  std::vector<DeviceReport> reports;
  for (int device = 0; device < count; ++device) {
    DeviceReport report = MeasureDevice(join, libraries, environment, device);
    try {
      Add(IdentifyDevice(join, libraries, environment, device), &report);
    } catch (const NativeError& error) {
      if (!report.refusal) report.refusal = error;
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace gpuex
