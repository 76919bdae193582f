#include "errors/js_error.h"

#include <cstring>
#include <new>

namespace gpuex {

namespace {

// Plain Node-API on purpose: while a worker is being terminated every call may fail, and the
// wrappers answer that by throwing. Here a failed call yields null and the next one fails, too.
class Values {
 public:
  explicit Values(napi_env env) : env_(env) {}

  napi_value Null() const {
    napi_value value = nullptr;
    napi_get_null(env_, &value);
    return value;
  }
  napi_value Number(double number) const {
    napi_value value = nullptr;
    napi_create_double(env_, number, &value);
    return value;
  }
  template <typename T>
  napi_value Number(const std::optional<T>& number) const {
    return number ? Number(static_cast<double>(*number)) : Null();
  }
  napi_value Text(const char* text) const {
    if (text == nullptr || *text == '\0') return Null();
    napi_value value = nullptr;
    napi_create_string_utf8(env_, text, NAPI_AUTO_LENGTH, &value);
    return value;
  }
  napi_value Memory(const std::optional<MemoryReadings>& memory) const {
    if (!memory) return Null();
    constexpr size_t kBytes = MemoryReadings::kCount * sizeof(double);
    void* data = nullptr;
    napi_value buffer = nullptr;
    napi_value array = nullptr;
    if (napi_create_arraybuffer(env_, kBytes, &data, &buffer) != napi_ok) return Null();
    memory->CopyTo(static_cast<double*>(data));
    napi_create_typedarray(env_, napi_float64_array, MemoryReadings::kCount, buffer, 0, &array);
    return array;
  }

 private:
  napi_env env_;
};

template <size_t N>
void CallAndThrow(napi_env env, const Napi::FunctionReference& factory,
                  const napi_value (&arguments)[N]) {
  napi_value undefined = nullptr;
  napi_value error = nullptr;
  napi_get_undefined(env, &undefined);
  // If the factory itself throws, or cannot run, that is what stays pending.
  if (napi_call_function(env, undefined, factory.Value(), N, arguments, &error) == napi_ok) {
    napi_throw(env, error);
  }
}

}  // namespace

void JsErrors::SetFactories(const Napi::Function& create_error,
                            const Napi::Function& create_usage_error) {
  create_error_ = Napi::Persistent(create_error);
  create_usage_error_ = Napi::Persistent(create_usage_error);
}

void JsErrors::Throw(napi_env env, const NativeError& error) const {
  if (create_error_.IsEmpty()) {
    napi_throw_error(env, nullptr, "initialize() must be called before the addon is used");
    return;
  }
  const Values values(env);
  const napi_value arguments[] = {values.Text(LibraryName(error.library)),
                                  values.Number(error.code),
                                  values.Text(error.call),
                                  values.Number(error.device),
                                  values.Number(error.requested_bytes),
                                  values.Text(error.detail.c_str()),
                                  values.Memory(error.memory),
                                  values.Number(error.driver_version),
                                  values.Number(error.stream)};
  CallAndThrow(env, create_error_, arguments);
}

void JsErrors::Throw(napi_env env, const UsageError& error) const {
  if (create_usage_error_.IsEmpty()) {
    napi_throw_error(env, nullptr, error.what());
    return;
  }
  const char* kind = error.kind == UsageError::Kind::kType    ? "type"
                     : error.kind == UsageError::Kind::kRange ? "range"
                                                              : "plain";
  const Values values(env);
  const napi_value arguments[] = {values.Text(kind), values.Text(error.what())};
  CallAndThrow(env, create_usage_error_, arguments);
}

napi_value JsErrors::Make(napi_env env, const NativeError& error) const noexcept {
  Throw(env, error);
  napi_value made = nullptr;
  return napi_get_and_clear_last_exception(env, &made) == napi_ok ? made : nullptr;
}

void JsErrors::RethrowToJs(napi_env env) const noexcept {
  try {
    throw;
  } catch (const NativeError& error) {
    Throw(env, error);
  } catch (const UsageError& error) {
    Throw(env, error);
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, nullptr, "the process is out of host memory");
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  } catch (...) {
    napi_throw_error(env, nullptr, "the addon met an exception that it does not know");
  }
}

}  // namespace gpuex
