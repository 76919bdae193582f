#include "mock/engine/kernel_settings.h"

#include <algorithm>

#include "mock/engine/device.h"
#include "mock/engine/device_facts.h"
#include "mock/engine/kernels.h"
#include "mock/engine/status.h"

namespace gpuex::mock {

using namespace cuda_status;  // NOLINT

int KernelSettings::Set(const Kernel& kernel, const Device& device, int attribute, int value) {
  if (attribute < kMaxDynamicShared || attribute > kLastAttribute) return kInvalidValue;
  if (attribute == kMaxDynamicShared &&
      (value < 0 || value > FactsOf(device.spec).shared_per_block_optin -
                                static_cast<int>(kernel.shared_bytes))) {
    return kInvalidValue;
  }
  if (attribute > kPreferredCarveout) return kSuccess;
  std::lock_guard<std::mutex> lock(mutex_);
  values_[{kernel.id, &device, attribute}] = value;
  return kSuccess;
}

int KernelSettings::MaxDynamicShared(const Kernel& kernel, const Device& device) const {
  const int own = static_cast<int>(kernel.shared_bytes);
  const int left = std::max(FactsOf(device.spec).shared_per_block - own, 0);
  return Get(kernel, device, kMaxDynamicShared, left);
}

int KernelSettings::PreferredCarveout(const Kernel& kernel, const Device& device) const {
  return Get(kernel, device, kPreferredCarveout, -1);
}

void KernelSettings::Forget(const Kernel& kernel) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto next = values_.lower_bound({kernel.id, nullptr, 0});
  while (next != values_.end() && std::get<0>(next->first) == kernel.id) {
    next = values_.erase(next);
  }
}

int KernelSettings::Get(const Kernel& kernel, const Device& device, int attribute,
                        int unset) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = values_.find({kernel.id, &device, attribute});
  return found == values_.end() ? unset : found->second;
}

}  // namespace gpuex::mock
