#include "mock/state_json.h"

#include <cctype>

#include "mock/engine/pci_text.h"
#include "mock/nvrtc/live_programs.h"
#include "mock/scenario/json.h"
#include "mock/unsupported.h"
#include "mock/scenario/presets.h"

namespace gpuex::mock {
namespace {

class Writer {
 public:
  Writer& Open(char bracket) {
    Comma();
    text_ += bracket;
    first_ = true;
    return *this;
  }
  Writer& Close(char bracket) {
    text_ += bracket;
    first_ = false;
    return *this;
  }
  Writer& Key(const char* name) {
    Comma();
    text_ += json::Quote(name) + ":";
    first_ = true;  // the value needs no comma
    return *this;
  }
  Writer& Raw(const std::string& value) {
    Comma();
    text_ += value;
    return *this;
  }
  void Number(const char* key, uint64_t value) { Key(key).Raw(std::to_string(value)); }
  void Text(const char* key, const std::string& value) { Key(key).Raw(json::Quote(value)); }
  void NumberOrNull(const char* key, int value, int none) {
    Key(key).Raw(value == none ? "null" : std::to_string(value));
  }
  std::string Take() { return std::move(text_); }

 private:
  void Comma() {
    if (!first_) text_ += ',';
    first_ = false;
  }
  std::string text_;
  bool first_ = true;
};

void WriteDevice(Writer& out, Machine& machine, const Device& device) {
  const MemoryLedger::Reading memory = device.Memory();
  out.Open('{');
  out.Number("nvmlIndex", static_cast<uint64_t>(device.nvml_index));
  out.NumberOrNull("cudaOrdinal", device.cuda_ordinal.load(), -1);
  out.Text("name", device.spec.name);
  out.Text("uuid", device.spec.uuid);
  out.Text("pciBusId", PciText(device.spec.pci, 4));
  out.Text("computeCapability", device.spec.compute_capability);
  out.Number("total", memory.total);
  out.Number("free", memory.free);
  out.Number("used", memory.used);
  out.Number("reserved", memory.reserved);
  out.Number("allocations", machine.allocations().LiveOn(device));
  out.Key("contextActive").Raw(device.context.active() ? "true" : "false");
  out.Number("contextReferences", device.context.references());
  out.NumberOrNull("poisoned", device.context.poison(), 0);
  if (!device.instances.empty()) {
    out.Key("migDevices").Open('[');
    for (const Device* instance : device.instances) WriteDevice(out, machine, *instance);
    out.Close(']');
  }
  out.Close('}');
}

// The names in "(nvmlDevice_t device, unsigned int* power)".
std::vector<std::string> ParameterNames(const std::string& parameters) {
  std::vector<std::string> names;
  std::string name;
  for (const char c : parameters) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') {
      name += c;
    } else if (c == ',' || c == ')') {
      if (!name.empty()) names.push_back(name);
      name.clear();
    } else {
      name.clear();
    }
  }
  return names;
}

void WriteCall(Writer& out, const LoggedCall& call) {
  const FunctionInfo& info = Info(call.function);
  out.Open('{');
  out.Number("number", call.number);
  out.Text("library", LibraryName(info.library));
  out.Text("call", info.name);
  out.Number("thread", call.thread);
  out.Number("atMs", call.at_ms);
  out.NumberOrNull("device", call.device, -1);
  out.Key("status").Raw(call.status ? std::to_string(*call.status) : "null");
  out.Key("arguments").Open('{');
  const std::vector<std::string> names = ParameterNames(info.parameters);
  for (size_t i = 0; i < call.arguments.size() && i < names.size(); ++i) {
    out.Key(names[i].c_str()).Raw(call.arguments[i]);
  }
  out.Close('}');
  if (!call.detail.empty()) out.Text("detail", call.detail);
  out.Close('}');
}

}  // namespace

std::string LogJson(Machine& machine) {
  Writer out;
  out.Open('[');
  for (const LoggedCall& call : machine.log().Copy()) WriteCall(out, call);
  out.Close(']');
  return out.Take();
}

std::string CatalogJson() {
  Writer out;
  out.Open('{');
  out.Key("profiles").Open('[');
  for (const std::string_view profile : BoardProfiles()) {
    out.Raw(json::Quote(profile));
  }
  out.Close(']');
  out.Key("presets").Open('{');
  for (const Preset& preset : Presets()) out.Text(preset.name, preset.summary);
  out.Close('}');
  out.Key("functions").Open('{');
  for (size_t i = 0; i < kFunctionCount; ++i) {
    out.Text(Info(i).name, LibraryName(Info(i).library));
  }
  out.Close('}').Close('}');
  return out.Take();
}

std::string StateJson(Machine& machine) {
  Writer out;
  out.Open('{');
  out.Key("devices").Open('[');
  for (int i = 0; i < machine.device_count(); ++i) {
    WriteDevice(out, machine, *machine.DeviceByNvmlIndex(i));
  }
  out.Close(']');
  out.Number("allocations", machine.allocations().live());
  out.Number("hostAllocations", machine.host_memory().live());
  out.Number("streams", machine.streams().live_streams());
  out.Number("events", machine.streams().live_events());
  out.Number("modules", machine.modules().live());
  out.Number("programs", LivePrograms());
  out.Key("pushedContexts").Raw(std::to_string(machine.pushed_contexts()));
  out.Number("nowMs", machine.clock().Now());
  out.Number("hanging", static_cast<uint64_t>(machine.hanging()));
  out.Key("launches").Open('{');
  for (const auto& [kernel, count] : machine.Launches()) out.Number(kernel.c_str(), count);
  out.Close('}');
  out.Key("unsupported").Open('{');
  for (const auto& [name, count] : UnsupportedCalls()) out.Number(name.c_str(), count);
  out.Close('}');
  out.Key("calls").Open('{');
  for (size_t i = 0; i < kFunctionCount; ++i) {
    out.Number(Info(i).name, machine.Calls(static_cast<Function>(i)));
  }
  out.Close('}').Close('}');
  return out.Take();
}

}  // namespace gpuex::mock
