// What one environment (the main thread, or one worker) has of its own. Its thread alone touches it.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "bindings/mailbox.h"
#include "errors/js_error.h"
#include "ops/allocation_table.h"
#include "platform/library_catalog.h"
#include "process.h"

namespace gpuex {

class GpuAddon : public Napi::Addon<GpuAddon> {
 public:
  GpuAddon(Napi::Env env, Napi::Object exports);

  // Takes the hooks of `NativeHooks` in lib/native/binding.ts; those given before are dropped.
  // Answers the readings, which are the same at every call.
  Napi::Value Initialize(const Napi::Object& hooks);

  // The readings that hot calls fill; null before Initialize.
  double* readings() const { return readings_; }
  // Shared with tasks that outlive this environment.
  const std::shared_ptr<const Environment>& environment() const { return environment_; }
  const JsErrors& errors() const { return errors_; }
  const std::shared_ptr<Mailbox>& mailbox();

  Process& process;
  AllocationTable allocations;

 private:
  static void BeforeTeardown(void* self);

  JsErrors errors_;
  Napi::Reference<Napi::Float64Array> readings_array_;  // keeps the memory of readings_ alive
  double* readings_ = nullptr;
  bool ends_with_process_ = false;
  std::shared_ptr<const Environment> environment_;
  std::shared_ptr<Mailbox> mailbox_;  // opened when first needed
  napi_env raw_env_;
};

}  // namespace gpuex
