// Which NVML device a CUDA ordinal is. The two number devices differently (CUDA_VISIBLE_DEVICES,
// CUDA_DEVICE_ORDER, MIG), so they are joined by UUID, else by PCI bus id.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/libraries.h"

namespace gpuex {

struct JoinedDevice {
  abi::cuda::CUdevice device;
  std::string uuid;  // without NVML's prefix; empty when the driver does not tell
  std::string pci_bus_id;
  abi::nvml::nvmlDevice_t nvml;  // null: not found there, `nvml_status` says why
  int nvml_status;
  const char* nvml_call;
};

// Immutable once published, and never freed while it may be read: readers hold no lock.
struct JoinTable {
  unsigned generation;
  const CudaApi* cuda;
  const NvmlApi* nvml;  // null: NVML is absent
  std::vector<JoinedDevice> devices;
};

class DeviceJoin {
 public:
  // The table of the present generation, or null if it was not made yet. Takes no lock.
  const JoinTable* Published(unsigned generation) const {
    const JoinTable* table = table_.load(std::memory_order_acquire);
    return table != nullptr && table->generation == generation ? table : nullptr;
  }

  // Makes it when need be. Initialises the driver (cuInit: no context) and NVML. Throws NativeError
  // when the driver is missing or refuses, and when NVML is there but refuses to start; a failure is
  // not remembered.
  const JoinTable& Get(Libraries* libraries, const Environment& environment);

  // Forgets `table` if it is the published one, because its handles may no longer be valid.
  // `nvml_stopped`: NVML has to be started again. False when somebody else did it before.
  bool Retire(const JoinTable& table, bool nvml_stopped);

  // Initialises NVML, once. Null where it is absent by nature: no library, or none of its functions
  // on this platform. Throws NativeError when it refuses.
  const NvmlApi* StartNvml(Libraries* libraries, const Environment& environment);

 private:
  std::unique_ptr<const JoinTable> Make(Libraries* libraries, const Environment& environment);
  const NvmlApi* StartNvmlLocked(Libraries* libraries, const Environment& environment);

  std::atomic<const JoinTable*> table_{nullptr};
  std::mutex mutex_;
  const JoinTable* latest_ = nullptr;     // also while it is retired
  // All that were ever published: a reader may still be in an older one.
  std::vector<std::unique_ptr<const JoinTable>> made_;
  unsigned nvml_started_generation_ = 0;  // 0: not started
};

// Looks `device` up in NVML by its UUID, else by its PCI bus id; fills the three `nvml` members.
void FindInNvml(const NvmlApi& nvml, JoinedDevice* device);

}  // namespace gpuex
