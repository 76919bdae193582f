#include "bindings/entry.h"
#include "probe/context_health.h"

namespace gpuex::bindings {

namespace {

Napi::Value ContextHealthOnThread(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const int device = OrdinalAt(info, 0);
  const Napi::Function callback = FunctionAt(info, 1, "callback");
  const bool loaded_only = info[2].IsBoolean() && info[2].As<Napi::Boolean>().Value();
  Libraries& libraries = addon.process.libraries;
  const CudaApi* cuda =
      loaded_only ? libraries.Find<CudaApi>(*addon.environment(), SearchScope::kLoadedOnly)
                  : &libraries.Require<CudaApi>(*addon.environment(), "cuInit");
  const auto mailbox = addon.mailbox();
  const uint64_t ticket = mailbox->Expect(callback);
  addon.process.threads.Post(device, [cuda, device, mailbox, ticket] {
    ContextHealth health;
    health.active = 0;  // where the driver is not even loaded, nobody has a context
    if (cuda != nullptr) health = ReadContextHealth(*cuda, device);
    mailbox->Deliver(ticket, [health](napi_env env, napi_value function) {
      napi_value arguments[4] = {};
      napi_value undefined = nullptr;
      napi_create_int32(env, health.status, &arguments[0]);
      napi_create_int32(env, health.active, &arguments[1]);
      napi_create_int32(env, health.code, &arguments[2]);
      if (health.call != nullptr) {
        napi_create_string_utf8(env, health.call, NAPI_AUTO_LENGTH, &arguments[3]);
      } else {
        napi_get_null(env, &arguments[3]);
      }
      napi_get_undefined(env, &undefined);
      napi_call_function(env, undefined, function, 4, arguments, nullptr);
    });
  });
  return info.Env().Undefined();
}

}  // namespace

void DefineHealth(GpuAddon& addon, Napi::Object exports) {
  Export<ContextHealthOnThread>(addon, exports, "contextHealth");
}

}  // namespace gpuex::bindings
