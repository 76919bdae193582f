#include "latch.h"

#include "bindings/entry.h"

namespace gpuex::bindings {

namespace {

Napi::Value ReadLatch(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const auto text = addon.process.latch.Read();
  if (!text) return info.Env().Null();
  return Napi::String::New(info.Env(), *text);
}

Napi::Value WriteLatch(GpuAddon& addon, const Napi::CallbackInfo& info) {
  std::optional<std::string> text;
  if (!info[0].IsNull()) text = TextAt(info, 0, "json");
  if (text && text->size() > Latch::kLongest) {
    throw UsageError(UsageError::Kind::kRange,
                     "json: " + std::to_string(text->size()) + " bytes given, at most " +
                         std::to_string(Latch::kLongest) + " are kept");
  }
  addon.process.latch.Write(std::move(text));
  return info.Env().Undefined();
}

}  // namespace

void DefineLatch(GpuAddon& addon, Napi::Object exports) {
  Export<ReadLatch>(addon, exports, "readLatch");
  Export<WriteLatch>(addon, exports, "writeLatch");
}

}  // namespace gpuex::bindings
