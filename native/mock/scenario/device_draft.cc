#include "mock/scenario/device_draft.h"

#include <algorithm>

#include "mock/engine/pci_text.h"
#include "mock/scenario/nearest.h"
#include "mock/scenario/read_condition.h"

namespace gpuex::mock {
namespace {

constexpr size_t kMaxName = 95;  // NVML's buffer of 96 with its NUL

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// "GPU-" and 8-4-4-4-12 lower-case hexadecimal digits.
bool ParseUuid(const std::string& text, UuidBytes& bytes) {
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

bool ReadUuid(const json::Value& value, const std::string& path, DeviceDraft& draft,
              Complaint& complaint) {
  UuidBytes bytes{};
  if (value.kind != json::Value::Kind::kString || !ParseUuid(value.text, bytes)) {
    return MustBe(complaint, path,
                  "\"GPU-\" and 32 lower-case hexadecimal digits in groups of 8-4-4-4-12", value);
  }
  draft.uuid = bytes;
  return true;
}

bool ReadPci(const json::Value& value, const std::string& path, DeviceDraft& draft,
             Complaint& complaint) {
  PciAddress address;
  if (value.kind != json::Value::Kind::kString || !ParsePci(value.text, &address) ||
      address.function != 0) {
    return MustBe(complaint, path, "a PCI bus id such as \"0000:3B:00.0\"", value);
  }
  draft.pci = address;
  return true;
}

bool ReadProfile(const json::Value& value, const std::string& path, DeviceDraft& draft,
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

bool ReadMig(const json::Value& value, const std::string& path, DeviceDraft& draft,
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

// "h100", "h100:2", "h100:2,l4": as many drafts.
bool ReadBoards(const std::string& text, const std::string& path, std::vector<DeviceDraft>& drafts,
                Complaint& complaint) {
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(',', start), text.size());
    const std::string entry = text.substr(start, end - start);
    start = end + 1;
    const size_t colon = std::min(entry.find(':'), entry.size());
    json::Value profile;
    profile.kind = json::Value::Kind::kString;
    profile.text = entry.substr(0, colon);
    DeviceDraft draft;
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

}  // namespace

bool ReadDeviceDraft(const json::Value& value, const std::string& path, DeviceDraft& draft,
                     Complaint& complaint) {
  using std::string;
  // The profile decides on the defaults of the rest, wherever it stands.
  for (const json::Member& member : value.members) {
    if (member.name == "profile" &&
        !ReadProfile(member.value, Child(path, "profile"), draft, complaint)) {
      return false;
    }
  }
  return ReadObject<DeviceDraft>(
      value, path, "a device",
      {
          {"profile",
           [](const json::Value&, const string&, DeviceDraft&, Complaint&) { return true; }},
          {"name",
           [](const json::Value& v, const string& p, DeviceDraft& d, Complaint& c) {
             return ReadText(v, p, kMaxName, d.name.emplace(), c);
           }},
          {"uuid", ReadUuid},
          {"pciBusId", ReadPci},
          {"memoryBytes",
           [](const json::Value& v, const string& p, DeviceDraft& d, Complaint& c) {
             return ReadBytes(v, p, 1, d.memory_bytes.emplace(), c);
           }},
          {"reservedBytes",
           [](const json::Value& v, const string& p, DeviceDraft& d, Complaint& c) {
             return ReadBytes(v, p, 0, d.reserved_bytes.emplace(), c);
           }},
          {"usedByOthersBytes",
           [](const json::Value& v, const string& p, DeviceDraft& d, Complaint& c) {
             return ReadBytes(v, p, 0, d.used_by_others_bytes.emplace(), c);
           }},
          {"freeBytes",
           [](const json::Value& v, const string& p, DeviceDraft& d, Complaint& c) {
             return ReadBytes(v, p, 0, d.free_bytes.emplace(), c);
           }},
          {"computeCapability",
           [](const json::Value& v, const string& p, DeviceDraft& d, Complaint& c) {
             return ReadVersion(v, p, 2, 2, "9.0", d.compute_capability.emplace(), c);
           }},
          {"mig", ReadMig},
          {"permitted",
           [](const json::Value& v, const string& p, DeviceDraft& d, Complaint& c) {
             return ReadBoolean(v, p, d.permitted, c);
           }},
          {"pageableMemoryAccess",
           [](const json::Value& v, const string& p, DeviceDraft& d, Complaint& c) {
             return ReadBoolean(v, p, d.pageable_memory_access, c);
           }},
          {"condition",
           [](const json::Value& v, const string& p, DeviceDraft& d, Complaint& c) {
             return ReadCondition(v, p, d.readings, c);
           }},
      },
      draft, complaint);
}

bool ReadDeviceDrafts(const json::Value& value, const std::string& path,
                      std::vector<DeviceDraft>& drafts, Complaint& complaint) {
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
      } else if (!ReadDeviceDraft(item, Child(path, i), drafts.emplace_back(), complaint)) {
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

}  // namespace gpuex::mock
