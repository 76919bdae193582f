// Code on a device: modules and their kernels (CUDA Driver API, "Module Management" and "Execution
// Control"), in the device's primary context, which the runtime uses as well. Not verified on
// hardware.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ops/current_device.h"
#include "ops/device_work.h"
#include "ops/stream.h"

namespace gpuex {

struct LoadedModule {
  abi::cuda::CUmodule raw;
  int device;
  uint64_t mock_generation;  // the stand-in's configuration that loaded it; 0: no stand-in
  std::vector<double> kernels = {};  // handles of what was found in it
  // Launches of its kernels, which note them: unloading is not documented to wait for them.
  std::shared_ptr<std::vector<StreamUse>> uses = std::make_shared<std::vector<StreamUse>>();
};

struct LoadedKernel {
  abi::cuda::CUfunction raw;
  int device;
  std::shared_ptr<std::vector<StreamUse>> uses;  // of its module
  std::shared_ptr<const std::string> name;
};

// `image`: PTX, a cubin or a fat binary, with a NUL behind its last byte. Translating PTX may take
// seconds. Throws NativeError with the translator's words.
LoadedModule LoadModule(const DeviceCalls& calls, const std::string& image, int device);

// On a lane. What the stand-in has forgotten, or the driver has given back itself, is no failure.
// Throws NativeError.
void UnloadModule(const DeviceCalls& calls, const LoadedModule& module);

// On the lane, once the launches of its kernels are done. `failed` hears of what the driver answers,
// there.
void UnloadLater(const DeviceCalls& calls, const std::shared_ptr<DeviceWork>& work,
                 const LoadedModule& module,
                 std::function<void(const NativeError&)> failed) noexcept;

LoadedKernel FindKernel(const DeviceCalls& calls, const LoadedModule& module,
                        const std::string& name);

struct KernelParameter {
  size_t offset;
  size_t bytes;
};
// Nothing where the driver does not tell (before CUDA 12.4). Throws NativeError.
std::optional<std::vector<KernelParameter>> ParametersOf(const DeviceCalls& calls,
                                                         const LoadedKernel& kernel);

// CUfunction_attribute by number.
int AttributeOf(const DeviceCalls& calls, const LoadedKernel& kernel, int attribute);
void SetAttribute(const DeviceCalls& calls, const LoadedKernel& kernel, int attribute, int value);
int BlocksPerMultiprocessor(const DeviceCalls& calls, const LoadedKernel& kernel, int threads,
                            size_t shared_bytes);

struct LaunchShape {
  unsigned grid[3];
  unsigned block[3];
  unsigned shared_bytes;
  uint32_t cooperative;
};
// The kernel's device must be current. `arguments`: one pointer for each, read before it returns.
void LaunchHere(const CudaApi& cuda, const LoadedKernel& kernel, const LaunchShape& shape,
                void* stream, void** arguments);

// The driver; throws NativeError that names `call` where it could not be opened.
const CudaApi& DriverOf(const DeviceCalls& calls, const char* call, int device);

}  // namespace gpuex
