#include "mock/scenario/read_device.h"

#include <algorithm>
#include <cstdio>

#include "mock/engine/pci_text.h"
#include "mock/engine/uuid.h"
#include "mock/scenario/device_draft.h"

namespace gpuex::mock {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

// What the driver keeps for itself grows with the board: about 1/148 of it (551 MiB of 80 GB).
uint64_t DefaultReserved(uint64_t memory_bytes) { return memory_bytes / 148 / kMiB * kMiB; }

UuidBytes DefaultUuid(size_t listed) {
  constexpr uint64_t kStep = 0x9E3779B97F4A7C15u;
  return UuidOf(Mix64(kStep * (2 * listed + 1)), Mix64(kStep * (2 * listed + 2)));
}

// The lowest bus of domain 0 that no other device has.
PciAddress FreePci(const std::vector<DeviceSpec>& devices, const std::vector<DeviceDraft>& drafts) {
  PciAddress address;
  for (address.bus = 1;; ++address.bus) {
    const auto taken = [&address](const PciAddress& other) { return other == address; };
    if (std::any_of(devices.begin(), devices.end(),
                    [&](const DeviceSpec& device) { return taken(device.pci); })) {
      continue;
    }
    if (std::any_of(drafts.begin(), drafts.end(),
                    [&](const DeviceDraft& draft) { return draft.pci && taken(*draft.pci); })) {
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

bool CompleteMig(const DeviceDraft& draft, const std::string& path, DeviceSpec& device,
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

bool Complete(const std::vector<DeviceDraft>& drafts, const std::string& path,
              std::vector<DeviceSpec>& devices, Complaint& complaint) {
  devices.clear();
  for (const DeviceDraft& draft : drafts) {
    DeviceSpec device;
    const Board& board = *draft.board;
    device.board = &board;
    device.name = draft.name.value_or(board.name);
    device.uuid_bytes = draft.uuid ? *draft.uuid : DefaultUuid(devices.size());
    device.uuid = UuidText("GPU-", device.uuid_bytes);
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

}  // namespace

bool ReadDevices(const json::Value* value, const std::string& path,
                 const std::vector<DevicePatch>& patches, std::vector<DeviceSpec>& devices,
                 Complaint& complaint) {
  std::vector<DeviceDraft> drafts;
  if (value == nullptr) {
    drafts.resize(1);
  } else if (!ReadDeviceDrafts(*value, path, drafts, complaint)) {
    return false;
  }
  for (const DevicePatch& patch : patches) {
    if (patch.device >= drafts.size()) {
      return complaint.Say(patch.path, "is for device " + std::to_string(patch.device) +
                                           ", which the scenario does not have");
    }
    if (!ReadDeviceDraft(*patch.value, patch.path, drafts[patch.device], complaint)) return false;
  }
  if (!Complete(drafts, path, devices, complaint)) return false;
  for (size_t i = 0; i < devices.size(); ++i) {
    if (!CheckDevice(devices, i, path, complaint)) return false;
  }
  return true;
}

}  // namespace gpuex::mock
