#include "mock/engine/device.h"

namespace gpuex::mock {

bool PrimaryContext::RetainLocked() {
  if (references_ == 0) {
    if (!ledger_.Take(overhead_bytes_)) return false;
    active_.store(true, std::memory_order_release);
  }
  ++references_;
  return true;
}

bool PrimaryContext::Retain() {
  std::lock_guard<std::mutex> lock(mutex_);
  return RetainLocked();
}

bool PrimaryContext::RetainForRuntime() {
  if (runtime_holds_.load(std::memory_order_acquire)) return true;
  std::lock_guard<std::mutex> lock(mutex_);
  if (runtime_holds_.load(std::memory_order_relaxed)) return true;
  if (!RetainLocked()) return false;
  runtime_holds_.store(true, std::memory_order_release);
  return true;
}

PrimaryContext::Release PrimaryContext::ReleaseOne() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (references_ == 0) return Release::kNotRetained;
  if (--references_ > 0) return Release::kStillActive;
  runtime_holds_.store(false, std::memory_order_release);
  active_.store(false, std::memory_order_release);
  ledger_.Give(overhead_bytes_);
  return Release::kDestroyed;
}

void PrimaryContext::Reset() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (references_ == 0) return;
  references_ = 0;
  runtime_holds_.store(false, std::memory_order_release);
  active_.store(false, std::memory_order_release);
  ledger_.Give(overhead_bytes_);
}

void PrimaryContext::Poison(int status) {
  int healthy = 0;
  poison_.compare_exchange_strong(healthy, status, std::memory_order_acq_rel);
}

MemoryLedger::Reading Device::Memory() const {
  MemoryLedger::Reading reading = ledger.Read();
  for (const Device* each : instances) {
    const MemoryLedger::Reading part = each->ledger.Read();
    reading.used += part.used;
    reading.free -= part.used < reading.free ? part.used : reading.free;
  }
  return reading;
}

}  // namespace gpuex::mock
