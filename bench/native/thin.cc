// The thinnest Node-API addon that does the same as we do: makes the same vendor calls on the same
// library, with numbers in and numbers out. No checks, no join, no errors. It is what the benchmark
// compares with; nothing ships it.
#include <dlfcn.h>
#include <node_api.h>

#include <cstdint>
#include <cstring>

#include "abi/cudart_abi.h"
#include "abi/cuda_abi.h"
#include "abi/nvml_abi.h"

using namespace gpuex::abi::nvml;
namespace abi = gpuex::abi::cuda;

namespace {

double* readings = nullptr;
nvmlDevice_t devices[64];
nvmlReturn_t (*get_memory_info)(nvmlDevice_t, nvmlMemory_v2_t*) = nullptr;

napi_value Open(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value args[2];
  char path[4096];
  size_t length = 0;
  napi_get_cb_info(env, info, &argc, args, nullptr, nullptr);
  napi_get_value_string_utf8(env, args[0], path, sizeof(path), &length);
  napi_get_arraybuffer_info(env, args[1], reinterpret_cast<void**>(&readings), &length);
  napi_value keep_alive;
  napi_get_global(env, &keep_alive);
  napi_set_named_property(env, keep_alive, "__thinReadings", args[1]);

  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    napi_throw_error(env, nullptr, dlerror());
    return nullptr;
  }
  auto init = reinterpret_cast<nvmlReturn_t (*)()>(dlsym(library, "nvmlInit_v2"));
  auto by_index = reinterpret_cast<nvmlReturn_t (*)(unsigned int, nvmlDevice_t*)>(
      dlsym(library, "nvmlDeviceGetHandleByIndex_v2"));
  get_memory_info = reinterpret_cast<nvmlReturn_t (*)(nvmlDevice_t, nvmlMemory_v2_t*)>(
      dlsym(library, "nvmlDeviceGetMemoryInfo_v2"));
  init();
  for (unsigned int i = 0; i < 64 && by_index(i, &devices[i]) == NVML_SUCCESS; ++i) {
  }
  return nullptr;
}

napi_value DeviceMemory(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value arg;
  int32_t device = 0;
  napi_get_cb_info(env, info, &argc, &arg, nullptr, nullptr);
  napi_get_value_int32(env, arg, &device);
  nvmlMemory_v2_t memory;
  memory.version = nvmlMemory_v2;
  get_memory_info(devices[device], &memory);
  readings[0] = static_cast<double>(memory.free);
  readings[1] = static_cast<double>(memory.used);
  readings[2] = static_cast<double>(memory.reserved);
  readings[3] = static_cast<double>(memory.total);
  return nullptr;
}

// --- The runtime.

int (*cuda_malloc)(void**, size_t) = nullptr;
int (*cuda_free)(void*) = nullptr;

napi_value OpenCudart(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value arg;
  char path[4096];
  size_t length = 0;
  napi_get_cb_info(env, info, &argc, &arg, nullptr, nullptr);
  napi_get_value_string_utf8(env, arg, path, sizeof(path), &length);
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    napi_throw_error(env, nullptr, dlerror());
    return nullptr;
  }
  cuda_malloc = reinterpret_cast<decltype(cuda_malloc)>(dlsym(library, "cudaMalloc"));
  cuda_free = reinterpret_cast<decltype(cuda_free)>(dlsym(library, "cudaFree"));
  return nullptr;
}

// The address as a number.
napi_value Malloc(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value arg;
  double bytes = 0;
  napi_get_cb_info(env, info, &argc, &arg, nullptr, nullptr);
  napi_get_value_double(env, arg, &bytes);
  void* address = nullptr;
  cuda_malloc(&address, static_cast<size_t>(bytes));
  napi_value answer;
  napi_create_double(env, static_cast<double>(reinterpret_cast<uintptr_t>(address)), &answer);
  return answer;
}

napi_value Free(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value arg;
  double address = 0;
  napi_get_cb_info(env, info, &argc, &arg, nullptr, nullptr);
  napi_get_value_double(env, arg, &address);
  cuda_free(reinterpret_cast<void*>(static_cast<uintptr_t>(address)));
  return nullptr;
}

// memcpy(target, source, bytes): each a Uint8Array, or an address as a BigInt – in the stand-in, device
// memory is host memory.
napi_value Memcpy(napi_env env, napi_callback_info info) {
  size_t argc = 3;
  napi_value args[3];
  void* places[2];
  int64_t bytes = 0;
  napi_get_cb_info(env, info, &argc, args, nullptr, nullptr);
  for (int i = 0; i < 2; ++i) {
    uint64_t address = 0;
    bool lossless = false;
    if (napi_get_value_bigint_uint64(env, args[i], &address, &lossless) == napi_ok) {
      places[i] = reinterpret_cast<void*>(address);
    } else {
      napi_get_typedarray_info(env, args[i], nullptr, nullptr, &places[i], nullptr, nullptr);
    }
  }
  napi_get_value_int64(env, args[2], &bytes);
  std::memcpy(places[0], places[1], static_cast<size_t>(bytes));
  return nullptr;
}

// --- Kernels.

abi::CUfunction kernel = nullptr;
int (*launch)(abi::CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
              abi::CUstream, void**, void**) = nullptr;

// openKernel(path, image, name), in the thread's current context.
napi_value OpenKernel(napi_env env, napi_callback_info info) {
  size_t argc = 3;
  napi_value args[3];
  static char texts[3][16384];
  size_t length = 0;
  napi_get_cb_info(env, info, &argc, args, nullptr, nullptr);
  for (int i = 0; i < 3; ++i) {
    napi_get_value_string_utf8(env, args[i], texts[i], sizeof texts[i], &length);
  }
  void* library = dlopen(texts[0], RTLD_NOW | RTLD_LOCAL);
  auto load = reinterpret_cast<int (*)(abi::CUmodule*, const void*)>(
      dlsym(library, "cuModuleLoadData"));
  auto find = reinterpret_cast<int (*)(abi::CUfunction*, abi::CUmodule, const char*)>(
      dlsym(library, "cuModuleGetFunction"));
  launch = reinterpret_cast<decltype(launch)>(dlsym(library, "cuLaunchKernel"));
  abi::CUmodule loaded = nullptr;
  if (load(&loaded, texts[1]) != 0 || find(&kernel, loaded, texts[2]) != 0) {
    napi_throw_error(env, nullptr, "the kernel could not be loaded");
  }
  return nullptr;
}

// launch(grid, block, n, a, x, y): (int, float, float*, float*), the addresses as numbers.
napi_value Launch(napi_env env, napi_callback_info info) {
  size_t argc = 6;
  napi_value args[6];
  double given[6];
  napi_get_cb_info(env, info, &argc, args, nullptr, nullptr);
  for (int i = 0; i < 6; ++i) napi_get_value_double(env, args[i], &given[i]);
  int n = static_cast<int>(given[2]);
  float a = static_cast<float>(given[3]);
  auto x = static_cast<uint64_t>(given[4]);
  auto y = static_cast<uint64_t>(given[5]);
  void* parameters[] = {&n, &a, &x, &y};
  launch(kernel, static_cast<unsigned>(given[0]), 1, 1, static_cast<unsigned>(given[1]), 1, 1, 0,
         nullptr, parameters, nullptr);
  return nullptr;
}

void Export(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, nullptr, 0, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace

NAPI_MODULE_INIT() {
  Export(env, exports, "open", Open);
  Export(env, exports, "deviceMemory", DeviceMemory);
  Export(env, exports, "openCudart", OpenCudart);
  Export(env, exports, "malloc", Malloc);
  Export(env, exports, "free", Free);
  Export(env, exports, "memcpy", Memcpy);
  Export(env, exports, "openKernel", OpenKernel);
  Export(env, exports, "launch", Launch);
  return exports;
}
