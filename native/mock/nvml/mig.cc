// NVML about boards that are divided into MIG instances.
#include "mock/nvml/call.h"

namespace gpuex::mock::nvml_layer {
namespace {

constexpr unsigned kMaxMigDevices = 7;

bool CanDivide(const Device& device) {
  return device.parent == nullptr && device.spec.board->has(board_flags::mig);
}

}  // namespace
}  // namespace gpuex::mock::nvml_layer

using namespace gpuex::mock;              // NOLINT
using namespace gpuex::mock::nvml_layer;  // NOLINT

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned int* currentMode,
                                                    unsigned int* pendingMode) {
  return DeviceCall(Function::nvmlDeviceGetMigMode, With(device, currentMode, pendingMode),
                    [&](Machine&, const Device& found) -> nvmlReturn_t {
                      if (!CanDivide(found)) return kNotSupported;
                      *currentMode = found.instances.empty() ? 0 : 1;
                      return Give(pendingMode, *currentMode);
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceIsMigDeviceHandle(nvmlDevice_t device,
                                                           unsigned int* isMigDevice) {
  return DeviceCall(Function::nvmlDeviceIsMigDeviceHandle, With(device, isMigDevice),
                    [&](Machine&, const Device& found) {
                      return Give(isMigDevice, found.parent != nullptr);
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t
nvmlDeviceGetDeviceHandleFromMigDeviceHandle(nvmlDevice_t migDevice, nvmlDevice_t* device) {
  return DeviceCall(Function::nvmlDeviceGetDeviceHandleFromMigDeviceHandle,
                    With(migDevice, device), [&](Machine&, const Device& found) -> nvmlReturn_t {
                      if (found.parent == nullptr) return kInvalidArgument;
                      *device = HandleOf(*found.parent);
                      return kSuccess;
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device,
                                                              unsigned int* count) {
  return DeviceCall(Function::nvmlDeviceGetMaxMigDeviceCount, With(device, count),
                    [&](Machine&, const Device& found) {
                      return Give(count, CanDivide(found) ? kMaxMigDevices : 0);
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device,
                                                                   unsigned int index,
                                                                   nvmlDevice_t* migDevice) {
  return DeviceCall(Function::nvmlDeviceGetMigDeviceHandleByIndex, With(device, index, migDevice),
                    [&](Machine&, const Device& found) -> nvmlReturn_t {
                      if (!CanDivide(found)) return kNotSupported;
                      if (index >= kMaxMigDevices) return kInvalidArgument;
                      if (index >= found.instances.size()) return kNotFound;
                      *migDevice = HandleOf(*found.instances[index]);
                      return kSuccess;
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetGpuInstanceId(nvmlDevice_t device, unsigned int* id) {
  return DeviceCall(Function::nvmlDeviceGetGpuInstanceId, With(device, id),
                    [&](Machine&, const Device& found) -> nvmlReturn_t {
                      if (found.parent == nullptr) return kNotSupported;
                      return Give(id, found.instance);
                    });
}

// One compute instance in every GPU instance.
GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetComputeInstanceId(nvmlDevice_t device,
                                                              unsigned int* id) {
  return DeviceCall(Function::nvmlDeviceGetComputeInstanceId, With(device, id),
                    [&](Machine&, const Device& found) -> nvmlReturn_t {
                      if (found.parent == nullptr) return kNotSupported;
                      return Give(id, 0);
                    });
}
