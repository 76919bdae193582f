// How a function becomes callable from JavaScript: one guard around every one of them, so that
// nothing that is thrown in C++ leaves it any other way than as a JavaScript error.
#pragma once

#include <napi.h>

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "addon_state.h"

namespace gpuex::bindings {

using Function = Napi::Value (*)(GpuAddon& addon, const Napi::CallbackInfo& info);

template <Function kFunction>
napi_value Entry(napi_env env, napi_callback_info raw) {
  void* data = nullptr;
  napi_get_cb_info(env, raw, nullptr, nullptr, nullptr, &data);
  auto& addon = *static_cast<GpuAddon*>(data);
  try {
    const Napi::CallbackInfo info(env, raw);
    return kFunction(addon, info);
  } catch (...) {
    addon.errors().RethrowToJs(env);
    return nullptr;
  }
}

inline void ExportRaw(GpuAddon& addon, Napi::Object exports, const char* name,
                      napi_callback callback) {
  napi_value function = nullptr;
  if (napi_create_function(exports.Env(), name, NAPI_AUTO_LENGTH, callback, &addon, &function) !=
      napi_ok) {
    throw Napi::Error::New(exports.Env());
  }
  exports.Set(name, function);
}

template <Function kFunction>
void Export(GpuAddon& addon, Napi::Object exports, const char* name) {
  ExportRaw(addon, exports, name, Entry<kFunction>);
}

// For what is called often: numbers in, a number or nothing out, and no object between.
template <auto kFunction, size_t kCount>
napi_value FlatEntry(napi_env env, napi_callback_info raw) {
  void* data = nullptr;
  size_t count = kCount;
  napi_value values[kCount + 1];
  double numbers[kCount + 1];
  napi_get_cb_info(env, raw, &count, values, nullptr, &data);
  auto& addon = *static_cast<GpuAddon*>(data);
  try {
    for (size_t i = 0; i < kCount; ++i) {
      if (napi_get_value_double(env, values[i], &numbers[i]) != napi_ok) {
        throw UsageError(UsageError::Kind::kType,
                         "argument " + std::to_string(i) + ": a number is required");
      }
    }
    napi_value answer = nullptr;
    if constexpr (std::is_void_v<decltype(kFunction(addon, numbers))>) {
      kFunction(addon, numbers);
    } else {
      napi_create_double(env, kFunction(addon, numbers), &answer);
    }
    return answer;
  } catch (...) {
    addon.errors().RethrowToJs(env);
    return nullptr;
  }
}

// `kFunction`: (GpuAddon&, const double* arguments), answering a double or nothing.
template <auto kFunction, size_t kCount>
void ExportFlat(GpuAddon& addon, Napi::Object exports, const char* name) {
  ExportRaw(addon, exports, name, FlatEntry<kFunction, kCount>);
}

// The public functions have checked their arguments and speak of them by name; these checks only
// see to it that whatever arrives here cannot do harm.

inline int Ordinal(double number) {
  if (!(number >= 0 && number <= std::numeric_limits<int>::max()) ||
      number != std::floor(number)) {
    throw UsageError(UsageError::Kind::kType,
                     "device: an integer from 0 to 2147483647 is required");
  }
  return static_cast<int>(number);
}

inline int OrdinalAt(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Value value = info[index];
  return Ordinal(value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1);
}

[[noreturn]] inline void ThrowNotLive(HandleProblem problem, const std::string& what) {
  std::string words = "no " + what + " has this handle";
  if (problem == HandleProblem::kForeign) words = "it belongs to another thread's environment";
  if (problem == HandleProblem::kFreed) words = "the " + what + " was freed before";
  throw UsageError(UsageError::Kind::kType, "handle: " + words);
}

// What `handle` names in this environment's table. Throws UsageError that speaks of it as `what`.
template <typename T>
T& LiveIn(HandleTable<T>* table, double handle, const char* what) {
  HandleProblem problem = HandleProblem::kNone;
  T* const found = table->Find(handle, &problem);
  if (found == nullptr) ThrowNotLive(problem, what);
  return *found;
}

inline double NumberAt(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsNumber()) {
    throw UsageError(UsageError::Kind::kType, std::string(name) + ": a number is required");
  }
  return info[index].As<Napi::Number>().DoubleValue();
}

inline std::string TextAt(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsString()) {
    throw UsageError(UsageError::Kind::kType, std::string(name) + ": a string is required");
  }
  std::string text = info[index].As<Napi::String>().Utf8Value();
  // The stand-in and the system read it as a C string, so the rest would be lost silently.
  if (text.find('\0') != std::string::npos) {
    throw UsageError(UsageError::Kind::kType, std::string(name) + ": it holds a NUL character");
  }
  return text;
}

inline std::vector<std::string> TextsAt(const Napi::CallbackInfo& info, size_t index,
                                        const char* name) {
  if (!info[index].IsArray()) {
    throw UsageError(UsageError::Kind::kType, std::string(name) + ": an array is required");
  }
  const Napi::Array array = info[index].As<Napi::Array>();
  std::vector<std::string> texts;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value value = array.Get(i);
    if (!value.IsString()) {
      throw UsageError(UsageError::Kind::kType, std::string(name) + ": strings are required");
    }
    texts.push_back(value.As<Napi::String>().Utf8Value());
    if (texts.back().find('\0') != std::string::npos) {
      throw UsageError(UsageError::Kind::kType, std::string(name) + ": one holds a NUL character");
    }
  }
  return texts;
}

inline Napi::Function FunctionAt(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsFunction()) {
    throw UsageError(UsageError::Kind::kType, std::string(name) + ": a function is required");
  }
  return info[index].As<Napi::Function>();
}

// The first half of a shared question's Mailbox::Key; the second is the device.
constexpr int kMemoryQuestion = 0;
constexpr int kHealthQuestion = 1;
constexpr int kHealthQuestionIfLoaded = 2;

// One group of calls each; see `NativeBinding` in lib/native/binding.ts for what they do.
void DefineLibraries(GpuAddon& addon, Napi::Object exports);
void DefineDevices(GpuAddon& addon, Napi::Object exports);
void DefineMemory(GpuAddon& addon, Napi::Object exports);
void DefineErrors(GpuAddon& addon, Napi::Object exports);
void DefineHealth(GpuAddon& addon, Napi::Object exports);
void DefineBuffers(GpuAddon& addon, Napi::Object exports);
void DefineKernels(GpuAddon& addon, Napi::Object exports);
void DefineCompile(GpuAddon& addon, Napi::Object exports);
void DefineStreams(GpuAddon& addon, Napi::Object exports);
void DefineTransfers(GpuAddon& addon, Napi::Object exports);
void DefineLatch(GpuAddon& addon, Napi::Object exports);
void DefineMock(GpuAddon& addon, Napi::Object exports);
void DefineMockKernels(GpuAddon& addon, Napi::Object exports);

}  // namespace gpuex::bindings
