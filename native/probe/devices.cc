#include "probe/devices.h"

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
  if (joined.uuid.empty()) return;
  // The driver tells no prefix; it names an instance after its GPU and its profile.
  const bool instance = report->name.find(" MIG ") != std::string::npos;
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

}  // namespace

DeviceReport DescribeDevice(DeviceJoin* join, Libraries* libraries, const Environment& environment,
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
  if (static_cast<size_t>(device) < table.count && report.refusal &&
      report.refusal->library == Library::kCuda && table.Current(device) == nullptr) {
    return report;  // the driver itself does not let it be asked
  }
  JoinedDevice joined = join->Join(table, libraries, environment, device);
  AskDriver(*table.cuda, joined, &report);
  if (joined.library == nullptr) return report;
  if (joined.nvml == nullptr) FindInNvml(&joined);
  if (joined.nvml != nullptr) AskNvml(*joined.library, joined.nvml, &report);
  return report;
}

std::vector<DeviceReport> DescribeDevices(DeviceJoin* join, Libraries* libraries,
                                          const Environment& environment) {
  const size_t count = join->Get(libraries, environment).count;
  std::vector<DeviceReport> reports;
  for (size_t i = 0; i < count; ++i) {
    reports.push_back(DescribeDevice(join, libraries, environment, static_cast<int>(i)));
  }
  return reports;
}

}  // namespace gpuex
