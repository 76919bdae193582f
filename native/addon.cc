// The door: what JavaScript can call, group by group.
#include <napi.h>

#include <string>
#include <utility>
#include <vector>

#include "addon_state.h"
#include "bindings/entry.h"
#include "ops/buffer.h"

namespace gpuex {

namespace {

// Changes with every incompatible change of lib/native/binding.ts, so that a binary left over from
// another version of the package is told from one that fits.
constexpr int kBindingVersion = 3;

Napi::Value InitializeEntry(GpuAddon& addon, const Napi::CallbackInfo& info) {
  if (!info[0].IsObject()) {
    throw UsageError(UsageError::Kind::kType, "hooks: an object is required");
  }
  return addon.Initialize(info[0].As<Napi::Object>());
}

Napi::Function HookAt(const Napi::Object& hooks, const char* name) {
  const Napi::Value value = hooks.Get(name);
  if (!value.IsFunction()) {
    throw UsageError(UsageError::Kind::kType,
                     std::string("hooks.") + name + ": a function is required");
  }
  return value.As<Napi::Function>();
}

}  // namespace

GpuAddon::GpuAddon(Napi::Env env, Napi::Object exports)
    : process(Process::Get()),
      allocations(process.environments.fetch_add(1, std::memory_order_relaxed) + 1),
      environment_(std::make_shared<const Environment>()),
      raw_env_(env) {
  exports.Set("bindingVersion", Napi::Number::New(env, kBindingVersion));
  bindings::Export<InitializeEntry>(*this, exports, "initialize");
  bindings::DefineLibraries(*this, exports);
  bindings::DefineDevices(*this, exports);
  bindings::DefineMemory(*this, exports);
  bindings::DefineErrors(*this, exports);
  bindings::DefineHealth(*this, exports);
  bindings::DefineBuffers(*this, exports);
  bindings::DefineCompile(*this, exports);
  bindings::DefineLatch(*this, exports);
  bindings::DefineMock(*this, exports);
  napi_add_env_cleanup_hook(env, BeforeTeardown, this);
}

Napi::Value GpuAddon::Initialize(const Napi::Object& hooks) {
  const Napi::Function create_error = HookAt(hooks, "createError");
  const Napi::Function create_usage_error = HookAt(hooks, "createUsageError");

  auto environment = std::make_shared<Environment>();
  const Napi::Value variables = hooks.Get("environment");
  if (variables.IsObject()) {
    const Napi::Object object = variables.As<Napi::Object>();
    const Napi::Array names = object.GetPropertyNames();
    for (uint32_t i = 0; i < names.Length(); ++i) {
      const Napi::Value name = names.Get(i);
      const Napi::Value value = object.Get(name);
      if (value.IsString()) {
        environment->emplace(name.ToString().Utf8Value(), value.As<Napi::String>().Utf8Value());
      }
    }
  }

  errors_.SetFactories(create_error, create_usage_error);
  const Napi::Value main_thread = hooks.Get("mainThread");
  ends_with_process_ = main_thread.IsBoolean() && main_thread.As<Napi::Boolean>().Value();
  environment_ = std::move(environment);
  if (readings_ != nullptr) return readings_array_.Value();
  // Made here and once: elements that lie off V8's heap and never move, whoever initialises again.
  auto array = Napi::Float64Array::New(create_error.Env(), MemoryReadings::kCount);
  readings_ = array.Data();
  readings_array_ = Napi::Persistent(array);
  return array;
}

const std::shared_ptr<Mailbox>& GpuAddon::mailbox() {
  if (!mailbox_) {
    mailbox_ = Mailbox::Open(Napi::Env(raw_env_));
    // Hooks run in reverse order. Node adds one for the thread-safe function; ours must come before.
    napi_remove_env_cleanup_hook(raw_env_, BeforeTeardown, this);
    napi_add_env_cleanup_hook(raw_env_, BeforeTeardown, this);
  }
  return mailbox_;
}

void GpuAddon::BeforeTeardown(void* data) {
  auto& self = *static_cast<GpuAddon*>(data);
  if (self.mailbox_) self.mailbox_->Close();

  // The driver takes back what a process leaves; here it could only be waited for.
  if (self.ends_with_process_) return;
  const std::vector<Allocation> left = self.allocations.TakeAll();
  if (left.empty()) return;
  Process& process = self.process;
  const auto* cudart = process.libraries.Find<CudartApi>(*self.environment_);
  if (cudart != nullptr) FreeLater({&process.libraries, &process.threads, cudart}, left);
}

}  // namespace gpuex

namespace {
using gpuex::GpuAddon;
}
NODE_API_ADDON(GpuAddon)
