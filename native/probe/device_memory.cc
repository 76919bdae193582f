#include "probe/device_memory.h"

#include "errors/check.h"
#include "probe/nvml_device.h"
#include "probe/primary_context.h"

namespace gpuex {

namespace {

using abi::nvml::NVML_ERROR_NOT_SUPPORTED;
using abi::nvml::NVML_SUCCESS;
constexpr int kNvmlFunctionNotFound = 13;
constexpr int kNvmlArgumentVersionMismatch = 25;

NvmlAnswer AskForMemory(const NvmlApi& nvml, abi::nvml::nvmlDevice_t device,
                        MemoryReadings* readings) {
  *readings = MemoryReadings::Unknown(MemoryReadings::kNvml);
  if (nvml.nvmlDeviceGetMemoryInfo_v2 != nullptr) {
    abi::nvml::nvmlMemory_v2_t memory{};
    memory.version = abi::nvml::nvmlMemory_v2;
    const int status = nvml.nvmlDeviceGetMemoryInfo_v2(device, &memory);
    if (status == NVML_SUCCESS) {
      readings->free = static_cast<double>(memory.free);
      readings->used = static_cast<double>(memory.used);
      readings->reserved = static_cast<double>(memory.reserved);
      readings->total = static_cast<double>(memory.total);
    }
    const bool older_may_know = status == NVML_ERROR_NOT_SUPPORTED ||
                                status == kNvmlFunctionNotFound ||
                                status == kNvmlArgumentVersionMismatch;
    if (!older_may_know) return {status, "nvmlDeviceGetMemoryInfo_v2"};
  }
  abi::nvml::nvmlMemory_t memory{};
  int status = nvml.nvmlDeviceGetMemoryInfo(device, &memory);
  if (status == NVML_SUCCESS) {
    readings->free = static_cast<double>(memory.free);
    readings->used = static_cast<double>(memory.used);  // the reserved part cannot be told apart
    readings->total = static_cast<double>(memory.total);
  } else if (status == NVML_ERROR_NOT_SUPPORTED) {
    status = NVML_SUCCESS;  // unknown is an answer
  }
  return {status, "nvmlDeviceGetMemoryInfo"};
}

int AskTheOnlyDevice(const NvmlApi& nvml, MemoryReadings* readings) {
  constexpr int kNotFound = 6;
  unsigned int count = 0;
  abi::nvml::nvmlDevice_t handle = nullptr;
  int status = nvml.nvmlDeviceGetCount_v2(&count);
  if (status != NVML_SUCCESS) return status;
  if (count != 1) return kNotFound;
  status = nvml.nvmlDeviceGetHandleByIndex_v2(0, &handle);
  return status != NVML_SUCCESS ? status : AskForMemory(nvml, handle, readings).status;
}

MemoryReadings AskDriver(const CudaApi& cuda, const JoinedDevice& joined, int device) {
  MemoryReadings readings = MemoryReadings::Unknown(MemoryReadings::kCuda);
  const PrimaryContextView view = LookIntoPrimaryContext(cuda, joined.device);
  Check(Library::kCuda, view.status, view.call, {device, {}});
  size_t total = view.total;
  if (view.active == 1) {
    readings.free = static_cast<double>(view.free);
    readings.used = static_cast<double>(view.total - view.free);
  } else {
    Check(Library::kCuda, cuda.cuDeviceTotalMem_v2(&total, joined.device), "cuDeviceTotalMem_v2",
          {device, {}});
  }
  readings.total = static_cast<double>(total);
  return readings;
}

}  // namespace

MemoryReadings ReadMemory(DeviceJoin* join, Libraries* libraries, const Environment& environment,
                          int device) {
  MemoryReadings readings = MemoryReadings::Unknown(MemoryReadings::kNvml);
  const NvmlReach reach =
      AskNvml(join, libraries, environment, device,
              [&readings](const NvmlApi& nvml, abi::nvml::nvmlDevice_t handle) {
                return AskForMemory(nvml, handle, &readings);
              });
  return reach.answered ? readings : AskDriver(*reach.cuda, reach.device, device);
}

std::optional<MemoryReadings> ProbeMemory(DeviceJoin* join, Libraries* libraries,
                                          const Environment& environment,
                                          std::optional<int> device) noexcept {
  try {
    if (libraries->Find<CudaApi>(environment, SearchScope::kLoadedOnly) != nullptr) {
      if (!device && join->Get(libraries, environment).count != 1) return std::nullopt;
      return ReadMemory(join, libraries, environment, device.value_or(0));
    }
    // Without the driver an ordinal means something only where there is nothing to choose from.
    if (device.value_or(0) != 0) return std::nullopt;
    // Twice: somebody else may have shut NVML down.
    for (bool again = false;; again = true) {
      const unsigned epoch = join->epoch();
      const NvmlApi* nvml = join->StartNvml(libraries, environment);
      if (nvml == nullptr) return std::nullopt;
      MemoryReadings readings = MemoryReadings::Unknown(MemoryReadings::kNvml);
      const int status = AskTheOnlyDevice(*nvml, &readings);
      if (status == NVML_SUCCESS) return readings;
      if (again || !HasStopped(status)) return std::nullopt;
      join->Retire(join->Published(libraries->generation()), epoch, true);
    }
  } catch (...) {
    // The failure that this was to illustrate has been judged already.
    return std::nullopt;
  }
}

int CountDevices(Libraries* libraries, const Environment& environment) {
  int count = 0;
  const CudaApi* cuda = libraries->Find<CudaApi>(environment);
  if (cuda == nullptr) {
    if (const CudartApi* cudart = libraries->Find<CudartApi>(environment)) {
      CheckCudart(*cudart, cudart->cudaGetDeviceCount(&count), "cudaGetDeviceCount");
      return count;
    }
    // Throws, unless the driver has appeared meanwhile.
    cuda = &libraries->Require<CudaApi>(environment, "cuInit");
  }
  Check(Library::kCuda, cuda->Start(), "cuInit");
  Check(Library::kCuda, cuda->cuDeviceGetCount(&count), "cuDeviceGetCount");
  return count;
}

}  // namespace gpuex
