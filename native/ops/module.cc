#include "ops/module.h"

#include <utility>

#include "ops/missing.h"

namespace gpuex {

namespace {

constexpr int kDeinitialized = 4;      // CUDA_ERROR_DEINITIALIZED
constexpr int kInvalidValue = 1;       // CUDA_ERROR_INVALID_VALUE
constexpr int kNotSupported = 801;     // CUDA_ERROR_NOT_SUPPORTED
constexpr size_t kMostParameters = 4096;

template <typename Function>
Function Have(Function function, const char* name, int device) {
  return Needed(function, name, device, Library::kCuda);
}

CallContext On(int device) { return {device, std::nullopt}; }

}  // namespace

const CudaApi& DriverOf(const DeviceCalls& calls, const char* call, int device) {
  if (calls.cuda != nullptr) return *calls.cuda;
  NativeError error(Library::kCuda);
  error.call = call;
  error.device = device;
  error.detail = "the driver's library could not be opened";
  throw error;
}

LoadedModule LoadModule(const DeviceCalls& calls, const std::string& image, int device) {
  static constexpr char kCall[] = "cuModuleLoadDataEx";
  const CudaApi& cuda = DriverOf(calls, kCall, device);
  const auto load = Have(cuda.cuModuleLoadDataEx, kCall, device);
  constexpr size_t kLogBytes = 16384;
  std::string log;
  LoadedModule module{nullptr, device, 0};
  const auto attempt = [&] {
    const CurrentDevice current(calls, device, On(device), CurrentDevice::Needs::kContext);
    log.assign(kLogBytes, '\0');
    abi::cuda::CUjit_option options[] = {abi::cuda::CU_JIT_ERROR_LOG_BUFFER,
                                         abi::cuda::CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void* values[] = {log.data(), reinterpret_cast<void*>(kLogBytes)};
    return load(&module.raw, image.c_str(), 2, options, values);
  };
  int status = attempt();
  // The current context may be the one from before a reset.
  if (calls.contexts->ForgetIfStale(device, status)) status = attempt();
  if (status != abi::cuda::CUDA_SUCCESS) {
    NativeError error(Library::kCuda);
    error.code = status;
    error.call = kCall;
    error.device = device;
    error.detail = log.c_str();
    throw error;
  }
  module.mock_generation = calls.libraries->MockGenerationsHere().last;
  return module;
}

void UnloadModule(const DeviceCalls& calls, const LoadedModule& module) {
  if (module.mock_generation != calls.libraries->MockGenerationsHere().next) return;
  const CudaApi& cuda = DriverOf(calls, "cuModuleUnload", module.device);
  const CurrentDevice current(calls, module.device, On(module.device),
                              CurrentDevice::Needs::kContext);
  const int status = Have(cuda.cuModuleUnload, "cuModuleUnload", module.device)(module.raw);
  if (status != kDeinitialized) Check(Library::kCuda, status, "cuModuleUnload", On(module.device));
}

void UnloadLater(const DeviceCalls& calls, const std::shared_ptr<DeviceWork>& work,
                 const LoadedModule& module,
                 std::function<void(const NativeError&)> failed) noexcept {
  for (const StreamUse& use : *module.uses) use.stream->Mark(calls);
  try {
    PostBehindCalls(work, [calls, module, failed = std::move(failed)] {
      try {
        AwaitUses(calls, *module.uses);
        UnloadModule(calls, module);
      } catch (const NativeError& error) {
        failed(error);
      } catch (...) {
        // No memory to say more.
      }
    });
  } catch (...) {
    // The system gives no thread: the driver takes it back with the process.
  }
}

LoadedKernel FindKernel(const DeviceCalls& calls, const LoadedModule& module,
                        const std::string& name) {
  const CudaApi& cuda = DriverOf(calls, "cuModuleGetFunction", module.device);
  const auto find = Have(cuda.cuModuleGetFunction, "cuModuleGetFunction", module.device);
  const CurrentDevice current(calls, module.device, On(module.device),
                              CurrentDevice::Needs::kContext);
  LoadedKernel kernel{nullptr, module.device, module.uses,
                      std::make_shared<const std::string>(name)};
  Check(Library::kCuda, find(&kernel.raw, module.raw, name.c_str()), "cuModuleGetFunction",
        On(module.device));
  return kernel;
}

std::optional<std::vector<KernelParameter>> ParametersOf(const DeviceCalls& calls,
                                                         const LoadedKernel& kernel) {
  const CudaApi& cuda = DriverOf(calls, "cuFuncGetParamInfo", kernel.device);
  if (cuda.cuFuncGetParamInfo == nullptr) return std::nullopt;
  const CurrentDevice current(calls, kernel.device, On(kernel.device),
                              CurrentDevice::Needs::kContext);
  std::vector<KernelParameter> parameters;
  while (parameters.size() < kMostParameters) {
    KernelParameter parameter{};
    const int status = cuda.cuFuncGetParamInfo(kernel.raw, parameters.size(), &parameter.offset,
                                               &parameter.bytes);
    if (status == kNotSupported) return std::nullopt;
    // Documented as the answer behind the last one.
    if (status == kInvalidValue) break;
    Check(Library::kCuda, status, "cuFuncGetParamInfo", On(kernel.device));
    parameters.push_back(parameter);
  }
  return parameters;
}

int AttributeOf(const DeviceCalls& calls, const LoadedKernel& kernel, int attribute) {
  const CudaApi& cuda = DriverOf(calls, "cuFuncGetAttribute", kernel.device);
  const auto get = Have(cuda.cuFuncGetAttribute, "cuFuncGetAttribute", kernel.device);
  const CurrentDevice current(calls, kernel.device, On(kernel.device),
                              CurrentDevice::Needs::kContext);
  int value = 0;
  Check(Library::kCuda, get(&value, attribute, kernel.raw), "cuFuncGetAttribute",
        On(kernel.device));
  return value;
}

void SetAttribute(const DeviceCalls& calls, const LoadedKernel& kernel, int attribute, int value) {
  const CudaApi& cuda = DriverOf(calls, "cuFuncSetAttribute", kernel.device);
  const auto set = Have(cuda.cuFuncSetAttribute, "cuFuncSetAttribute", kernel.device);
  const CurrentDevice current(calls, kernel.device, On(kernel.device),
                              CurrentDevice::Needs::kContext);
  Check(Library::kCuda, set(kernel.raw, attribute, value), "cuFuncSetAttribute",
        On(kernel.device));
}

int BlocksPerMultiprocessor(const DeviceCalls& calls, const LoadedKernel& kernel, int threads,
                            size_t shared_bytes) {
  static constexpr char kCall[] = "cuOccupancyMaxActiveBlocksPerMultiprocessor";
  const CudaApi& cuda = DriverOf(calls, kCall, kernel.device);
  const auto ask = Have(cuda.cuOccupancyMaxActiveBlocksPerMultiprocessor, kCall, kernel.device);
  const CurrentDevice current(calls, kernel.device, On(kernel.device),
                              CurrentDevice::Needs::kContext);
  int blocks = 0;
  Check(Library::kCuda, ask(&blocks, kernel.raw, threads, shared_bytes), kCall,
        On(kernel.device));
  return blocks;
}

void LaunchHere(const CudaApi& cuda, const LoadedKernel& kernel, const LaunchShape& shape,
                void* stream, void** arguments) {
  const auto* grid = shape.grid;
  const auto* block = shape.block;
  const auto raw = static_cast<abi::cuda::CUstream>(stream);
  if (shape.cooperative != 0) {
    const auto launch =
        Have(cuda.cuLaunchCooperativeKernel, "cuLaunchCooperativeKernel", kernel.device);
    Check(Library::kCuda,
          launch(kernel.raw, grid[0], grid[1], grid[2], block[0], block[1], block[2],
                 shape.shared_bytes, raw, arguments),
          "cuLaunchCooperativeKernel", On(kernel.device));
    return;
  }
  const auto launch = Have(cuda.cuLaunchKernel, "cuLaunchKernel", kernel.device);
  Check(Library::kCuda,
        launch(kernel.raw, grid[0], grid[1], grid[2], block[0], block[1], block[2],
               shape.shared_bytes, raw, arguments, nullptr),
        "cuLaunchKernel", On(kernel.device));
}

}  // namespace gpuex
