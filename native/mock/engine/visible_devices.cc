#include "mock/engine/visible_devices.h"

#include <algorithm>
#include <string>

namespace gpuex::mock {
namespace {

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool StartsWithIgnoringCase(std::string_view text, std::string_view start) {
  if (start.size() > text.size()) return false;
  for (size_t i = 0; i < start.size(); ++i) {
    if (Lower(text[i]) != Lower(start[i])) return false;
  }
  return true;
}

constexpr std::string_view kUuidStart = "GPU-";
constexpr std::string_view kMigStart = "MIG-";

bool IsUuid(std::string_view entry) {
  return StartsWithIgnoringCase(entry, kUuidStart) || StartsWithIgnoringCase(entry, kMigStart);
}

std::vector<Device*> WithInstances(const std::vector<Device*>& devices) {
  std::vector<Device*> all = devices;
  for (const Device* device : devices) {
    all.insert(all.end(), device->instances.begin(), device->instances.end());
  }
  return all;
}

Device* ByUuid(const std::vector<Device*>& devices, std::string_view entry) {
  Device* found = nullptr;
  for (Device* device : devices) {
    if (!StartsWithIgnoringCase(device->spec.uuid, entry)) continue;
    if (found != nullptr) return nullptr;  // several could be meant
    found = device;
  }
  return found;
}

Device* ByIndex(const std::vector<Device*>& devices, std::string_view entry) {
  // As strtoul reads it: what follows the digits does not count.
  size_t index = 0;
  size_t digits = 0;
  while (digits < entry.size() && entry[digits] >= '0' && entry[digits] <= '9') {
    index = std::min<size_t>(index * 10 + static_cast<size_t>(entry[digits] - '0'), kMaxDevices);
    ++digits;
  }
  return digits > 0 && index < devices.size() ? devices[index] : nullptr;
}

}  // namespace

std::vector<Device*> SelectVisible(const std::vector<Device*>& devices, std::string_view list) {
  std::vector<Device*> chosen;
  const bool by_uuid = IsUuid(Trim(list));
  for (size_t start = 0; start <= list.size();) {
    const size_t end = std::min(list.find(',', start), list.size());
    const std::string_view entry = Trim(list.substr(start, end - start));
    start = end + 1;
    Device* device = nullptr;
    if (!by_uuid) {
      device = ByIndex(devices, entry);
    } else if (IsUuid(entry)) {
      device = ByUuid(WithInstances(devices), entry);
    }
    if (device == nullptr) break;
    if (std::find(chosen.begin(), chosen.end(), device) != chosen.end()) return {};
    chosen.push_back(device);
  }
  return chosen;
}

}  // namespace gpuex::mock
