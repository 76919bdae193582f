#include "mock/scenario/read_device.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "mock/engine/pci_text.h"
#include "mock/engine/uuid.h"
#include "mock/scenario/nearest.h"
#include "mock/scenario/read_condition.h"

namespace gpuex::mock {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr size_t kMaxName = 95;  // NVML's buffer of 96 with its NUL

// A device as it is written: what is missing is filled in when all are known.
struct Draft {
  const Board* board = &DefaultBoard();
  std::optional<std::string> name;
  std::optional<std::string> uuid;
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

// What the driver keeps for itself grows with the board: about 1/148 of it (551 MiB of 80 GB).
uint64_t DefaultReserved(uint64_t memory_bytes) { return memory_bytes / 148 / kMiB * kMiB; }

std::array<unsigned char, 16> DefaultUuid(size_t listed) {
  constexpr uint64_t kStep = 0x9E3779B97F4A7C15u;
  return UuidOf(Mix64(kStep * (2 * listed + 1)), Mix64(kStep * (2 * listed + 2)));
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

bool ReadProfile(const json::Value& value, const std::string& path, Draft& draft,
                 Complaint& complaint) {
  const Board* board =
      value.kind == json::Value::Kind::kString ? FindBoard(value.text) : nullptr;
  if (board == nullptr) {
    return Unknown(complaint, path,
                   "must be the name of a profile; received " + json::Describe(value),
                   Nearest(value.text, BoardProfiles()));
  }
  draft.board = board;
  draft.readings = IdleReadings(*board);
  return true;
}

bool ReadMig(const json::Value& value, const std::string& path, Draft& draft,
             Complaint& complaint) {
  if (value.kind != json::Value::Kind::kArray) {
    return MustBe(complaint, path, "a list of MIG profiles such as \"1g.10gb\"", value);
  }
  draft.mig.clear();
  for (size_t i = 0; i < value.items.size(); ++i) {
    std::string profile;
    if (!ReadText(value.items[i], Child(path, i), 16, profile, complaint)) return false;
    draft.mig.push_back(std::move(profile));
  }
  return true;
}

bool ReadDraft(const json::Value& value, const std::string& path, Draft& draft,
               Complaint& complaint) {
  using std::string;
  // The profile decides on the defaults of the rest, wherever it stands.
  for (const json::Member& member : value.members) {
    if (member.name == "profile" &&
        !ReadProfile(member.value, Child(path, "profile"), draft, complaint)) {
      return false;
    }
  }
  return ReadObject<Draft>(
      value, path, "a device",
      {
          {"profile", [](const json::Value&, const string&, Draft&, Complaint&) { return true; }},
          {"name",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadText(v, p, kMaxName, d.name.emplace(), c);
           }},
          {"uuid", ReadUuid},
          {"pciBusId", ReadPci},
          {"memoryBytes",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadBytes(v, p, 1, d.memory_bytes.emplace(), c);
           }},
          {"reservedBytes",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadBytes(v, p, 0, d.reserved_bytes.emplace(), c);
           }},
          {"usedByOthersBytes",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadBytes(v, p, 0, d.used_by_others_bytes.emplace(), c);
           }},
          {"freeBytes",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadBytes(v, p, 0, d.free_bytes.emplace(), c);
           }},
          {"computeCapability",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadVersion(v, p, 2, 2, "9.0", d.compute_capability.emplace(), c);
           }},
          {"mig", ReadMig},
          {"permitted",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadBoolean(v, p, d.permitted, c);
           }},
          {"pageableMemoryAccess",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadBoolean(v, p, d.pageable_memory_access, c);
           }},
          {"condition",
           [](const json::Value& v, const string& p, Draft& d, Complaint& c) {
             return ReadCondition(v, p, d.readings, c);
           }},
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

uint64_t BytesOf(const std::vector<ProcessReading>& processes) {
  uint64_t bytes = 0;
  for (const ProcessReading& process : processes) bytes += process.bytes;
  return bytes;
}

// "2g.20gb" on a board of 80 GB: 2 of its 7 compute slices, 2 of its 8 memory slices.
bool ReadMigProfile(const std::string& text, uint64_t memory_bytes, MigSpec& mig) {
  unsigned compute = 0;
  unsigned gigabytes = 0;
  char end = 0;
  if (std::sscanf(text.c_str(), "%1ug.%3ugb%c", &compute, &gigabytes, &end) != 2) return false;
  if (text != std::to_string(compute) + "g." + std::to_string(gigabytes) + "gb") return false;
  constexpr unsigned kMemorySlices = 8;
  constexpr double kGiB = 1 << 30;
  // In the profiles' names a board has its round size: 40, 80, 141, 180.
  const double slice = static_cast<double>(memory_bytes) / kGiB / kMemorySlices;
  const auto slices = static_cast<unsigned>(gigabytes / slice + 0.5);
  if (compute < 1 || compute > 7 || slices < 1 || slices > kMemorySlices) return false;
  const double off = gigabytes - slice * slices;
  if (off > 1.5 || off < -1.5) return false;
  mig.profile = text;
  mig.compute_slices = compute;
  mig.memory_bytes = memory_bytes / kMemorySlices * slices / kMiB * kMiB;
  return true;
}

bool CompleteMig(const Draft& draft, const std::string& path, DeviceSpec& device,
                 Complaint& complaint) {
  const std::string here = Child(path, "mig");
  if (!draft.mig.empty() && !device.board->has(board_flags::mig)) {
    return complaint.Say(here, std::string("cannot be given: ") + device.board->profile +
                                   " cannot be divided");
  }
  unsigned compute = 0;
  uint64_t memory = 0;
  for (size_t i = 0; i < draft.mig.size(); ++i) {
    MigSpec mig;
    if (!ReadMigProfile(draft.mig[i], device.memory_bytes, mig)) {
      return complaint.Say(Child(here, i), json::Quote(draft.mig[i]) +
                                               " is no part of this device: it has 7 compute "
                                               "slices and 8 memory slices of " +
                                               std::to_string(device.memory_bytes / 8 / kMiB) +
                                               " MiB");
    }
    compute += mig.compute_slices;
    memory += mig.memory_bytes;
    device.mig.push_back(mig);
  }
  if (compute > 7 || memory > device.memory_bytes) {
    return complaint.Say(here, "must fit the device: 7 compute slices and its memory; received " +
                                   std::to_string(compute) + " slices and " +
                                   std::to_string(memory) + " bytes");
  }
  return true;
}

bool Complete(const std::vector<Draft>& drafts, const std::string& path,
              std::vector<DeviceSpec>& devices, Complaint& complaint) {
  devices.clear();
  for (const Draft& draft : drafts) {
    DeviceSpec device;
    const Board& board = *draft.board;
    device.board = &board;
    device.name = draft.name.value_or(board.name);
    if (draft.uuid) {
      device.uuid = *draft.uuid;
      UuidBytes(device.uuid, device.uuid_bytes);
    } else {
      device.uuid_bytes = DefaultUuid(devices.size());
      device.uuid = UuidText("GPU-", device.uuid_bytes);
    }
    device.pci = draft.pci ? *draft.pci : FreePci(devices, drafts);
    device.memory_bytes = draft.memory_bytes.value_or(board.memory_mib * kMiB);
    const bool as_board = !draft.memory_bytes && board.reserved_mib != 0;
    device.reserved_bytes = draft.reserved_bytes.value_or(
        as_board ? board.reserved_mib * kMiB : DefaultReserved(device.memory_bytes));
    const uint64_t listed = BytesOf(draft.readings.processes);
    device.used_by_others_bytes = draft.used_by_others_bytes.value_or(listed);
    const std::string mine = Child(path, devices.size());
    if (device.used_by_others_bytes < listed) {
      return complaint.Say(Child(mine, "usedByOthersBytes"),
                           "must hold what the processes of \"condition\" hold, " +
                               std::to_string(listed) + " bytes; received " +
                               std::to_string(device.used_by_others_bytes));
    }
    if (draft.free_bytes) {
      const uint64_t taken = device.reserved_bytes + *draft.free_bytes;
      if (draft.used_by_others_bytes || taken < *draft.free_bytes ||
          taken > device.memory_bytes - std::min(listed, device.memory_bytes)) {
        return complaint.Say(Child(mine, "freeBytes"),
                             draft.used_by_others_bytes
                                 ? "cannot be given beside usedByOthersBytes"
                                 : "must leave room for what is taken");
      }
      device.used_by_others_bytes = device.memory_bytes - taken;
    }
    device.compute_capability = draft.compute_capability.value_or(board.compute_capability);
    device.permitted = draft.permitted;
    device.pageable_memory_access = draft.pageable_memory_access;
    device.readings = draft.readings;
    if (!CompleteMig(draft, mine, device, complaint)) return false;
    devices.push_back(std::move(device));
  }
  return true;
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

// "h100", "h100:2", "h100:2,l4": as many drafts.
bool ReadBoards(const std::string& text, const std::string& path, std::vector<Draft>& drafts,
                Complaint& complaint) {
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(',', start), text.size());
    const std::string entry = text.substr(start, end - start);
    start = end + 1;
    const size_t colon = std::min(entry.find(':'), entry.size());
    json::Value profile;
    profile.kind = json::Value::Kind::kString;
    profile.text = entry.substr(0, colon);
    Draft draft;
    if (!ReadProfile(profile, path, draft, complaint)) return false;
    size_t count = 1;
    if (colon < entry.size()) {
      const std::string digits = entry.substr(colon + 1);
      const bool number = !digits.empty() && digits.size() <= 3 &&
                          digits.find_first_not_of("0123456789") == std::string::npos;
      count = number ? static_cast<size_t>(std::stoul(digits)) : 0;
      if (count < 1 || count > kMaxDevices) {
        return complaint.Say(path, "must be a profile, or a profile and a number from 1 to " +
                                       std::to_string(kMaxDevices) + " such as \"h100:2\"; received " +
                                       json::Quote(entry.substr(0, 60)));
      }
    }
    drafts.insert(drafts.end(), count, draft);
  }
  return true;
}

bool ReadDrafts(const json::Value& value, const std::string& path, std::vector<Draft>& drafts,
                Complaint& complaint) {
  using Kind = json::Value::Kind;
  long long count = 0;
  if (json::AsInteger(value, 0, static_cast<long long>(kMaxDevices), &count)) {
    drafts.resize(static_cast<size_t>(count));
  } else if (value.kind == Kind::kString) {
    if (!ReadBoards(value.text, path, drafts, complaint)) return false;
  } else if (value.kind == Kind::kArray && value.items.size() <= kMaxDevices) {
    for (size_t i = 0; i < value.items.size(); ++i) {
      const json::Value& item = value.items[i];
      if (item.kind == Kind::kString) {
        if (!ReadBoards(item.text, Child(path, i), drafts, complaint)) return false;
      } else if (!ReadDraft(item, Child(path, i), drafts.emplace_back(), complaint)) {
        return false;
      }
    }
  } else {
    return MustBe(complaint, path,
                  "a number of devices from 0 to " + std::to_string(kMaxDevices) +
                      ", profiles such as \"h100:2\", or a list of as many objects or profiles",
                  value);
  }
  if (drafts.size() <= kMaxDevices) return true;
  return complaint.Say(path, "names " + std::to_string(drafts.size()) + " devices; at most " +
                                 std::to_string(kMaxDevices) + " are possible");
}

}  // namespace

bool ReadDevices(const json::Value* value, const std::string& path,
                 const std::vector<DevicePatch>& patches, std::vector<DeviceSpec>& devices,
                 Complaint& complaint) {
  std::vector<Draft> drafts;
  if (value == nullptr) {
    drafts.resize(1);
  } else if (!ReadDrafts(*value, path, drafts, complaint)) {
    return false;
  }
  for (const DevicePatch& patch : patches) {
    if (patch.device >= drafts.size()) {
      return complaint.Say(patch.path, "is for device " + std::to_string(patch.device) +
                                           ", which the scenario does not have");
    }
    if (!ReadDraft(*patch.value, patch.path, drafts[patch.device], complaint)) return false;
  }
  if (!Complete(drafts, path, devices, complaint)) return false;
  for (size_t i = 0; i < devices.size(); ++i) {
    if (!CheckDevice(devices, i, path, complaint)) return false;
  }
  return true;
}

}  // namespace gpuex::mock
