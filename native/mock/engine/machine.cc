#include "mock/engine/machine.h"

#include <algorithm>
#include <utility>

#include "errors/code_table.h"
#include "mock/engine/uuid.h"

namespace gpuex::mock {

Machine::Machine(Scenario scenario, uint64_t generation, bool broken)
    : scenario_(std::move(scenario)),
      generation_(generation),
      broken_(broken),
      driver_(*this),
      runtime_(*this),
      streams_(*this),
      rules_(scenario_.rules),
      clock_(scenario_.virtual_clock),
      log_(scenario_.call_log) {
  std::vector<size_t> by_pci(scenario_.devices.size());
  for (size_t i = 0; i < by_pci.size(); ++i) by_pci[i] = i;
  std::sort(by_pci.begin(), by_pci.end(), [this](size_t a, size_t b) {
    return scenario_.devices[a].pci < scenario_.devices[b].pci;
  });
  as_listed_.resize(by_pci.size());
  for (size_t listed : by_pci) {
    devices_.push_back(std::make_unique<Device>(scenario_.devices[listed],
                                                static_cast<int>(devices_.size()),
                                                scenario_.context_overhead_bytes));
    as_listed_[listed] = devices_.back().get();
    MakeInstances(*devices_.back(), static_cast<int>(listed));
  }
}

void Machine::MakeInstances(Device& board, int listed) {
  board.listed = listed;
  unsigned number = 0;
  for (const MigSpec& mig : board.spec.mig) {
    DeviceSpec spec = board.spec;
    spec.name += " MIG " + mig.profile;
    spec.uuid_bytes = DerivedUuid(board.spec.uuid_bytes, ++number);
    spec.uuid = UuidText("MIG-", spec.uuid_bytes);
    spec.memory_bytes = mig.memory_bytes;
    spec.reserved_bytes = 0;
    spec.used_by_others_bytes = 0;
    spec.mig.clear();
    spec.readings.processes.clear();
    instances_.push_back(std::make_unique<Device>(spec, board.nvml_index,
                                                  scenario_.context_overhead_bytes));
    Device& instance = *instances_.back();
    instance.listed = listed;
    instance.parent = &board;
    instance.instance = number;
    instance.serial = static_cast<int>(instances_.size()) - 1;
    board.instances.push_back(&instance);
  }
}

Device* Machine::Named(Library library, int device) const {
  if (device < 0) return nullptr;
  return library == Library::kNvml ? DeviceByNvmlIndex(device) : driver_.Find(device);
}

Verdict Machine::AskRules(const RuleBook::List& rules, Function function, int device) {
  const bool answers_status = Info(function).answers_status;
  const Device* named = Named(Info(function).library, device);
  const Rule::Call call{device, named == nullptr ? -1 : named->listed,
                        static_cast<int>(ThreadState::On(*this).number)};
  for (Rule* rule : rules) {
    if (!rule->Matches(call)) continue;
    const RuleSpec& spec = rule->spec();
    if (spec.xid != 0 && rule->FirstAct()) RaiseXidOf(spec, named);
    if (spec.delay_ms > 0 && !Delay(spec.delay_ms)) return {Verdict::kRestart, 0};
    if (spec.hang) {
      WaitUntilRetired();
      if (!spec.code) return {Verdict::kRestart, 0};
    }
    if (spec.code && answers_status) {
      if (!spec.detail.empty()) log_.Explain(spec.detail);
      return {Verdict::kAnswer, *spec.code, spec.sticky};
    }
    // It only cost time; the rules behind it still have their say.
  }
  return {};
}

bool Machine::Delay(uint32_t milliseconds) {
  return !Wait(clock_.Now() + milliseconds, [] { return false; });
}

void Machine::WaitUntilRetired() {
  hanging_.fetch_add(1, std::memory_order_relaxed);
  Wait(Clock::kForEver, [] { return false; });
  hanging_.fetch_sub(1, std::memory_order_relaxed);
}

size_t Machine::Reachable(const void* address) const {
  const Allocations::Range block = allocations_.BlockAt(address);
  if (block.bytes == 0) return host_memory_.Reachable(address);
  return block.bytes - (reinterpret_cast<uintptr_t>(address) - block.start);
}

int Machine::FreeHost(HostMemory::Kind kind, void* address) {
  for (const auto& device : devices_) streams_.SynchronizeDevice(*device);
  for (const auto& device : instances_) streams_.SynchronizeDevice(*device);
  const auto pause = allocations_.Pause();
  return host_memory_.Free(kind, address);
}

void Machine::RaiseXid(const Device& device, unsigned xid) {
  constexpr uint64_t kXidCriticalError = 8;  // nvmlEventTypeXidCriticalError
  const Device& board = device.parent != nullptr ? *device.parent : device;
  events_.Raise({&board, kXidCriticalError, xid});
  clock_.Wake();
}

void Machine::RaiseXidOf(const RuleSpec& rule, const Device* named) {
  if (named == nullptr && rule.listed >= 0) named = as_listed_[static_cast<size_t>(rule.listed)];
  if (named != nullptr) return RaiseXid(*named, rule.xid);
  for (const auto& device : devices_) RaiseXid(*device, rule.xid);
}

void Machine::PoisonIfSticky(const Verdict& verdict, int ordinal) {
  const int code = verdict.code;
  if (verdict.sticky && !*verdict.sticky) return;
  // Both CUDA libraries document the same codes as sticky; the table is asked once for both.
  if (!verdict.sticky && !IsSticky(Library::kCudart, 0, code) &&
      !IsSticky(Library::kCuda, 0, code)) {
    return;
  }
  Poison(code, ordinal);
}

void Machine::Poison(int code, int ordinal) {
  Device* device = driver_.Find(ordinal);
  if (device == nullptr) return;
  // There must be a context to be poisoned; if it no longer fits, the device is lost all the same.
  if (!device->context.active()) device->context.RetainForRuntime();
  device->context.Poison(code);
  streams_.LookAgain(*device);
}

void Machine::CountLaunch(const std::string& kernel) {
  std::lock_guard<std::mutex> lock(launches_mutex_);
  ++launches_[kernel];
}

std::map<std::string, uint64_t> Machine::Launches() const {
  std::lock_guard<std::mutex> lock(launches_mutex_);
  return launches_;
}

void Machine::Retire() {
  retired_.store(true, std::memory_order_release);
  clock_.Wake();
  allocations_.Close();
  host_memory_.Close();
}

}  // namespace gpuex::mock
