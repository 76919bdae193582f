// A small addon with a CUDA kernel. Each function has two forms: `…Sync` works on the event loop and
// throws, the other works on a thread of libuv's pool and rejects. Both say what failed in the same
// way, because the work itself answers a gpu_exceptions::Status and knows nothing of JavaScript.
#include <cuda_runtime_api.h>
#include <napi.h>

#include <gpu_exceptions.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "saxpy.h"

namespace {

using gpu_exceptions::Status;
using Numbers = std::vector<float>;

class DeviceArray {
 public:
  DeviceArray() = default;
  ~DeviceArray() {
    if (data_ != nullptr) cudaFree(data_);
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  Status Allocate(std::size_t bytes) {
    GPU_EXCEPTIONS_TRY_ALLOC(bytes, cudaMalloc(reinterpret_cast<void**>(&data_), bytes));
    return {};
  }
  Status Upload(const Numbers& numbers) {
    const std::size_t bytes = numbers.size() * sizeof(float);
    GPU_EXCEPTIONS_TRY(Allocate(bytes));
    GPU_EXCEPTIONS_TRY(cudaMemcpy(data_, numbers.data(), bytes, cudaMemcpyHostToDevice));
    return {};
  }
  float* data() const { return data_; }

 private:
  float* data_ = nullptr;
};

Status Saxpy(float a, const Numbers& x, Numbers& y) {
  DeviceArray x_on_device;
  DeviceArray y_on_device;
  GPU_EXCEPTIONS_TRY(x_on_device.Upload(x));
  GPU_EXCEPTIONS_TRY(y_on_device.Upload(y));
  GPU_EXCEPTIONS_TRY(
      launchSaxpy(static_cast<int>(x.size()), a, x_on_device.data(), y_on_device.data()));
  GPU_EXCEPTIONS_TRY(cudaMemcpy(y.data(), y_on_device.data(), y.size() * sizeof(float),
                                cudaMemcpyDeviceToHost));
  return {};
}

Status WildWrite() {
  DeviceArray memory;
  GPU_EXCEPTIONS_TRY(memory.Allocate(1024));
  GPU_EXCEPTIONS_TRY(launchWildWrite(memory.data()));
  GPU_EXCEPTIONS_TRY(cudaDeviceSynchronize());
  return {};
}

// Work on a thread of the pool; what it found out is told on JavaScript's thread.
class Task : public Napi::AsyncWorker {
 public:
  using Work = std::function<Status()>;
  using Result = std::function<Napi::Value(Napi::Env)>;

  static Napi::Promise Run(Napi::Env env, Work work, Result result) {
    auto* task = new Task(env, std::move(work), std::move(result));
    const Napi::Promise promise = task->deferred_.Promise();
    task->Queue();
    return promise;
  }

 private:
  Task(Napi::Env env, Work work, Result result)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        work_(std::move(work)),
        result_(std::move(result)) {}

  void Execute() override { status_ = work_(); }
  void OnOK() override {
    if (status_.ok()) {
      deferred_.Resolve(result_(Env()));
    } else {
      status_.Reject(deferred_);
    }
  }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

  Napi::Promise::Deferred deferred_;
  Work work_;
  Result result_;
  Status status_;
};

Numbers Copy(const Napi::Value& value, const char* name) {
  if (!value.IsTypedArray() ||
      value.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) {
    throw Napi::TypeError::New(value.Env(), std::string(name) + " must be a Float32Array");
  }
  const auto array = value.As<Napi::Float32Array>();
  return Numbers(array.Data(), array.Data() + array.ElementLength());
}

Napi::Value ToArray(Napi::Env env, const Numbers& numbers) {
  auto array = Napi::Float32Array::New(env, numbers.size());
  std::copy(numbers.begin(), numbers.end(), array.Data());
  return array;
}

struct SaxpyArguments {
  explicit SaxpyArguments(const Napi::CallbackInfo& info)
      : x(Copy(info[1], "x")), y(Copy(info[2], "y")) {
    if (!info[0].IsNumber()) throw Napi::TypeError::New(info.Env(), "a must be a number");
    a = info[0].As<Napi::Number>().FloatValue();
    if (x.empty() || x.size() != y.size()) {
      throw Napi::RangeError::New(info.Env(), "x and y must have the same length, at least 1");
    }
  }
  float a = 0;
  Numbers x;
  Numbers y;
};

std::size_t Bytes(const Napi::CallbackInfo& info) {
  const double bytes = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : -1;
  if (!(bytes >= 1 && bytes <= 9007199254740991)) {
    throw Napi::RangeError::New(info.Env(), "bytes must be a number from 1 to 2^53 - 1");
  }
  return static_cast<std::size_t>(bytes);
}

// saxpySync(a, x, y): Float32Array
Napi::Value SaxpySync(const Napi::CallbackInfo& info) {
  SaxpyArguments arguments(info);
  GPU_EXCEPTIONS_CHECK(info.Env(), Saxpy(arguments.a, arguments.x, arguments.y));
  return ToArray(info.Env(), arguments.y);
}

// saxpy(a, x, y): Promise<Float32Array>
Napi::Value SaxpyAsync(const Napi::CallbackInfo& info) {
  const auto arguments = std::make_shared<SaxpyArguments>(info);
  return Task::Run(
      info.Env(), [arguments] { return Saxpy(arguments->a, arguments->x, arguments->y); },
      [arguments](Napi::Env env) { return ToArray(env, arguments->y); });
}

// reserveSync(bytes): takes so much device memory and gives it back.
Napi::Value ReserveSync(const Napi::CallbackInfo& info) {
  const std::size_t bytes = Bytes(info);
  void* data = nullptr;
  GPU_EXCEPTIONS_CHECK_ALLOC(info.Env(), bytes, cudaMalloc(&data, bytes));
  GPU_EXCEPTIONS_CHECK(info.Env(), cudaFree(data));
  return info.Env().Undefined();
}

// reserve(bytes): Promise<void>
Napi::Value Reserve(const Napi::CallbackInfo& info) {
  const auto undefined = [](Napi::Env env) { return env.Undefined(); };
  return Task::Run(
      info.Env(), [bytes = Bytes(info)] { return DeviceArray().Allocate(bytes); }, undefined);
}

// wildWrite(): Promise<void>
Napi::Value WildWriteAsync(const Napi::CallbackInfo& info) {
  return Task::Run(info.Env(), WildWrite, [](Napi::Env env) { return env.Undefined(); });
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  registerOnHost();
  exports.Set("saxpySync", Napi::Function::New(env, SaxpySync));
  exports.Set("saxpy", Napi::Function::New(env, SaxpyAsync));
  exports.Set("reserveSync", Napi::Function::New(env, ReserveSync));
  exports.Set("reserve", Napi::Function::New(env, Reserve));
  exports.Set("wildWrite", Napi::Function::New(env, WildWriteAsync));
  return exports;
}

NODE_API_MODULE(your_own_addon, Init)

}  // namespace
