// The thinnest Node-API addon that does what `deviceMemory` does: takes the ordinal, makes the same
// vendor call on the same library, fills a buffer that was bound once. No checks, no join, no
// errors. It is what the benchmark compares with; nothing ships it.
#include <dlfcn.h>
#include <node_api.h>

#include "abi/nvml_abi.h"

using namespace gpuex::abi::nvml;

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

}  // namespace

NAPI_MODULE_INIT() {
  napi_value open, device_memory;
  napi_create_function(env, nullptr, 0, Open, nullptr, &open);
  napi_create_function(env, nullptr, 0, DeviceMemory, nullptr, &device_memory);
  napi_set_named_property(env, exports, "open", open);
  napi_set_named_property(env, exports, "deviceMemory", device_memory);
  return exports;
}
