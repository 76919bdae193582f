#include "bindings/entry.h"
#include "probe/device_memory.h"
#include "probe/last_error.h"

namespace gpuex::bindings {

namespace {

Napi::Value TextOrNull(Napi::Env env, const std::string& text) {
  if (text.empty()) return env.Null();
  return Napi::String::New(env, text);
}

// Some versions of NVML tell theirs only once they are initialised.
void CompleteNvml(GpuAddon& addon, LibraryReport* report) {
  if (report->library != Library::kNvml || !report->loaded || !report->version.empty()) return;
  try {
    const auto& environment = *addon.environment();
    DeviceJoin& join = addon.process.join;
    ::gpuex::Libraries& libraries = addon.process.libraries;
    // Twice: somebody else may have shut it down.
    for (int attempt = 0; attempt < 2; ++attempt) {
      const unsigned epoch = join.epoch();
      const auto* nvml = join.TryStartNvml(&libraries, environment);
      if (nvml == nullptr) return;
      report->version = nvml->Version();
      unsigned int count = 0;
      if (!report->version.empty() || !HasStopped(nvml->nvmlDeviceGetCount_v2(&count))) return;
      join.Retire(join.Published(libraries.generation()), epoch, true);
    }
  } catch (const NativeError&) {
    // It refuses to start: then it does not say.
  }
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
  auto reports = addon.process.libraries.Report(*addon.environment());
  for (LibraryReport& report : reports) CompleteNvml(addon, &report);
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
    auto findings = report.findings;
    for (Finding& each : addon.process.libraries.FindingsOf(report.library).All()) {
      findings.push_back(std::move(each));
    }
    library.Set("findings", FindingsValue(env, report.library, findings));
    library.Set("candidates", candidates);
    answer.Set(static_cast<uint32_t>(i), library);
  }
  return answer;
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
  Export<DeviceCount>(addon, exports, "deviceCount");
  Export<DriverVersion>(addon, exports, "driverVersion");
}

}  // namespace gpuex::bindings
