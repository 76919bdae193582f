#include "bindings/entry.h"
#include "bindings/question.h"
#include "probe/device_memory.h"

namespace gpuex::bindings {

namespace {

void DeviceMemorySlow(GpuAddon& addon, napi_env env, napi_callback_info raw) {
  const Napi::CallbackInfo info(env, raw);
  const int device = OrdinalAt(info, 0);
  if (addon.readings() == nullptr) {
    throw UsageError(UsageError::Kind::kPlain,
                     "initialize() must be called before the addon is used");
  }
  ReadMemory(&addon.process.join, &addon.process.libraries, *addon.environment(), device)
      .CopyTo(addon.readings());
}

// Plain Node-API, since this is called often: the ordinal in, five numbers out through the buffer
// that was bound once.
napi_value DeviceMemory(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  size_t argc = 1;
  napi_value argument = nullptr;
  double number = -1;
  napi_get_cb_info(env, info, &argc, &argument, nullptr, &data);
  auto& addon = *static_cast<GpuAddon*>(data);
  double* const readings = addon.readings();
  if (readings != nullptr && napi_get_value_double(env, argument, &number) == napi_ok &&
      number >= 0 && number <= std::numeric_limits<int>::max()) {
    const int device = static_cast<int>(number);
    const JoinTable* table = addon.process.join.Published(addon.process.libraries.generation());
    if (device == number && ReadMemoryFast(table, device, readings)) return nullptr;
  }
  try {
    DeviceMemorySlow(addon, env, info);
  } catch (...) {
    addon.errors().RethrowToJs(env);
  }
  return nullptr;
}

Napi::Value ProbeMemoryOnThread(GpuAddon& addon, const Napi::CallbackInfo& info) {
  std::optional<int> device;
  if (!info[0].IsNull() && !info[0].IsUndefined()) device = OrdinalAt(info, 0);
  const auto mailbox = addon.mailbox();
  const Napi::Function function = FunctionAt(info, 1, "callback");
  const int concerned = device.value_or(DeviceThreads::kNoDevice);
  const Mailbox::Key key{kMemoryQuestion, concerned};
  if (mailbox->Join(key, function)) return info.Env().Undefined();
  const uint64_t ticket = mailbox->NewTicket();
  Process& process = addon.process;
  const auto ask = [&process, device, environment = addon.environment()] {
    return ProbeMemory(&process.join, &process.libraries, *environment, device);
  };
  const auto tell = [](napi_env env, napi_value callback, const auto& answer,
                       const std::optional<NativeError>&) {
    const std::optional<MemoryReadings> readings = answer.value_or(std::nullopt);
    double* data = nullptr;
    napi_value buffer = nullptr;
    napi_value arguments[2] = {};
    napi_value undefined = nullptr;
    if (napi_create_arraybuffer(env, MemoryReadings::kCount * sizeof(double),
                                reinterpret_cast<void**>(&data), &buffer) != napi_ok) {
      return;
    }
    readings.value_or(MemoryReadings::Unknown(MemoryReadings::kNvml)).CopyTo(data);
    napi_get_boolean(env, readings.has_value(), &arguments[0]);
    napi_create_typedarray(env, napi_float64_array, MemoryReadings::kCount, buffer, 0,
                           &arguments[1]);
    napi_get_undefined(env, &undefined);
    napi_call_function(env, undefined, callback, 2, arguments, nullptr);
  };
  process.threads.Post(
      Library::kNvml, concerned,
      Question(mailbox, ticket, Exhausted(Library::kNvml, nullptr, device), ask, tell));
  mailbox->Open(key, ticket, function);
  return info.Env().Undefined();
}

}  // namespace

void DefineMemory(GpuAddon& addon, Napi::Object exports) {
  ExportRaw(addon, exports, "deviceMemory", DeviceMemory);
  Export<ProbeMemoryOnThread>(addon, exports, "probeMemory");
}

}  // namespace gpuex::bindings
