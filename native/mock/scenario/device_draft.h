#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mock/engine/scenario.h"
#include "mock/engine/uuid.h"
#include "mock/scenario/object_reader.h"

namespace gpuex::mock {

// A device as it is written: what is missing is filled in when all are known.
struct DeviceDraft {
  const Board* board = &DefaultBoard();
  std::optional<std::string> name;
  std::optional<UuidBytes> uuid;
  std::optional<PciAddress> pci;
  std::optional<uint64_t> memory_bytes;
  std::optional<uint64_t> reserved_bytes;
  std::optional<uint64_t> used_by_others_bytes;
  std::optional<uint64_t> free_bytes;
  std::optional<std::string> compute_capability;
  std::vector<std::string> mig;
  bool permitted = true;
  bool pageable_memory_access = false;
  DeviceReadings readings = IdleReadings(DefaultBoard());
};

// An object; what it does not name stays as it is in `draft`.
bool ReadDeviceDraft(const json::Value& value, const std::string& path, DeviceDraft& draft,
                     Complaint& complaint);

// A number of default devices, profiles, or a list.
bool ReadDeviceDrafts(const json::Value& value, const std::string& path,
                      std::vector<DeviceDraft>& drafts, Complaint& complaint);

}  // namespace gpuex::mock
