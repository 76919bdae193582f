#include "probe/device_memory.h"

#include <limits>

#include "errors/check.h"
#include "probe/primary_context.h"

namespace gpuex {

namespace {

using abi::nvml::NVML_ERROR_NOT_SUPPORTED;
using abi::nvml::NVML_ERROR_UNINITIALIZED;
using abi::nvml::NVML_SUCCESS;
constexpr int kNvmlInvalidArgument = 2;
constexpr int kNvmlNoPermission = 4;
constexpr int kNvmlNotFound = 6;
constexpr int kNvmlFunctionNotFound = 13;
constexpr int kNvmlArgumentVersionMismatch = 25;

struct NvmlAnswer {
  int status;
  const char* call;
  MemoryReadings readings;
};

NvmlAnswer AskNvml(const NvmlApi& nvml, abi::nvml::nvmlDevice_t device) {
  NvmlAnswer answer{NVML_SUCCESS, "nvmlDeviceGetMemoryInfo_v2",
                    MemoryReadings::Unknown(MemoryReadings::kNvml)};
  MemoryReadings& readings = answer.readings;
  if (nvml.nvmlDeviceGetMemoryInfo_v2 != nullptr) {
    abi::nvml::nvmlMemory_v2_t memory{};
    memory.version = abi::nvml::nvmlMemory_v2;
    answer.status = nvml.nvmlDeviceGetMemoryInfo_v2(device, &memory);
    if (answer.status == NVML_SUCCESS) {
      readings.free = static_cast<double>(memory.free);
      readings.used = static_cast<double>(memory.used);
      readings.reserved = static_cast<double>(memory.reserved);
      readings.total = static_cast<double>(memory.total);
      return answer;
    }
    const bool older_may_know = answer.status == NVML_ERROR_NOT_SUPPORTED ||
                                answer.status == kNvmlFunctionNotFound ||
                                answer.status == kNvmlArgumentVersionMismatch;
    if (!older_may_know) return answer;
  }
  answer.call = "nvmlDeviceGetMemoryInfo";
  abi::nvml::nvmlMemory_t memory{};
  answer.status = nvml.nvmlDeviceGetMemoryInfo(device, &memory);
  if (answer.status == NVML_SUCCESS) {
    readings.free = static_cast<double>(memory.free);
    readings.used = static_cast<double>(memory.used);  // the reserved part cannot be told apart
    readings.total = static_cast<double>(memory.total);
  } else if (answer.status == NVML_ERROR_NOT_SUPPORTED) {
    answer.status = NVML_SUCCESS;  // unknown is an answer
  }
  return answer;
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

// NVML is there but cannot show this device: a container without the right to, or a device that it
// does not list. Anything else is a failure worth telling.
bool NvmlIsBlind(int status) {
  return status == kNvmlNotFound || status == kNvmlNoPermission || status == kNvmlInvalidArgument ||
         status == NVML_ERROR_NOT_SUPPORTED;
}

const JoinedDevice& DeviceIn(const JoinTable& table, int device) {
  if (static_cast<size_t>(device) < table.devices.size()) {
    return table.devices[static_cast<size_t>(device)];
  }
  // Asked once more, so that it is the driver that says so.
  abi::cuda::CUdevice ignored = 0;
  Check(Library::kCuda, table.cuda->cuDeviceGet(&ignored, device), "cuDeviceGet", {device, {}});
  NativeError error(Library::kCuda);
  error.code = abi::cuda::CUDA_ERROR_INVALID_DEVICE;
  error.call = "cuDeviceGet";
  error.device = device;
  throw error;
}

}  // namespace

MemoryReadings ReadMemory(DeviceJoin* join, Libraries* libraries, const Environment& environment,
                          int device) {
  // Twice: handles may have become void because somebody else shut NVML down, or because the
  // stand-in was configured afresh on another thread.
  for (bool again = false;; again = true) {
    const JoinTable& table = join->Get(libraries, environment);
    const JoinedDevice& joined = DeviceIn(table, device);
    if (table.nvml == nullptr) return AskDriver(*table.cuda, joined, device);

    abi::nvml::nvmlDevice_t handle = joined.nvml;
    if (handle == nullptr) {
      JoinedDevice retried = joined;
      FindInNvml(*table.nvml, &retried);
      handle = retried.nvml;
      const bool stopped = retried.nvml_status == NVML_ERROR_UNINITIALIZED;
      if (handle == nullptr && NvmlIsBlind(retried.nvml_status)) {
        return AskDriver(*table.cuda, joined, device);
      }
      if (again || !stopped) {
        Check(Library::kNvml, retried.nvml_status, retried.nvml_call, {device, {}});
      }
      join->Retire(table, stopped);
      if (handle == nullptr) continue;
    }

    const NvmlAnswer answer = AskNvml(*table.nvml, handle);
    if (answer.status == NVML_SUCCESS) return answer.readings;
    const bool stopped = answer.status == NVML_ERROR_UNINITIALIZED;
    if (again || !(stopped || answer.status == kNvmlInvalidArgument)) {
      Check(Library::kNvml, answer.status, answer.call, {device, {}});
    }
    join->Retire(table, stopped);
  }
}

std::optional<MemoryReadings> ProbeMemory(DeviceJoin* join, Libraries* libraries,
                                          const Environment& environment,
                                          std::optional<int> device) noexcept {
  try {
    if (libraries->Find<CudaApi>(environment, SearchScope::kLoadedOnly) != nullptr) {
      const JoinTable& table = join->Get(libraries, environment);
      if (!device && table.devices.size() != 1) return std::nullopt;
      return ReadMemory(join, libraries, environment, device.value_or(0));
    }
    // Without the driver an ordinal means something only where there is nothing to choose from.
    if (device.value_or(0) != 0) return std::nullopt;
    const NvmlApi* nvml = join->StartNvml(libraries, environment);
    if (nvml == nullptr) return std::nullopt;
    unsigned int count = 0;
    abi::nvml::nvmlDevice_t handle = nullptr;
    if (nvml->nvmlDeviceGetCount_v2(&count) != NVML_SUCCESS || count != 1 ||
        nvml->nvmlDeviceGetHandleByIndex_v2(0, &handle) != NVML_SUCCESS) {
      return std::nullopt;
    }
    const NvmlAnswer answer = AskNvml(*nvml, handle);
    if (answer.status != NVML_SUCCESS) return std::nullopt;
    return answer.readings;
  } catch (...) {
    // The failure that this was to illustrate has been judged already.
    return std::nullopt;
  }
}

int CountDevices(Libraries* libraries, const Environment& environment) {
  int count = 0;
  if (const CudaApi* cuda = libraries->Find<CudaApi>(environment)) {
    Check(Library::kCuda, cuda->cuInit(0), "cuInit");
    Check(Library::kCuda, cuda->cuDeviceGetCount(&count), "cuDeviceGetCount");
    return count;
  }
  const CudartApi* cudart = libraries->Find<CudartApi>(environment);
  if (cudart == nullptr) libraries->Require<CudaApi>(environment, "cuInit");
  CheckCudart(*cudart, cudart->cudaGetDeviceCount(&count), "cudaGetDeviceCount");
  return count;
}

}  // namespace gpuex
