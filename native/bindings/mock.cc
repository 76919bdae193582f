#include "bindings/entry.h"

namespace gpuex::bindings {

namespace {

Napi::Value UseMock(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const bool unless_active = info[2].IsBoolean() && info[2].As<Napi::Boolean>().Value();
  const bool configured = addon.process.libraries.UseMock(
      TextAt(info, 0, "path"), TextAt(info, 1, "scenario"), unless_active);
  return Napi::Boolean::New(info.Env(), configured);
}

Napi::Value MockControl(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const std::string answer = addon.process.libraries.MockControl(TextAt(info, 0, "verb"),
                                                                 TextAt(info, 1, "argument"));
  return Napi::String::New(info.Env(), answer);
}

}  // namespace

void DefineMock(GpuAddon& addon, Napi::Object exports) {
  Export<UseMock>(addon, exports, "useMock");
  Export<MockControl>(addon, exports, "mockControl");
}

}  // namespace gpuex::bindings
