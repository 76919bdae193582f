#include "mock/scenario/read_device.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "mock/engine/pci_text.h"

namespace gpuex::mock {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr char kDefaultName[] = "NVIDIA H100 80GB HBM3";
constexpr uint64_t kDefaultMemory = 81559 * kMiB;  // what such a board reports as its total
constexpr char kDefaultComputeCapability[] = "9.0";
constexpr size_t kMaxName = 95;  // NVML's buffer of 96 with its NUL

// A device as it is written: what is missing is filled in when all are known.
struct Draft {
  std::string name = kDefaultName;
  std::optional<std::string> uuid;
  std::optional<PciAddress> pci;
  uint64_t memory_bytes = kDefaultMemory;
  std::optional<uint64_t> reserved_bytes;
  uint64_t used_by_others_bytes = 0;
  std::string compute_capability = kDefaultComputeCapability;
};

// What the driver keeps for itself grows with the board: about 1/148 of it (551 MiB of 80 GB).
uint64_t DefaultReserved(uint64_t memory_bytes) { return memory_bytes / 148 / kMiB * kMiB; }

// The same on every machine and in every run: two rounds of SplitMix64 over the device's number.
std::string DefaultUuid(size_t listed) {
  const auto mix = [](uint64_t state) {
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9u;
    state = (state ^ (state >> 27)) * 0x94D049BB133111EBu;
    return state ^ (state >> 31);
  };
  const uint64_t high = mix(0x9E3779B97F4A7C15u * (2 * listed + 1));
  const uint64_t low = mix(0x9E3779B97F4A7C15u * (2 * listed + 2));
  char text[48];
  std::snprintf(text, sizeof text, "GPU-%08x-%04x-%04x-%04x-%012llx",
                static_cast<unsigned>(high >> 32), static_cast<unsigned>(high >> 16 & 0xffff),
                static_cast<unsigned>(high & 0xffff), static_cast<unsigned>(low >> 48),
                static_cast<unsigned long long>(low & 0xffffffffffffu));
  return text;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// "GPU-" and 8-4-4-4-12 lower-case hexadecimal digits.
bool UuidBytes(const std::string& text, std::array<unsigned char, 16>& bytes) {
  static constexpr char kForm[] = "GPU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != sizeof kForm - 1) return false;
  size_t nibble = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (kForm[i] != 'x') {
      if (text[i] != kForm[i]) return false;
      continue;
    }
    const int digit = HexDigit(text[i]);
    if (digit < 0) return false;
    unsigned char& byte = bytes[nibble / 2];
    byte = static_cast<unsigned char>(byte << 4 | digit);
    ++nibble;
  }
  return true;
}

bool ReadUuid(const json::Value& value, const std::string& path, Draft& draft,
              Complaint& complaint) {
  std::array<unsigned char, 16> bytes{};
  if (value.kind != json::Value::Kind::kString || !UuidBytes(value.text, bytes)) {
    return MustBe(complaint, path,
                  "\"GPU-\" and 32 lower-case hexadecimal digits in groups of 8-4-4-4-12", value);
  }
  draft.uuid = value.text;
  return true;
}

bool ReadPci(const json::Value& value, const std::string& path, Draft& draft,
             Complaint& complaint) {
  PciAddress address;
  if (value.kind != json::Value::Kind::kString || !ParsePci(value.text, &address) ||
      address.function != 0) {
    return MustBe(complaint, path, "a PCI bus id such as \"0000:3B:00.0\"", value);
  }
  draft.pci = address;
  return true;
}

bool ReadComputeCapability(const json::Value& value, const std::string& path, Draft& draft,
                           Complaint& complaint) {
  return ReadVersion(value, path, 2, 2, "9.0", draft.compute_capability, complaint);
}

bool ReadDraft(const json::Value& value, const std::string& path, Draft& draft,
               Complaint& complaint) {
  using std::string;
  return ReadObject<Draft>(
      value, path, "a device",
      {
          {"name",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadText(v, p, kMaxName, d.name, c);
           }},
          {"uuid", ReadUuid},
          {"pciBusId", ReadPci},
          {"memoryBytes",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadBytes(v, p, 1, d.memory_bytes, c);
           }},
          {"reservedBytes",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadBytes(v, p, 0, d.reserved_bytes.emplace(), c);
           }},
          {"usedByOthersBytes",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadBytes(v, p, 0, d.used_by_others_bytes, c);
           }},
          {"computeCapability", ReadComputeCapability},
      },
      draft, complaint);
}

// The lowest bus of domain 0 that no other device has.
PciAddress FreePci(const std::vector<DeviceSpec>& devices, const std::vector<Draft>& drafts) {
  PciAddress address;
  for (address.bus = 1;; ++address.bus) {
    const auto taken = [&address](const PciAddress& other) { return other == address; };
    if (std::any_of(devices.begin(), devices.end(),
                    [&](const DeviceSpec& device) { return taken(device.pci); })) {
      continue;
    }
    if (std::any_of(drafts.begin(), drafts.end(),
                    [&](const Draft& draft) { return draft.pci && taken(*draft.pci); })) {
      continue;
    }
    return address;
  }
}

std::vector<DeviceSpec> Complete(const std::vector<Draft>& drafts) {
  std::vector<DeviceSpec> devices;
  for (const Draft& draft : drafts) {
    DeviceSpec device;
    device.name = draft.name;
    device.uuid = draft.uuid ? *draft.uuid : DefaultUuid(devices.size());
    UuidBytes(device.uuid, device.uuid_bytes);
    device.pci = draft.pci ? *draft.pci : FreePci(devices, drafts);
    device.memory_bytes = draft.memory_bytes;
    device.reserved_bytes =
        draft.reserved_bytes ? *draft.reserved_bytes : DefaultReserved(draft.memory_bytes);
    device.used_by_others_bytes = draft.used_by_others_bytes;
    device.compute_capability = draft.compute_capability;
    devices.push_back(std::move(device));
  }
  return devices;
}

bool CheckDevice(const std::vector<DeviceSpec>& devices, size_t index, const std::string& path,
                 Complaint& complaint) {
  const DeviceSpec& device = devices[index];
  const std::string mine = Child(path, index);
  if (device.used_by_others_bytes > device.memory_bytes ||
      device.reserved_bytes > device.memory_bytes - device.used_by_others_bytes) {
    return complaint.Say(
        mine, "must have room for what is taken: memoryBytes " +
                  std::to_string(device.memory_bytes) + " is less than reservedBytes " +
                  std::to_string(device.reserved_bytes) + " plus usedByOthersBytes " +
                  std::to_string(device.used_by_others_bytes));
  }
  for (size_t i = 0; i < index; ++i) {
    if (devices[i].uuid == device.uuid) {
      return complaint.Say(Child(mine, "uuid"), "must be its own; " + json::Quote(device.uuid) +
                                                    " is that of " + Child(path, i));
    }
    if (devices[i].pci == device.pci) {
      return complaint.Say(Child(mine, "pciBusId"),
                           "must be its own; " + json::Quote(PciText(device.pci, 4)) +
                               " is that of " + Child(path, i));
    }
  }
  return true;
}

}  // namespace

std::vector<DeviceSpec> DefaultDevices(size_t count) {
  return Complete(std::vector<Draft>(count));
}

bool ReadDevices(const json::Value& value, const std::string& path,
                 std::vector<DeviceSpec>& devices, Complaint& complaint) {
  const std::string allowed = "a number of devices from 0 to " + std::to_string(kMaxDevices) +
                              ", or a list of as many objects";
  long long count = 0;
  if (json::AsInteger(value, 0, static_cast<long long>(kMaxDevices), &count)) {
    devices = DefaultDevices(static_cast<size_t>(count));
    return true;
  }
  if (value.kind != json::Value::Kind::kArray || value.items.size() > kMaxDevices) {
    return MustBe(complaint, path, allowed, value);
  }
  std::vector<Draft> drafts(value.items.size());
  for (size_t i = 0; i < drafts.size(); ++i) {
    if (!ReadDraft(value.items[i], Child(path, i), drafts[i], complaint)) return false;
  }
  devices = Complete(drafts);
  for (size_t i = 0; i < devices.size(); ++i) {
    if (!CheckDevice(devices, i, path, complaint)) return false;
  }
  return true;
}

}  // namespace gpuex::mock
