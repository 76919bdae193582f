// Which NVML device a CUDA ordinal is. The two number devices differently (CUDA_VISIBLE_DEVICES,
// CUDA_DEVICE_ORDER, MIG), so they are joined by UUID, else by PCI bus id.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "api/libraries.h"

namespace gpuex {

// Immutable once published, and never freed: readers hold no lock. What was replaced hangs on to its
// successor, so that a leak checker can tell it from what was lost.
struct JoinedDevice {
  abi::cuda::CUdevice device;
  std::string uuid;  // without NVML's prefix; empty when the driver does not tell its own
  std::string pci_bus_id;
  bool bus_is_its_own;  // false: a MIG instance, whose bus id is its parent's
  const NvmlApi* library;        // null: NVML is absent
  abi::nvml::nvmlDevice_t nvml;  // null: not found there, `nvml_status` says why
  int nvml_status;
  const char* nvml_call;
  const JoinedDevice* former;  // the one that it replaced, kept reachable
};

// The devices of one generation. Each is joined when it is first asked about, so that one that is out
// of order, or hangs, costs the others nothing.
struct JoinTable {
  struct Slot {
    std::atomic<const JoinedDevice*> current{nullptr};
    std::atomic<const JoinedDevice*> latest{nullptr};  // also while it is retired
  };

  unsigned generation;
  const JoinTable* former;  // the one that it replaced, kept reachable
  const CudaApi* cuda;
  size_t count;
  std::unique_ptr<Slot[]> slots;

  // Null: no such device, or not joined. Takes no lock.
  const JoinedDevice* Current(int device) const {
    const auto index = static_cast<size_t>(device);
    return index < count ? slots[index].current.load(std::memory_order_acquire) : nullptr;
  }
};

// Calls no vendor's library while it holds a lock, but for nvmlInit_v2, which NVML itself lets in one
// at a time.
class DeviceJoin {
 public:
  // The table of the present generation, or null if it was not made yet. Takes no lock.
  const JoinTable* Published(unsigned generation) const {
    const JoinTable* table = table_.load(std::memory_order_acquire);
    return table != nullptr && table->generation == generation ? table : nullptr;
  }

  // Makes it when need be. Initialises the driver (cuInit: no context). Throws NativeError when the
  // driver is missing or refuses; a failure is not remembered.
  const JoinTable& Get(Libraries* libraries, const Environment& environment);

  // Joins the device when need be; initialises NVML. Throws NativeError when the driver does not know
  // the device or refuses it, and when NVML is there but refuses to start.
  const JoinedDevice& Join(const JoinTable& table, Libraries* libraries,
                           const Environment& environment, int device);

  // Rises whenever handles are retired; to be read before they are used.
  unsigned epoch() const { return epoch_.load(std::memory_order_acquire); }
  // Forgets all handles, which may no longer be valid, unless somebody did so since `epoch`; then
  // false. `nvml_stopped`: NVML has to be started again.
  bool Retire(const JoinTable* table, unsigned epoch, bool nvml_stopped);

  // Initialises NVML, once. Null where it is absent by nature (no library, or none of its functions
  // on this platform) or may not be used here. Throws NativeError when it refuses.
  const NvmlApi* StartNvml(Libraries* libraries, const Environment& environment);
  // The same, but null also when somebody else has been starting it for longer than that takes.
  const NvmlApi* TryStartNvml(Libraries* libraries, const Environment& environment);

 private:
  const NvmlApi* StartNvmlLocked(Libraries* libraries, const Environment& environment);

  std::atomic<const JoinTable*> table_{nullptr};
  std::atomic<unsigned> epoch_{0};
  std::timed_mutex nvml_mutex_;  // held while NVML starts
  std::atomic<unsigned> nvml_started_generation_{0};  // 0: not started
};

// What the driver alone tells the device by, asked afresh; no NVML. Throws NativeError when the driver does
// not know the device or refuses it.
JoinedDevice IdentifyByDriver(const JoinTable& table, int device);

// Looks `device` up in `device->library` by its UUID, else by its PCI bus id; fills the three `nvml`
// members.
void FindInNvml(JoinedDevice* device);

// NVML was shut down by somebody else, or its driver unloaded: it has to be started again.
bool HasStopped(int nvml_status);

// cuDeviceGetPCIBusId; empty when the driver does not tell.
std::string PciBusIdOf(const CudaApi& cuda, abi::cuda::CUdevice device);

}  // namespace gpuex
