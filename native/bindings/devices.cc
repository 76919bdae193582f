#include "bindings/entry.h"
#include "bindings/question.h"
#include "probe/devices.h"
#include "probe/processes.h"

namespace gpuex::bindings {

namespace {

Napi::Value TextOrNull(Napi::Env env, const std::string& text) {
  if (text.empty()) return env.Null();
  return Napi::String::New(env, text);
}

template <typename T>
Napi::Value NumberOrNull(Napi::Env env, const std::optional<T>& number) {
  if (!number) return env.Null();
  return Napi::Number::New(env, static_cast<double>(*number));
}

Napi::Value BooleanOrNull(Napi::Env env, const std::optional<bool>& value) {
  if (!value) return env.Null();
  return Napi::Boolean::New(env, *value);
}

Napi::Value ReadingsOrNull(Napi::Env env, const std::optional<MemoryReadings>& memory) {
  if (!memory) return env.Null();
  auto readings = Napi::Float64Array::New(env, MemoryReadings::kCount);
  memory->CopyTo(readings.Data());
  return readings;
}

Napi::Value RefusalOrNull(Napi::Env env, const std::optional<NativeError>& error) {
  if (!error) return env.Null();
  Napi::Object refusal = Napi::Object::New(env);
  refusal.Set("library", LibraryName(error->library));
  refusal.Set("code", NumberOrNull(env, error->code));
  refusal.Set("call", TextOrNull(env, error->call != nullptr ? error->call : ""));
  return refusal;
}

Napi::Object DeviceObject(Napi::Env env, const DeviceReport& report) {
  Napi::Object device = Napi::Object::New(env);
  device.Set("device", Napi::Number::New(env, report.ordinal));
  device.Set("nvmlIndex", NumberOrNull(env, report.nvml_index));
  device.Set("name", TextOrNull(env, report.name));
  device.Set("uuid", TextOrNull(env, report.uuid));
  device.Set("pciBusId", TextOrNull(env, report.pci_bus_id));
  device.Set("computeMajor", NumberOrNull(env, report.compute_major));
  device.Set("computeMinor", NumberOrNull(env, report.compute_minor));
  device.Set("mig", BooleanOrNull(env, report.mig));
  device.Set("memory", ReadingsOrNull(env, report.memory));
  device.Set("refusal", RefusalOrNull(env, report.refusal));
  return device;
}

Napi::Value ProcessesValue(Napi::Env env, const std::optional<ProcessesReport>& report) {
  if (!report) return env.Null();
  Napi::Array answer = Napi::Array::New(env, report->processes.size());
  for (size_t i = 0; i < report->processes.size(); ++i) {
    const ProcessReport& each = report->processes[i];
    Napi::Object process = Napi::Object::New(env);
    process.Set("pid", Napi::Number::New(env, each.pid));
    process.Set("hostPid", BooleanOrNull(env, report->host_pids));
    process.Set("name", TextOrNull(env, each.name));
    process.Set("bytes", NumberOrNull(env, each.bytes));
    process.Set("compute", Napi::Boolean::New(env, each.compute));
    process.Set("graphics", Napi::Boolean::New(env, each.graphics));
    answer.Set(static_cast<uint32_t>(i), process);
  }
  return answer;
}

Napi::Value Devices(GpuAddon& addon, const Napi::CallbackInfo& info) {
  Process& process = addon.process;
  const auto reports = DescribeDevices(&process.join, &process.libraries, *addon.environment());
  Napi::Array answer = Napi::Array::New(info.Env(), reports.size());
  for (size_t i = 0; i < reports.size(); ++i) {
    answer.Set(static_cast<uint32_t>(i), DeviceObject(info.Env(), reports[i]));
  }
  return answer;
}

Napi::Value Processes(GpuAddon& addon, const Napi::CallbackInfo& info) {
  Process& process = addon.process;
  return ProcessesValue(info.Env(), ListProcesses(&process.join, &process.libraries,
                                                  *addon.environment(), OrdinalAt(info, 0)));
}

// `ask()`, which waits for `library`, on a thread of ours, then callback(error, answer) on the environment's loop.
template <typename Ask, typename Convert>
void AskOnThread(GpuAddon& addon, const Napi::CallbackInfo& info, Library library, int device,
                 size_t callback, Ask ask, Convert convert) {
  const auto mailbox = addon.mailbox();
  const Napi::Function waiting = FunctionAt(info, callback, "callback");
  const uint64_t ticket = mailbox->NewTicket();
  // The environment is there while a letter is delivered, and so is its addon.
  const auto tell = [self = &addon, convert](napi_env env, napi_value function, const auto& answer,
                                             const std::optional<NativeError>& failure) {
    const Napi::Value error(env, failure ? self->errors().Make(env, *failure) : nullptr);
    const Napi::Value value = answer ? convert(Napi::Env(env), *answer) : Napi::Env(env).Null();
    Napi::Function(env, function).Call({error.IsEmpty() ? Napi::Env(env).Null() : error, value});
  };
  const std::optional<int> concerned =
      device == DeviceThreads::kNoDevice ? std::nullopt : std::optional<int>(device);
  addon.process.threads.Post(
      library, device,
      Question(mailbox, ticket, Exhausted(library, nullptr, concerned), ask, tell));
  mailbox->Keep(ticket, waiting);
}

Napi::Value KnowDevices(GpuAddon& addon, const Napi::CallbackInfo& info) {
  Process& process = addon.process;
  using Known = std::vector<DeviceReport>;
  AskOnThread(
      addon, info, Library::kCuda, DeviceThreads::kNoDevice, 0,
      [&process, environment = addon.environment()] {
        const JoinTable& table = process.join.Get(&process.libraries, *environment);
        Known known;
        for (size_t i = 0; i < table.count; ++i) {
          DeviceReport report;
          report.ordinal = static_cast<int>(i);
          abi::cuda::CUdevice device = 0;
          if (table.cuda->cuDeviceGet(&device, report.ordinal) == abi::cuda::CUDA_SUCCESS) {
            report.pci_bus_id = PciBusIdOf(*table.cuda, device);
          }
          known.push_back(std::move(report));
        }
        return known;
      },
      [](Napi::Env env, const Known& known) -> Napi::Value {
        Napi::Array answer = Napi::Array::New(env, known.size());
        for (size_t i = 0; i < known.size(); ++i) {
          answer.Set(static_cast<uint32_t>(i), DeviceObject(env, known[i]));
        }
        return answer;
      });
  return info.Env().Undefined();
}

using Look = DeviceReport (*)(DeviceJoin*, ::gpuex::Libraries*, const Environment&, int);

template <Library kLibrary, Look kLook>
Napi::Value LookOnThread(GpuAddon& addon, const Napi::CallbackInfo& info) {
  Process& process = addon.process;
  const int device = OrdinalAt(info, 0);
  AskOnThread(
      addon, info, kLibrary, device, 1,
      [&process, device, environment = addon.environment()] {
        return kLook(&process.join, &process.libraries, *environment, device);
      },
      [](Napi::Env env, const DeviceReport& report) -> Napi::Value {
        return DeviceObject(env, report);
      });
  return info.Env().Undefined();
}

Napi::Value ListOnThread(GpuAddon& addon, const Napi::CallbackInfo& info) {
  Process& process = addon.process;
  const int device = OrdinalAt(info, 0);
  AskOnThread(
      addon, info, Library::kNvml, device, 1,
      [&process, device, environment = addon.environment()] {
        return ListProcesses(&process.join, &process.libraries, *environment, device);
      },
      ProcessesValue);
  return info.Env().Undefined();
}

}  // namespace

void DefineDevices(GpuAddon& addon, Napi::Object exports) {
  Export<Devices>(addon, exports, "devices");
  Export<Processes>(addon, exports, "processes");
  Export<KnowDevices>(addon, exports, "knowDevices");
  Export<LookOnThread<Library::kCuda, IdentifyDevice>>(addon, exports, "identifyDevice");
  Export<LookOnThread<Library::kNvml, MeasureDevice>>(addon, exports, "measureDevice");
  Export<ListOnThread>(addon, exports, "listProcesses");
}

}  // namespace gpuex::bindings
