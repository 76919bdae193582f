#include "bindings/entry.h"
#include "probe/last_error.h"

namespace gpuex::bindings {

namespace {

Napi::Value LastError(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const auto& cudart =
      addon.process.libraries.Require<CudartApi>(*addon.environment(), "cudaGetLastError");
  return Napi::Number::New(info.Env(), TakeLastError(cudart));
}

Napi::Value PeekAtLastError(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const auto& cudart =
      addon.process.libraries.Require<CudartApi>(*addon.environment(), "cudaPeekAtLastError");
  return Napi::Number::New(info.Env(), PeekLastError(cudart));
}

}  // namespace

void DefineErrors(GpuAddon& addon, Napi::Object exports) {
  Export<LastError>(addon, exports, "lastError");
  Export<PeekAtLastError>(addon, exports, "peekLastError");
}

}  // namespace gpuex::bindings
