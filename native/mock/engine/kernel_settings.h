// What programs set kernels up for: cudaFuncSetAttribute and cuFuncSetAttribute.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <tuple>

namespace gpuex::mock {

struct Device;
struct Kernel;

// Of one machine, by kernel and device.
class KernelSettings {
 public:
  // Of cudaFuncAttribute and CUfunction_attribute, which share their numbers.
  static constexpr int kMaxDynamicShared = 8;
  static constexpr int kPreferredCarveout = 9;
  static constexpr int kLastAttribute = 15;

  // kInvalidValue: it cannot be set, or not to that. The carve-out is kept and has no effect; what
  // concerns clusters is neither kept nor has one.
  int Set(const Kernel& kernel, const Device& device, int attribute, int value);
  // Most dynamic shared memory of a launch, in bytes; what its own leaves of 48 KiB unless it was set.
  int MaxDynamicShared(const Kernel& kernel, const Device& device) const;
  // In percent; -1: left to the driver.
  int PreferredCarveout(const Kernel& kernel, const Device& device) const;
  // The kernel's code was unloaded.
  void Forget(const Kernel& kernel);

 private:
  int Get(const Kernel& kernel, const Device& device, int attribute, int unset) const;

  mutable std::mutex mutex_;
  std::map<std::tuple<uintptr_t, const Device*, int>, int> values_;  // by the kernel's id
};

}  // namespace gpuex::mock
