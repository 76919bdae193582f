// The error that a Status is in JavaScript. Plain Node-API of version 6 on purpose: it works beside
// node-addon-api with and without C++ exceptions, and what fails while an environment is torn down
// is an answer here and not a throw.
#pragma once

#include <node_api.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <type_traits>

#include "call_name.h"
#include "status.h"

namespace gpu_exceptions {
namespace detail GPU_EXCEPTIONS_HIDDEN_ {

// Most of Node-API refuses to work while an exception is pending: it is put aside meanwhile.
class PendingAside {
 public:
  explicit PendingAside(napi_env env) noexcept : env_(env) {
    bool pending = false;
    if (napi_is_exception_pending(env, &pending) != napi_ok || !pending) return;
    if (napi_get_and_clear_last_exception(env, &exception_) != napi_ok) exception_ = nullptr;
  }
  ~PendingAside() {
    if (exception_ != nullptr) napi_throw(env_, exception_);
  }
  PendingAside(const PendingAside&) = delete;
  PendingAside& operator=(const PendingAside&) = delete;

 private:
  napi_env env_;
  napi_value exception_ = nullptr;
};

// To be used in a handle scope.
class ErrorMaker {
 public:
  explicit ErrorMaker(napi_env env) noexcept : env_(env) {}

  // Where the tag cannot be put on (a program may have tampered with Symbol), the error comes
  // without it, and is judged by its code and its words. Null where nothing can be made.
  napi_value Make(const Status& status) const noexcept {
    const char* name = CodeName(status.library, status.code);
    char message[1024];
    Describe(status, name, message, sizeof message);
    napi_value error = nullptr;
    const napi_value code = name == nullptr ? nullptr : Text(name);
    if (napi_create_error(env_, code, Text(message), &error) != napi_ok) return nullptr;
    Define(error, TagSymbol(), TagOf(status));
    ForgetPending();
    const Status earlier = LastErrorOf(status);
    if (!earlier.ok()) Define(error, Text("cause"), Make(earlier));
    return error;
  }

 private:
  // As lib/guard/raise-native.ts words it.
  static void Describe(const Status& status, const char* name, char* text, std::size_t size) {
    char bytes[40] = "";
    if (status.requested_bytes != kUnknownBytes) {
      std::snprintf(bytes, sizeof bytes, " (%" PRIu64 " bytes)", status.requested_bytes);
    }
    char device[32] = "";
    if (status.device != kUnknown) {
      std::snprintf(device, sizeof device, " on device %d", status.device);
    }
    char answer[160];
    if (name == nullptr) {
      std::snprintf(answer, sizeof answer, "%s status %d", LibraryName(status.library),
                    status.code);
    } else {
      std::snprintf(answer, sizeof answer, "%s (%d)", name, status.code);
    }
    const char* call = status.call == nullptr ? LibraryName(status.library) : status.call;
    const int width = static_cast<int>(CallNameLength(call));
    if (status.file == nullptr) {
      std::snprintf(text, size, "%.*s%s%s answered %s", width, call, bytes, device, answer);
    } else {
      std::snprintf(text, size, "%.*s%s%s answered %s at %s:%d", width, call, bytes, device, answer,
                    status.file, status.line);
    }
  }

  // What the runtime itself said, where it says more than the library above it did.
  static Status LastErrorOf(const Status& status) {
    Status earlier;
    if (status.last_error == 0) return earlier;
    earlier.library = status.library == Library::kHip ? Library::kHip : Library::kCudart;
    if (status.library == earlier.library && status.code == status.last_error) return earlier;
    earlier.code = status.last_error;
    earlier.call = earlier.library == Library::kHip ? "hipPeekAtLastError" : "cudaPeekAtLastError";
    earlier.device = status.device;
    return earlier;
  }

  napi_value TagOf(const Status& status) const {
    constexpr std::uint64_t kMaxSafeInteger = (std::uint64_t{1} << 53) - 1;
    const auto field = [](const char* name, napi_value value) {
      return napi_property_descriptor{
          name, nullptr, nullptr, nullptr, nullptr, value, kEnumerable, nullptr};
    };
    const napi_property_descriptor fields[] = {
        field("v", Number(1)),
        field("library", Text(LibraryName(status.library))),
        field("code", Number(status.code)),
        field("call", status.call == nullptr
                          ? Null()
                          : Text(status.call, CallNameLength(status.call))),
        field("device", status.device == kUnknown ? Null() : Number(status.device)),
        field("requestedBytes", status.requested_bytes > kMaxSafeInteger
                                    ? Null()
                                    : Number(static_cast<double>(status.requested_bytes))),
        field("file", status.file == nullptr ? Null() : Text(status.file)),
        field("line", status.file == nullptr ? Null() : Number(status.line)),
    };
    napi_value tag = nullptr;
    if (napi_create_object(env_, &tag) != napi_ok) return nullptr;
    const napi_status defined =
        napi_define_properties(env_, tag, sizeof fields / sizeof *fields, fields);
    return defined == napi_ok ? tag : nullptr;
  }

  // Symbol.for, which Node-API has as a function of its own only since version 9.
  napi_value TagSymbol() const {
    napi_value global = nullptr;
    napi_value symbol = nullptr;
    napi_value from_registry = nullptr;
    napi_value key = Text("gpu-exceptions.tag");
    napi_value tag_symbol = nullptr;
    if (key == nullptr || napi_get_global(env_, &global) != napi_ok ||
        napi_get_named_property(env_, global, "Symbol", &symbol) != napi_ok ||
        napi_get_named_property(env_, symbol, "for", &from_registry) != napi_ok ||
        napi_call_function(env_, symbol, from_registry, 1, &key, &tag_symbol) != napi_ok) {
      return nullptr;
    }
    napi_valuetype type = napi_undefined;
    return napi_typeof(env_, tag_symbol, &type) == napi_ok && type == napi_symbol ? tag_symbol
                                                                                  : nullptr;
  }

  // What went wrong on the way to the tag must not stay pending in the error's place.
  void ForgetPending() const {
    bool pending = false;
    napi_value ignored = nullptr;
    if (napi_is_exception_pending(env_, &pending) == napi_ok && pending) {
      napi_get_and_clear_last_exception(env_, &ignored);
    }
  }

  // As an error's own `cause` is: not enumerable.
  bool Define(napi_value object, napi_value name, napi_value value) const {
    if (name == nullptr || value == nullptr) return false;
    const napi_property_descriptor property = {
        nullptr, name, nullptr, nullptr, nullptr, value, kHidden, nullptr};
    return napi_define_properties(env_, object, 1, &property) == napi_ok;
  }

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
  napi_value Text(const char* text, std::size_t length = NAPI_AUTO_LENGTH) const {
    napi_value value = nullptr;
    return napi_create_string_utf8(env_, text, length, &value) == napi_ok ? value : Null();
  }

  static constexpr auto kHidden =
      static_cast<napi_property_attributes>(napi_writable | napi_configurable);
  static constexpr auto kEnumerable = static_cast<napi_property_attributes>(
      napi_writable | napi_configurable | napi_enumerable);

  napi_env env_;
};

// What a Napi::Promise::Deferred is made of.
struct DeferredParts {
  napi_env env;
  napi_deferred deferred;
  napi_value promise;
};

// The deferred in one of node-addon-api's, which does not hand it out; its neighbours, which it does
// hand out, tell that this is it. Null where it is kept in another way.
template <class Deferred>
napi_deferred DeferredIn(const Deferred& outer) {
  if constexpr (sizeof(Deferred) == sizeof(DeferredParts) &&
                std::is_trivially_copyable_v<Deferred>) {
    DeferredParts parts;
    std::memcpy(&parts, &outer, sizeof parts);
    const napi_env env = outer.Env();
    const napi_value promise = outer.Promise();
    if (parts.env == env && parts.promise == promise) return parts.deferred;
  }
  return nullptr;
}

}  // namespace detail

inline napi_value Status::ToValue(napi_env env) const noexcept {
  if (ok()) return nullptr;
  const detail::PendingAside aside(env);
  napi_escapable_handle_scope scope = nullptr;
  if (napi_open_escapable_handle_scope(env, &scope) != napi_ok) return nullptr;
  napi_value escaped = nullptr;
  const napi_value error = detail::ErrorMaker(env).Make(*this);
  if (error != nullptr) napi_escape_handle(env, scope, error, &escaped);
  napi_close_escapable_handle_scope(env, scope);
  return escaped;
}

inline void Status::Throw(napi_env env) const noexcept {
  bool pending = false;
  if (ok() || napi_is_exception_pending(env, &pending) != napi_ok || pending) return;
  if (const napi_value error = ToValue(env)) napi_throw(env, error);
}

inline bool Status::Reject(napi_env env, napi_deferred deferred) const noexcept {
  const detail::PendingAside aside(env);
  const napi_value error = ToValue(env);
  return error != nullptr && napi_reject_deferred(env, deferred, error) == napi_ok;
}

template <class Deferred>
bool Status::Reject(const Deferred& deferred) const {
  // node-addon-api ends the process, or throws, where it cannot reject: a worker may be terminated
  // at any moment, so that asking first would not do.
  if (const napi_deferred inner = detail::DeferredIn(deferred)) {
    return Reject(deferred.Env(), inner);
  }
  const detail::PendingAside aside(deferred.Env());
  const napi_value error = ToValue(deferred.Env());
  if (error == nullptr) return false;
  deferred.Reject(error);
  return true;
}

namespace detail GPU_EXCEPTIONS_HIDDEN_ {

// False leaves the error pending.
inline bool Succeeded(napi_env env, const Status& status) noexcept {
  status.Throw(env);
  return status.ok();
}

}  // namespace detail
}  // namespace gpu_exceptions
