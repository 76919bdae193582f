#pragma once

#include <string>
#include <vector>

#include "mock/engine/scenario.h"
#include "mock/scenario/object_reader.h"

namespace gpuex::mock {

// What a preset says about one device, on top of what the scenario says.
struct DevicePatch {
  size_t device;
  const json::Value* value;
  std::string path;
};

// `devices`: a number of default devices, profiles, or a list; null: the key is missing. Fills in
// what was left out, and checks what the devices must agree on.
bool ReadDevices(const json::Value* value, const std::string& path,
                 const std::vector<DevicePatch>& patches, std::vector<DeviceSpec>& devices,
                 Complaint& complaint);

}  // namespace gpuex::mock
