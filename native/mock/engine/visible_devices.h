// CUDA_VISIBLE_DEVICES: which devices CUDA sees, and in which order. NVML never looks at it.
#pragma once

#include <string_view>
#include <vector>

#include "mock/engine/device.h"

namespace gpuex::mock {

// Picks from `devices` (in CUDA's order) what `list` names: indexes, or UUIDs of which the first
// characters are enough ("GPU-8932"). The first entry that names no device ends the list; a device
// named twice makes the whole list void. An empty list is no device at all.
std::vector<Device*> SelectVisible(const std::vector<Device*>& devices, std::string_view list);

}  // namespace gpuex::mock
