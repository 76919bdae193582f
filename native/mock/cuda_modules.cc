// libcuda: modules and launches.
#include "mock/cuda_call.h"
#include "mock/engine/device_facts.h"
#include "mock/engine/kernels.h"

namespace {

using namespace gpuex::abi::cuda;   // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;        // NOLINT
using namespace gpuex::mock::cuda;  // NOLINT
using namespace gpuex::mock::cuda_status;

uintptr_t Handle(const void* handle) { return reinterpret_cast<uintptr_t>(handle); }

// `tell`: takes the translator's words.
template <class Tell>
CUresult LoadCall(const Invocation& call, CUmodule* module, const void* image, Tell tell) {
  return InContext(call, [&](Machine& machine, ThreadState&, Device& device) {
    if (module == nullptr || image == nullptr) return kInvalidValue;
    const DeviceFacts facts = FactsOf(device.spec);
    uintptr_t handle = 0;
    std::string log;
    const int status = machine.modules().Load(image, facts.major * 10 + facts.minor, &handle, &log);
    if (status == kSuccess) *module = reinterpret_cast<CUmodule>(handle);
    tell(log);
    return status;
  });
}

// The shape of what asks about a kernel.
template <class Body>
CUresult KernelCall(const Invocation& call, CUfunction kernel, Body body) {
  return InContext(call, [&](Machine& machine, ThreadState&, Device& device) -> int {
    const auto found = machine.modules().Function(Handle(kernel));
    return found == nullptr ? kInvalidHandle : body(machine, *found, device);
  });
}

CUresult LaunchCall(const Invocation& call, CUfunction f,
                    const ThreadState::LaunchConfiguration& configuration, void** parameters,
                    void** extra, bool cooperative) {
  return InContext(call, [&](Machine& machine, ThreadState& thread, Device& device) {
    const auto kernel = machine.modules().Function(Handle(f));
    if (kernel == nullptr) return kInvalidHandle;
    // Packed arguments are not modelled.
    if (extra != nullptr) return parameters != nullptr ? kInvalidValue : kNotSupported;
    if (cooperative) {
      const unsigned* block = configuration.block;
      const uint64_t threads = uint64_t{block[0]} * block[1] * block[2];
      const int blocks = threads == 0 || threads > 1024
                             ? 0
                             : BlocksThatFit(device, static_cast<int>(threads),
                                             kernel->shared_bytes + configuration.shared_bytes);
      const unsigned* grid = configuration.grid;
      const uint64_t most = uint64_t{static_cast<unsigned>(blocks)} *
                            static_cast<unsigned>(FactsOf(device.spec).multiprocessors);
      // All of them must be there at the same time.
      if (uint64_t{grid[0]} * grid[1] * grid[2] > most) return kCooperativeLaunchTooLarge;
    }
    const int status = Launch(machine, thread, *kernel, configuration, parameters);
    // The driver has no code of its own for an impossible configuration.
    return status == kInvalidConfiguration ? kInvalidValue : status;
  });
}

}  // namespace

GPUEX_MOCK_EXPORT CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  return LoadCall({Function::cuModuleLoadData, {module, image}}, module, image,
                  [](const std::string&) {});
}

// Of the options of the translator, the buffer for its errors is filled; the others have no effect.
GPUEX_MOCK_EXPORT CUresult cuModuleLoadDataEx(CUmodule* module, const void* image,
                                              unsigned int numOptions, CUjit_option* options,
                                              void** optionValues) {
  const Invocation call{Function::cuModuleLoadDataEx,
                        {module, image, numOptions, options, optionValues}};
  return LoadCall(call, module, image, [&](const std::string& log) {
    char* buffer = nullptr;
    size_t size = 0;
    void** used = nullptr;
    for (unsigned int i = 0; i < numOptions && options != nullptr && optionValues != nullptr; ++i) {
      if (options[i] == CU_JIT_ERROR_LOG_BUFFER) buffer = static_cast<char*>(optionValues[i]);
      if (options[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES) {
        // Also how the driver tells what it has written.
        used = &optionValues[i];
        size = reinterpret_cast<uintptr_t>(optionValues[i]) & 0xffffffffU;
      }
    }
    if (buffer == nullptr || size == 0) return;
    const size_t kept = log.copy(buffer, size - 1);
    buffer[kept] = '\0';
    *used = reinterpret_cast<void*>(kept);
  });
}

GPUEX_MOCK_EXPORT CUresult cuModuleUnload(CUmodule hmod) {
  return InContext({Function::cuModuleUnload, {hmod}},
                   [&](Machine& machine, ThreadState&, Device&) {
                     return machine.modules().Unload(Handle(hmod));
                   });
}

GPUEX_MOCK_EXPORT CUresult cuModuleGetFunction(CUfunction* hfunc, CUmodule hmod,
                                               const char* name) {
  return InContext({Function::cuModuleGetFunction, {hfunc, hmod, name}},
                   [&](Machine& machine, ThreadState&, Device&) {
                     if (hfunc == nullptr || name == nullptr) return kInvalidValue;
                     uintptr_t handle = 0;
                     const int status = machine.modules().FindFunction(Handle(hmod), name, &handle);
                     if (status == kSuccess) *hfunc = reinterpret_cast<CUfunction>(handle);
                     return status;
                   });
}

GPUEX_MOCK_EXPORT CUresult cuLaunchKernel(CUfunction f, unsigned int gridDimX,
                                          unsigned int gridDimY, unsigned int gridDimZ,
                                          unsigned int blockDimX, unsigned int blockDimY,
                                          unsigned int blockDimZ, unsigned int sharedMemBytes,
                                          CUstream hStream, void** kernelParams, void** extra) {
  return LaunchCall({Function::cuLaunchKernel,
                     {DriverFunction{f}, gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY,
                      blockDimZ, sharedMemBytes, hStream, kernelParams, extra}},
                    f,
                    {{gridDimX, gridDimY, gridDimZ},
                     {blockDimX, blockDimY, blockDimZ},
                     sharedMemBytes,
                     Handle(hStream)},
                    kernelParams, extra, false);
}

GPUEX_MOCK_EXPORT CUresult cuLaunchCooperativeKernel(
    CUfunction f, unsigned int gridDimX, unsigned int gridDimY, unsigned int gridDimZ,
    unsigned int blockDimX, unsigned int blockDimY, unsigned int blockDimZ,
    unsigned int sharedMemBytes, CUstream hStream, void** kernelParams) {
  return LaunchCall({Function::cuLaunchCooperativeKernel,
                     {DriverFunction{f}, gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY,
                      blockDimZ, sharedMemBytes, hStream, kernelParams}},
                    f,
                    {{gridDimX, gridDimY, gridDimZ},
                     {blockDimX, blockDimY, blockDimZ},
                     sharedMemBytes,
                     Handle(hStream)},
                    kernelParams, nullptr, true);
}

// As cudaFuncGetAttributes answers them: registers and shared memory of its own stand in code that
// nobody reads.
GPUEX_MOCK_EXPORT CUresult cuFuncGetAttribute(int* pi, CUfunction_attribute attrib,
                                              CUfunction hfunc) {
  return KernelCall({Function::cuFuncGetAttribute, {pi, attrib, DriverFunction{hfunc}}}, hfunc,
                    [&](Machine& machine, const Kernel& kernel, const Device& device) {
                      if (pi == nullptr || attrib < 0 || attrib > KernelSettings::kLastAttribute) {
                        return kInvalidValue;
                      }
                      const KernelSettings& settings = machine.kernel_settings();
                      const DeviceFacts facts = FactsOf(device.spec);
                      switch (attrib) {
                        case 0:  // max threads per block
                          *pi = 1024;
                          break;
                        case 1:  // shared memory of its own
                          *pi = static_cast<int>(kernel.shared_bytes);
                          break;
                        case 4:  // registers
                          *pi = 32;
                          break;
                        case 5:  // PTX version
                        case 6:  // binary version
                          *pi = facts.major * 10 + facts.minor;
                          break;
                        case KernelSettings::kMaxDynamicShared:
                          *pi = settings.MaxDynamicShared(kernel, device);
                          break;
                        case KernelSettings::kPreferredCarveout:
                          *pi = settings.PreferredCarveout(kernel, device);
                          break;
                        default:
                          *pi = 0;
                      }
                      return kSuccess;
                    });
}

GPUEX_MOCK_EXPORT CUresult cuFuncSetAttribute(CUfunction hfunc, CUfunction_attribute attrib,
                                              int value) {
  return KernelCall({Function::cuFuncSetAttribute, {DriverFunction{hfunc}, attrib, value}}, hfunc,
                    [&](Machine& machine, const Kernel& kernel, const Device& device) {
                      return machine.kernel_settings().Set(kernel, device, attrib, value);
                    });
}

// A fat binary is not taken apart, and the function is there since CUDA 12.4.
GPUEX_MOCK_EXPORT CUresult cuFuncGetParamInfo(CUfunction func, size_t paramIndex,
                                              size_t* paramOffset, size_t* paramSize) {
  return KernelCall({Function::cuFuncGetParamInfo,
                     {DriverFunction{func}, paramIndex, paramOffset, paramSize}},
                    func,
                    [&](Machine& machine, const Kernel& kernel, const Device&) {
                      constexpr int kSince = 12040;
                      if (machine.scenario().cuda_driver_version < kSince) return kNotSupported;
                      if (!kernel.parameters) return kNotSupported;
                      if (paramOffset == nullptr) return kInvalidValue;
                      if (paramIndex >= kernel.parameters->size()) return kInvalidValue;
                      const KernelParameter& parameter = (*kernel.parameters)[paramIndex];
                      *paramOffset = parameter.offset;
                      if (paramSize != nullptr) *paramSize = parameter.bytes;
                      return kSuccess;
                    });
}

GPUEX_MOCK_EXPORT CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* numBlocks,
                                                                       CUfunction func,
                                                                       int blockSize,
                                                                       size_t dynamicSMemSize) {
  return KernelCall({Function::cuOccupancyMaxActiveBlocksPerMultiprocessor,
                     {numBlocks, DriverFunction{func}, blockSize, dynamicSMemSize}},
                    func,
                    [&](Machine&, const Kernel& kernel, const Device& device) {
                      if (numBlocks == nullptr || blockSize <= 0) return kInvalidValue;
                      *numBlocks =
                          BlocksThatFit(device, blockSize, kernel.shared_bytes + dynamicSMemSize);
                      return kSuccess;
                    });
}

GPUEX_CUDA_KERNEL_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDA_KERNEL_FUNCTIONS(GPUEX_MOCK_ALIAS)
GPUEX_CUDA_MODULE_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDA_MODULE_FUNCTIONS(GPUEX_MOCK_ALIAS)
