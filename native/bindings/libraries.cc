#include "bindings/entry.h"
#include "probe/device_memory.h"
#include "probe/last_error.h"

namespace gpuex::bindings {

namespace {

Napi::Value TextOrNull(Napi::Env env, const std::string& text) {
  if (text.empty()) return env.Null();
  return Napi::String::New(env, text);
}

Napi::Array FindingsValue(Napi::Env env, Library library, const std::vector<Finding>& findings) {
  Napi::Array answer = Napi::Array::New(env, findings.size());
  for (size_t i = 0; i < findings.size(); ++i) {
    const Finding& each = findings[i];
    Napi::Object finding = Napi::Object::New(env);
    finding.Set("kind", FindingKindName(each.kind));
    finding.Set("call", TextOrNull(env, each.call != nullptr ? each.call : ""));
    finding.Set("code", each.HasStatus() ? Napi::Number::New(env, each.number) : env.Null());
    finding.Set("message", Describe(library, each));
    answer.Set(static_cast<uint32_t>(i), finding);
  }
  return answer;
}

Napi::Value Libraries(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Process& process = addon.process;
  auto reports = process.libraries.Report(*addon.environment());
  process.versions.Complete(&process.join, &process.libraries, addon.environment(), &reports);
  Napi::Array answer = Napi::Array::New(env, reports.size());
  for (size_t i = 0; i < reports.size(); ++i) {
    const LibraryReport& report = reports[i];
    Napi::Array candidates = Napi::Array::New(env, report.candidates.size());
    for (size_t j = 0; j < report.candidates.size(); ++j) {
      Napi::Object candidate = Napi::Object::New(env);
      candidate.Set("path", report.candidates[j].path);
      candidate.Set("reason", report.candidates[j].reason);
      candidates.Set(static_cast<uint32_t>(j), candidate);
    }
    Napi::Object library = Napi::Object::New(env);
    library.Set("library", LibraryName(report.library));
    library.Set("loaded", report.loaded);
    library.Set("path", TextOrNull(env, report.path));
    library.Set("version", TextOrNull(env, report.version));
    library.Set("foundBy",
                report.loaded ? TextOrNull(env, FoundByName(report.found_by)) : env.Null());
    library.Set("mock", report.mock);
    Napi::Array lacks = Napi::Array::New(env, report.lacks.size());
    for (size_t j = 0; j < report.lacks.size(); ++j) {
      lacks.Set(static_cast<uint32_t>(j), report.lacks[j]);
    }
    library.Set("lacks", lacks);
    library.Set("findings", FindingsValue(env, report.library, report.findings));
    library.Set("candidates", candidates);
    answer.Set(static_cast<uint32_t>(i), library);
  }
  return answer;
}

Napi::Value LibrariesGeneration(GpuAddon& addon, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), addon.process.libraries.generation());
}

Napi::Value DeviceCount(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const int count = CountDevices(&addon.process.libraries, *addon.environment());
  return Napi::Number::New(info.Env(), count);
}

Napi::Value DriverVersion(GpuAddon& addon, const Napi::CallbackInfo& info) {
  const auto* cudart = addon.process.libraries.Find<CudartApi>(*addon.environment());
  int version = 0;
  if (cudart == nullptr) return info.Env().Null();
  const int status = cudart->cudaDriverGetVersion(&version);  // initialises the runtime
  if (status != abi::cudart::cudaSuccess) {
    if (!IsSticky(Library::kCudart, 0, status)) TakeLastError(*cudart);
    return info.Env().Null();
  }
  return Napi::Number::New(info.Env(), version);
}

}  // namespace

void DefineLibraries(GpuAddon& addon, Napi::Object exports) {
  Export<Libraries>(addon, exports, "libraries");
  Export<LibrariesGeneration>(addon, exports, "librariesGeneration");
  Export<DeviceCount>(addon, exports, "deviceCount");
  Export<DriverVersion>(addon, exports, "driverVersion");
}

}  // namespace gpuex::bindings
