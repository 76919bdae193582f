#pragma once

#include <string>
#include <vector>

#include "mock/engine/scenario.h"
#include "mock/scenario/object_reader.h"

namespace gpuex::mock {

// `devices`: a number of default devices, or a list of objects. Fills in what was left out, and
// checks what the devices must agree on.
bool ReadDevices(const json::Value& value, const std::string& path,
                 std::vector<DeviceSpec>& devices, Complaint& complaint);

// One default device, as without the key.
std::vector<DeviceSpec> DefaultDevices(size_t count);

}  // namespace gpuex::mock
