#pragma once

#include <string>

#include "mock/engine/readings.h"
#include "mock/scenario/object_reader.h"

namespace gpuex::mock {

// What changes on a device: sensors, error counters, processes, modes. Keys that are left out stay
// as they are in `readings`.
bool ReadCondition(const json::Value& value, const std::string& path, DeviceReadings& readings,
                   Complaint& complaint);

}  // namespace gpuex::mock
