// libcudart: what the compiler calls on a program's behalf, and kernel launches.
#include <cstring>
#include <type_traits>

#include "mock/cudart_call.h"
#include "mock/engine/device_facts.h"
#include "mock/engine/host_thread.h"
#include "mock/engine/kernels.h"

namespace {

using namespace gpuex::abi::cudart;   // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;          // NOLINT
using namespace gpuex::mock::cudart;  // NOLINT
using namespace gpuex::mock::cuda_status;

using Configuration = ThreadState::LaunchConfiguration;

Configuration Configured(dim3 grid, dim3 block, size_t shared_bytes, cudaStream_t stream) {
  return {{grid.x, grid.y, grid.z},
          {block.x, block.y, block.z},
          shared_bytes,
          reinterpret_cast<uintptr_t>(stream)};
}

// Handles stay good, so the log may show what they stand for.
const char* NameOf(cudaKernel_t kernel) {
  return kernel == nullptr ? nullptr : reinterpret_cast<const Kernel*>(kernel)->name.c_str();
}

cudaError_t LaunchCall(const Invocation& call, const Kernel* kernel,
                       const Configuration& configuration, void** arguments) {
  return Call(call, [&](Machine& machine, ThreadState& thread) {
    if (kernel == nullptr) return kInvalidDeviceFunction;
    if (const int status = machine.runtime().EnsureContext(thread)) return status;
    return Launch(machine, thread, *kernel, configuration, arguments);
  });
}

cudaError_t Occupancy(const Invocation& call, int* blocks, const void* kernel, int block_size,
                      size_t shared_bytes, unsigned int flags) {
  return Call(call, [&](Machine& machine, ThreadState& thread) {
    if (blocks == nullptr || block_size <= 0 || flags > 1) return kInvalidValue;
    if (FindKernel(kernel) == nullptr) return kInvalidDeviceFunction;
    const Device* device = machine.driver().Find(thread.CurrentOrdinal());
    if (device == nullptr) return kInvalidDevice;
    *blocks = BlocksThatFit(*device, block_size, shared_bytes);
    return kSuccess;
  });
}

void Count(Function function) { StandIn::Current().CountCall(function); }

}  // namespace

// Registration happens while code is loaded: it neither starts the runtime nor can it fail.
GPUEX_MOCK_EXPORT void** __cudaRegisterFatBinary(void*) {
  Count(Function::__cudaRegisterFatBinary);
  return static_cast<void**>(RegisterBinary());
}

GPUEX_MOCK_EXPORT void __cudaRegisterFatBinaryEnd(void**) {
  Count(Function::__cudaRegisterFatBinaryEnd);
}

GPUEX_MOCK_EXPORT void __cudaUnregisterFatBinary(void** fatCubinHandle) {
  Count(Function::__cudaUnregisterFatBinary);
  UnregisterBinary(fatCubinHandle);
}

GPUEX_MOCK_EXPORT char __cudaInitModule(void**) {
  Count(Function::__cudaInitModule);
  return 1;
}

GPUEX_MOCK_EXPORT void __cudaRegisterFunction(void** fatCubinHandle, const char* hostFun, char*,
                                              const char* deviceName, int, void*, void*, dim3*,
                                              dim3*, int*) {
  Count(Function::__cudaRegisterFunction);
  RegisterKernel(fatCubinHandle, hostFun, deviceName);
}

GPUEX_MOCK_EXPORT void __cudaRegisterVar(void**, char*, char*, const char*, int, size_t, int,
                                         int) {
  Count(Function::__cudaRegisterVar);
}

GPUEX_MOCK_EXPORT unsigned int __cudaPushCallConfiguration(dim3 gridDim, dim3 blockDim,
                                                           size_t sharedMem, cudaStream_t stream) {
  Machine& machine = StandIn::Current();
  machine.CountCall(Function::__cudaPushCallConfiguration);
  ThreadState& thread = ThreadState::On(machine);
  // Not 0: the caller then leaves the launch out.
  if (thread.pushed == ThreadState::kMaxPushed) return kOutOfMemory;
  thread.configurations[thread.pushed++] = Configured(gridDim, blockDim, sharedMem, stream);
  return kSuccess;
}

GPUEX_MOCK_EXPORT cudaError_t __cudaPopCallConfiguration(dim3* gridDim, dim3* blockDim,
                                                         size_t* sharedMem, void* stream) {
  Machine& machine = StandIn::Current();
  machine.CountCall(Function::__cudaPopCallConfiguration);
  ThreadState& thread = ThreadState::On(machine);
  if (thread.pushed == 0) return kMissingConfiguration;
  const Configuration& top = thread.configurations[--thread.pushed];
  *gridDim = {top.grid[0], top.grid[1], top.grid[2]};
  *blockDim = {top.block[0], top.block[1], top.block[2]};
  *sharedMem = top.shared_bytes;
  std::memcpy(stream, &top.stream, sizeof top.stream);
  return kSuccess;
}

GPUEX_MOCK_EXPORT cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* entryFuncAddr) {
  return Call({Function::__cudaGetKernel, {kernel, HostFunction{entryFuncAddr}}},
              [&](Machine&, ThreadState&) {
                const Kernel* found = FindKernel(entryFuncAddr);
                if (kernel == nullptr) return kInvalidValue;
                if (found == nullptr) return kInvalidDeviceFunction;
                *kernel = reinterpret_cast<cudaKernel_t>(const_cast<Kernel*>(found));
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 gridDim, dim3 blockDim,
                                                 void** args, size_t sharedMem,
                                                 cudaStream_t stream) {
  return LaunchCall(
      {Function::__cudaLaunchKernel, {NameOf(kernel), gridDim, blockDim, args, sharedMem, stream}},
      reinterpret_cast<const Kernel*>(kernel), Configured(gridDim, blockDim, sharedMem, stream),
      args);
}

GPUEX_MOCK_EXPORT cudaError_t cudaLaunchKernel(const void* func, dim3 gridDim, dim3 blockDim,
                                               void** args, size_t sharedMem,
                                               cudaStream_t stream) {
  return LaunchCall({Function::cudaLaunchKernel,
                     {HostFunction{func}, gridDim, blockDim, args, sharedMem, stream}},
                    FindKernel(func), Configured(gridDim, blockDim, sharedMem, stream), args);
}

GPUEX_MOCK_EXPORT cudaError_t cudaLaunchCooperativeKernel(const void* func, dim3 gridDim,
                                                          dim3 blockDim, void** args,
                                                          size_t sharedMem, cudaStream_t stream) {
  return LaunchCall({Function::cudaLaunchCooperativeKernel,
                     {HostFunction{func}, gridDim, blockDim, args, sharedMem, stream}},
                    FindKernel(func), Configured(gridDim, blockDim, sharedMem, stream), args);
}

GPUEX_MOCK_EXPORT cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config,
                                                  const void* func, void** args) {
  Configuration configuration{};
  if (config != nullptr) {
    configuration = Configured(config->gridDim, config->blockDim, config->dynamicSmemBytes,
                               config->stream);
  }
  return LaunchCall({Function::cudaLaunchKernelExC, {config, HostFunction{func}, args}},
                    FindKernel(func), configuration, args);
}

GPUEX_MOCK_EXPORT cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attr, const void* func) {
  return Call({Function::cudaFuncGetAttributes, {attr, HostFunction{func}}},
              [&](Machine& machine, ThreadState& thread) {
                if (attr == nullptr) return kInvalidValue;
                const Kernel* kernel = FindKernel(func);
                if (kernel == nullptr) return kInvalidDeviceFunction;
                const Device* device = machine.driver().Find(thread.CurrentOrdinal());
                if (device == nullptr) return kInvalidDevice;
                const KernelSettings& settings = machine.kernel_settings();
                const DeviceFacts facts = FactsOf(device->spec);
                // Up to requiredClusterWidth, where the CUDA 12 struct may end for older callers.
                std::memset(attr, 0, offsetof(cudaFuncAttributes, clusterDimMustBeSet));
                attr->maxThreadsPerBlock = 1024;
                attr->numRegs = 32;
                attr->ptxVersion = facts.major * 10 + facts.minor;
                attr->binaryVersion = attr->ptxVersion;
                attr->maxDynamicSharedSizeBytes = settings.MaxDynamicShared(*kernel, *device);
                attr->preferredShmemCarveout = settings.PreferredCarveout(*kernel, *device);
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT cudaError_t cudaFuncSetAttribute(const void* func, int attr, int value) {
  return Call({Function::cudaFuncSetAttribute, {HostFunction{func}, attr, value}},
              [&](Machine& machine, ThreadState& thread) {
                const Kernel* kernel = FindKernel(func);
                if (kernel == nullptr) return kInvalidDeviceFunction;
                const Device* device = machine.driver().Find(thread.CurrentOrdinal());
                if (device == nullptr) return kInvalidDevice;
                return machine.kernel_settings().Set(*kernel, *device, attr, value);
              });
}

GPUEX_MOCK_EXPORT cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(
    int* numBlocks, const void* func, int blockSize, size_t dynamicSMemSize) {
  return Occupancy({Function::cudaOccupancyMaxActiveBlocksPerMultiprocessor,
                    {numBlocks, HostFunction{func}, blockSize, dynamicSMemSize}},
                   numBlocks, func, blockSize, dynamicSMemSize, 0);
}

GPUEX_MOCK_EXPORT cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
    int* numBlocks, const void* func, int blockSize, size_t dynamicSMemSize, unsigned int flags) {
  return Occupancy({Function::cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags,
                    {numBlocks, HostFunction{func}, blockSize, dynamicSMemSize, flags}},
                   numBlocks, func, blockSize, dynamicSMemSize, flags);
}

GPUEX_MOCK_EXPORT int gpuExceptionsMockRegisterKernel(const char* name,
                                                      GpuExceptionsMockKernelBody body,
                                                      const size_t* argument_bytes, size_t count) {
  if (name == nullptr || (argument_bytes == nullptr && count > 0)) return 1;
  ImplementKernel(name, body, argument_bytes, count, false);
  return 0;
}

GPUEX_MOCK_EXPORT int gpuExceptionsMockRegisterKernelElsewhere(const char* name,
                                                               GpuExceptionsMockKernelBody body,
                                                               const size_t* argument_bytes,
                                                               size_t count) {
  if (name == nullptr || (argument_bytes == nullptr && count > 0)) return 1;
  ImplementKernel(name, body, argument_bytes, count, true);
  return 0;
}

GPUEX_MOCK_EXPORT void gpuExceptionsMockHostThread(const GpuExceptionsMockHost* host) {
  SetHostOfThisThread(host);
}
static_assert(std::is_same_v<decltype(&gpuExceptionsMockHostThread), GpuExceptionsMockHostThread>);
static_assert(std::is_same_v<decltype(&gpuExceptionsMockRegisterKernel),
                             GpuExceptionsMockRegisterKernel>);

GPUEX_CUDART_LAUNCH_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDART_LAUNCH_FUNCTIONS(GPUEX_MOCK_ALIAS)
GPUEX_MOCK_ALIAS(control, int, gpuExceptionsMockRegisterKernel, ())
