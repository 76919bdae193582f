#include "bindings/entry.h"
#include "bindings/question.h"
#include "probe/context_health.h"

namespace gpuex::bindings {

namespace {

Napi::Value ContextHealthOnThread(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const int device = OrdinalAt(info, 0);
  const Napi::Function callback = FunctionAt(info, 1, "callback");
  const bool loaded_only = info[2].IsBoolean() && info[2].As<Napi::Boolean>().Value();
  const auto mailbox = addon.mailbox();
  const Mailbox::Key key{loaded_only ? kHealthQuestionIfLoaded : kHealthQuestion, device};
  if (mailbox->Join(key, callback)) return info.Env().Undefined();
  const uint64_t ticket = mailbox->NewTicket();
  Libraries& libraries = addon.process.libraries;
  const auto ask = [=, &libraries, environment = addon.environment()] {
    const CudaApi* cuda = loaded_only
                              ? libraries.Find<CudaApi>(*environment, SearchScope::kLoadedOnly)
                              : &libraries.Require<CudaApi>(*environment, "cuInit");
    ContextHealth health;
    health.active = 0;  // where the driver is not even loaded, nobody has a context
    if (cuda != nullptr) health = ReadContextHealth(*cuda, device);
    return health;
  };
  // The environment is there while a letter is delivered, and so is its addon.
  const auto tell = [self = &addon](napi_env env, napi_value function,
                                    const std::optional<ContextHealth>& answer,
                                    const std::optional<NativeError>& failure) {
    const ContextHealth health = answer.value_or(ContextHealth{});
    napi_value arguments[5] = {};
    napi_value undefined = nullptr;
    napi_create_int32(env, health.status, &arguments[0]);
    napi_create_int32(env, health.active, &arguments[1]);
    napi_create_int32(env, health.code, &arguments[2]);
    if (health.call != nullptr) {
      napi_create_string_utf8(env, health.call, NAPI_AUTO_LENGTH, &arguments[3]);
    } else {
      napi_get_null(env, &arguments[3]);
    }
    if (failure) arguments[4] = self->errors().Make(env, *failure);
    const size_t count = arguments[4] != nullptr ? 5 : 4;
    napi_get_undefined(env, &undefined);
    napi_call_function(env, undefined, function, count, arguments, nullptr);
  };
  addon.process.threads.Post(
      Library::kCuda, device,
      Question(mailbox, ticket, Exhausted(Library::kCuda, "cuInit", device), ask, tell));
  mailbox->Open(key, ticket, callback);
  return info.Env().Undefined();
}

}  // namespace

void DefineHealth(GpuAddon& addon, Napi::Object exports) {
  Export<ContextHealthOnThread>(addon, exports, "contextHealth");
}

}  // namespace gpuex::bindings
