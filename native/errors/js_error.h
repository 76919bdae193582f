// The only place that makes JavaScript errors. What a failed vendor call becomes is decided in
// TypeScript, which hands its factories over when it loads the addon: so an error belongs to the
// caller's realm (in Jest, one made by native code alone is no `instanceof Error`).
#pragma once

#include <napi.h>

#include "errors/native_error.h"

namespace gpuex {

class JsErrors {
 public:
  // createError(library, code, call, device, requestedBytes, detail, memory, driverVersion,
  // stream) and
  // createUsageError(kind, message); each answers the value to throw.
  void SetFactories(const Napi::Function& create_error, const Napi::Function& create_usage_error);

  // The error as a value, for callbacks; null where no JavaScript can run any more.
  napi_value Make(napi_env env, const NativeError& error) const noexcept;

  // Turns the exception being handled into a pending JavaScript one. To be called in a catch block,
  // on the environment's thread. Never throws, also where no JavaScript can run any more.
  void RethrowToJs(napi_env env) const noexcept;

 private:
  void Throw(napi_env env, const NativeError& error) const;
  void Throw(napi_env env, const UsageError& error) const;

  Napi::FunctionReference create_error_;
  Napi::FunctionReference create_usage_error_;
};

}  // namespace gpuex
