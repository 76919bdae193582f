// What a scenario says, as plain data: the reader fills it, the machine is built from it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "errors/code_table.h"
#include "mock/engine/board.h"
#include "mock/engine/functions.h"
#include "mock/engine/readings.h"

namespace gpuex::mock {

// NVML and CUDA name no limit; this is one byte's worth of PCI buses, less the root.
inline constexpr size_t kMaxDevices = 255;

struct PciAddress {
  unsigned domain = 0;
  unsigned bus = 0;
  unsigned device = 0;
  unsigned function = 0;
};

inline bool operator<(const PciAddress& a, const PciAddress& b) {
  if (a.domain != b.domain) return a.domain < b.domain;
  if (a.bus != b.bus) return a.bus < b.bus;
  if (a.device != b.device) return a.device < b.device;
  return a.function < b.function;
}
inline bool operator==(const PciAddress& a, const PciAddress& b) { return !(a < b) && !(b < a); }

// One MIG instance, e.g. "2g.20gb".
struct MigSpec {
  std::string profile;
  unsigned compute_slices = 0;
  uint64_t memory_bytes = 0;
};

struct DeviceSpec {
  std::string name;
  std::string uuid;  // "GPU-…", lower case
  std::array<unsigned char, 16> uuid_bytes{};
  PciAddress pci;
  uint64_t memory_bytes = 0;
  uint64_t reserved_bytes = 0;
  uint64_t used_by_others_bytes = 0;
  std::string compute_capability;
  const Board* board = nullptr;
  DeviceReadings readings;  // as they are at the beginning
  bool permitted = true;    // false: NVML's look-ups answer "no permission"
  bool pageable_memory_access = false;
  std::vector<MigSpec> mig; // empty: MIG is off
};

struct RuleSpec {
  Library library = Library::kCudart;
  std::vector<Function> functions;
  int device = -1;  // in the library's own numbering; -1: any
  int listed = -1;  // in the order of the scenario's list; -1: any
  int thread = -1;  // in the order of their first call; -1: any
  uint64_t after_calls = 0;
  uint64_t times = std::numeric_limits<uint64_t>::max();
  double probability = 1;  // of each call that could act
  uint64_t seed = 0;
  std::optional<int> code;
  std::string detail;          // for the call log
  uint32_t delay_ms = 0;
  bool hang = false;
  std::optional<bool> sticky;  // else as the code's documentation says
  unsigned xid = 0;            // raised when it first acts; 0: none
};

struct CudnnVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;
};

struct Scenario {
  std::vector<DeviceSpec> devices;  // as listed
  std::string driver_version;
  std::string nvml_version;
  int cuda_driver_version = 0;  // 0: no driver is installed
  int cuda_runtime_version = 0;
  CudnnVersion cudnn_version;
  uint64_t context_overhead_bytes = 0;
  bool virtual_clock = false;
  bool strict = false;        // calling what is not modelled aborts
  size_t call_log = 0;        // calls that the log keeps
  bool host_pids = false;     // NVML tells our own number as a host counts that we cannot see
  std::optional<std::string> visible_devices;  // else CUDA_VISIBLE_DEVICES
  std::optional<std::vector<int>> cuda_order;  // NVML indexes; else as CUDA_DEVICE_ORDER says
  std::vector<RuleSpec> rules;
};

}  // namespace gpuex::mock
