#include "mock/engine/machine.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "errors/code_table.h"

namespace gpuex::mock {

Machine::Machine(Scenario scenario, uint64_t generation, bool broken)
    : scenario_(std::move(scenario)),
      generation_(generation),
      broken_(broken),
      driver_(*this),
      runtime_(*this),
      streams_(*this),
      rules_(scenario_.rules) {
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
  }
}

Verdict Machine::AskRules(const RuleBook::List& rules, Function function, int device) {
  const bool answers_status = Info(function).answers_status;
  for (Rule* rule : rules) {
    if (!rule->Matches(device)) continue;
    const RuleSpec& spec = rule->spec();
    if (spec.delay_ms > 0 && !Delay(spec.delay_ms)) return {Verdict::kRestart, 0};
    if (spec.hang) {
      WaitUntilRetired();
      if (!spec.code) return {Verdict::kRestart, 0};
    }
    if (spec.code && answers_status) return {Verdict::kAnswer, *spec.code};
    // It only cost time; the rules behind it still have their say.
  }
  return {};
}

bool Machine::Delay(uint32_t milliseconds) {
  std::unique_lock<std::mutex> lock(retire_mutex_);
  return !retire_.wait_for(lock, std::chrono::milliseconds(milliseconds),
                           [this] { return retired(); });
}

void Machine::WaitUntilRetired() {
  std::unique_lock<std::mutex> lock(retire_mutex_);
  hanging_.fetch_add(1, std::memory_order_relaxed);
  retire_.wait(lock, [this] { return retired(); });
  hanging_.fetch_sub(1, std::memory_order_relaxed);
}

void Machine::PoisonIfSticky(int code, int ordinal) {
  // Both CUDA libraries document the same codes as sticky; the table is asked once for both.
  if (!IsSticky(Library::kCudart, 0, code) && !IsSticky(Library::kCuda, 0, code)) return;
  Device* device = driver_.Find(ordinal);
  if (device == nullptr) return;
  // There must be a context to be poisoned; if it no longer fits, the device is lost all the same.
  if (!device->context.active()) device->context.RetainForRuntime();
  device->context.Poison(code);
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
  {
    std::lock_guard<std::mutex> lock(retire_mutex_);
    retired_.store(true, std::memory_order_release);
  }
  retire_.notify_all();
  allocations_.Close();
  host_memory_.Close();
}

}  // namespace gpuex::mock
