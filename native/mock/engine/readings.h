// What NVML reads from a board at one moment: the part of a device that changes. Units are NVML's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace gpuex::mock {

struct Board;

struct ProcessReading {
  enum class Kind { kCompute, kGraphics };
  unsigned pid = 0;
  uint64_t bytes = 0;
  Kind kind = Kind::kCompute;
  std::string name;
};

enum class ComputeMode : int { kDefault = 0, kProhibited = 2, kExclusiveProcess = 3 };

struct DeviceReadings {
  unsigned gpu_percent = 0;
  unsigned memory_percent = 0;
  unsigned encoder_percent = 0;
  unsigned decoder_percent = 0;
  unsigned fan_percent = 0;
  int temperature_c = 0;
  unsigned power_mw = 0;
  unsigned power_limit_mw = 0;
  std::array<unsigned, 4> clocks_mhz{};  // graphics, SM, memory, video: by nvmlClockType_t
  uint64_t throttle_reasons = 0;         // nvmlClocksEventReason… bits

  bool ecc_enabled = false;
  // [0] corrected, [1] uncorrected: nvmlMemoryErrorType_t
  std::array<uint64_t, 2> ecc_volatile{};
  std::array<uint64_t, 2> ecc_aggregate{};

  unsigned rows_correctable = 0;
  unsigned rows_uncorrectable = 0;
  bool rows_pending = false;
  bool rows_failure = false;

  // By nvmlPageRetirementCause_t: several single-bit errors, a double-bit error.
  std::array<std::vector<uint64_t>, 2> retired_pages;
  bool retirement_pending = false;

  ComputeMode compute_mode = ComputeMode::kDefault;
  bool persistence = false;
  unsigned recovery_action = 0;  // NVML_GPU_RECOVERY_ACTION_…
  bool fabric_healthy = true;
  std::vector<ProcessReading> processes;  // of others; our own comes from the ledger
};

// An idle board in a cool room.
DeviceReadings IdleReadings(const Board& board);

}  // namespace gpuex::mock
