#include "mock/state_json.h"

#include "mock/engine/pci_text.h"
#include "mock/scenario/json.h"
#include "mock/unsupported.h"

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
  const MemoryLedger::Reading memory = device.ledger.Read();
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
  out.NumberOrNull("poisoned", device.context.poison(), 0);
  out.Close('}');
}

}  // namespace

std::string StateJson(Machine& machine) {
  Writer out;
  out.Open('{');
  out.Key("devices").Open('[');
  for (int i = 0; i < machine.device_count(); ++i) {
    WriteDevice(out, machine, *machine.DeviceByNvmlIndex(i));
  }
  out.Close(']');
  out.Number("allocations", machine.allocations().live());
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
