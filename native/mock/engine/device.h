// One simulated GPU: who it is, what memory it has, and its primary context.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "mock/engine/memory_ledger.h"
#include "mock/engine/scenario.h"

namespace gpuex::mock {

// The device's primary context in this process. cudart holds one reference of its own from its
// first use of the device on; the driver API's callers hold the others.
class PrimaryContext {
 public:
  PrimaryContext(MemoryLedger& ledger, uint64_t overhead_bytes)
      : ledger_(ledger), overhead_bytes_(overhead_bytes) {}

  bool active() const { return active_.load(std::memory_order_acquire); }
  unsigned references() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return references_;
  }

  // One more reference; the first one makes the context and pays for it. False: out of memory.
  bool Retain();
  // cudart's own reference; asked before every call that needs a context, so it is cheap.
  bool RetainForRuntime();
  enum class Release { kNotRetained, kStillActive, kDestroyed };
  // The last one destroys the context, whoever held it.
  Release ReleaseOne();

  // Destroys it, whoever holds it. What poisoned it stays.
  void Reset();

  // The sticky status that every later use of the context answers; 0: healthy. It outlives the
  // context, because the vendor's documentation asks for a new process.
  int poison() const { return poison_.load(std::memory_order_acquire); }
  // The first one stays.
  void Poison(int status);

 private:
  bool RetainLocked();

  MemoryLedger& ledger_;
  const uint64_t overhead_bytes_;
  mutable std::mutex mutex_;
  unsigned references_ = 0;
  std::atomic<bool> runtime_holds_{false};
  std::atomic<bool> active_{false};
  std::atomic<int> poison_{0};
};

struct Device {
  Device(DeviceSpec spec_of_device, int index, uint64_t context_overhead_bytes)
      : spec(std::move(spec_of_device)),
        nvml_index(index),
        ledger(spec.memory_bytes, spec.reserved_bytes, spec.used_by_others_bytes),
        context(ledger, context_overhead_bytes),
        readings_(spec.readings) {}
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const DeviceSpec spec;
  const int nvml_index;
  // -1 until the driver is initialised, and for devices that CUDA does not see.
  std::atomic<int> cuda_ordinal{-1};
  MemoryLedger ledger;
  PrimaryContext context;
  // MIG: the whole board of an instance, and the instances of a board. Constant once the machine is.
  Device* parent = nullptr;
  std::vector<Device*> instances;
  unsigned instance = 0;  // of an instance: its number on the board, from 1
  int serial = -1;        // of an instance: its number in the machine
  int listed = 0;         // of a board and its instances: the place in the scenario's list

  // A board's memory holds what its instances hold.
  MemoryLedger::Reading Memory() const;

  DeviceReadings Readings() const {
    std::lock_guard<std::mutex> lock(readings_mutex_);
    return readings_;
  }
  void Change(const DeviceReadings& readings) {
    std::lock_guard<std::mutex> lock(readings_mutex_);
    readings_ = readings;
  }
  uint64_t EnergyMillijoules(uint64_t now_ms) const {
    std::lock_guard<std::mutex> lock(readings_mutex_);
    return static_cast<uint64_t>(readings_.power_mw) * now_ms / 1000;
  }

 private:
  mutable std::mutex readings_mutex_;
  DeviceReadings readings_;
};

}  // namespace gpuex::mock
