#include "bindings/entry.h"

namespace gpuex::bindings {

namespace {

Napi::Value MockKernel(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const MockApi mock = addon.process.libraries.RequireMock();
  const std::string name = TextAt(info, 0, "name");
  const std::string kinds = TextAt(info, 1, "kinds");
  const Napi::Function callback = FunctionAt(info, 2, "callback");
  std::vector<size_t> bytes;
  for (const char kind : kinds) {
    // `1`, `2`, `4`, `8`: a number of so many bytes.
    if (kind != 'p' && kind != '1' && kind != '2' && kind != '4' && kind != '8') {
      throw UsageError(UsageError::Kind::kType, "kinds: a letter is not known");
    }
    bytes.push_back(kind == 'p' ? sizeof(void*) : static_cast<size_t>(kind - '0'));
  }
  if (addon.kernel_desk == nullptr) addon.StartKernelDesk();
  addon.kernel_desk->Add(mock, name, bytes, kinds, callback);
  return info.Env().Undefined();
}

Napi::Value ForgetMockKernel(GpuAddon& addon, const Napi::CallbackInfo& info) {
  if (addon.kernel_desk == nullptr) return info.Env().Undefined();
  addon.kernel_desk->Remove(addon.process.libraries.RequireMock(), TextAt(info, 0, "name"));
  return info.Env().Undefined();
}

}  // namespace

void DefineMockKernels(GpuAddon& addon, Napi::Object exports) {
  Export<MockKernel>(addon, exports, "mockKernel");
  Export<ForgetMockKernel>(addon, exports, "forgetMockKernel");
}

}  // namespace gpuex::bindings
