// libcuda: modules and launches.
#include "mock/cuda_call.h"
#include "mock/engine/kernels.h"

namespace {

using namespace gpuex::abi::cuda;   // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;        // NOLINT
using namespace gpuex::mock::cuda;  // NOLINT
using namespace gpuex::mock::cuda_status;

uintptr_t Handle(const void* handle) { return reinterpret_cast<uintptr_t>(handle); }

}  // namespace

GPUEX_MOCK_EXPORT CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  return InContext({Function::cuModuleLoadData, {module, image}},
                   [&](Machine& machine, ThreadState&, Device&) {
                     if (module == nullptr || image == nullptr) return kInvalidValue;
                     uintptr_t handle = 0;
                     const int status = machine.modules().Load(image, &handle);
                     if (status == kSuccess) *module = reinterpret_cast<CUmodule>(handle);
                     return status;
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
  return InContext(
      {Function::cuLaunchKernel,
       {DriverFunction{f}, gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY, blockDimZ,
        sharedMemBytes, hStream, kernelParams, extra}},
      [&](Machine& machine, ThreadState& thread, Device&) {
        const auto kernel = machine.modules().Function(Handle(f));
        if (kernel == nullptr) return kInvalidHandle;
        // Packed arguments are not modelled.
        if (extra != nullptr) return kernelParams != nullptr ? kInvalidValue : kNotSupported;
        const ThreadState::LaunchConfiguration configuration = {{gridDimX, gridDimY, gridDimZ},
                                                                {blockDimX, blockDimY, blockDimZ},
                                                                sharedMemBytes,
                                                                Handle(hStream)};
        const int status = Launch(machine, thread, *kernel, configuration, kernelParams);
        // The driver has no code of its own for an impossible configuration.
        return status == kInvalidConfiguration ? kInvalidValue : status;
      });
}

GPUEX_CUDA_MODULE_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDA_MODULE_FUNCTIONS(GPUEX_MOCK_ALIAS)
