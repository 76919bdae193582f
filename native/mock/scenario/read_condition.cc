#include "mock/scenario/read_condition.h"

#include <limits>
#include <utility>

#include "mock/scenario/nearest.h"

namespace gpuex::mock {
namespace {

using std::string;
using Value = json::Value;

constexpr long long kMaxUnsigned = std::numeric_limits<unsigned>::max();
constexpr long long kMaxSafe = (1LL << 53) - 1;

template <class Number>
bool ReadNumber(const Value& value, const string& path, long long min, long long max,
                Number& result, Complaint& complaint) {
  long long number = 0;
  if (!ReadWhole(value, path, min, max, "a whole number from", number, complaint)) return false;
  result = static_cast<Number>(number);
  return true;
}

// A word that stands for a number.
struct Word {
  std::string_view name;
  unsigned value;
};

template <size_t count>
bool ReadWord(const Value& value, const string& path, const Word (&words)[count], unsigned& result,
              Complaint& complaint) {
  std::vector<std::string_view> names;
  for (const Word& word : words) {
    if (value.kind == Value::Kind::kString && value.text == word.name) {
      result = word.value;
      return true;
    }
    names.push_back(word.name);
  }
  string allowed;
  for (const std::string_view name : names) {
    allowed += (allowed.empty() ? "" : ", ") + json::Quote(name);
  }
  return Unknown(complaint, path,
                 "must be one of " + allowed + "; received " + json::Describe(value),
                 Nearest(value.text, names));
}

// nvmlClocksEventReason… bits
constexpr Word kThrottleReasons[] = {
    {"gpuIdle", 1},          {"applicationsClocksSetting", 2}, {"swPowerCap", 4},
    {"hwSlowdown", 8},       {"syncBoost", 16},                {"swThermalSlowdown", 32},
    {"hwThermalSlowdown", 64}, {"hwPowerBrakeSlowdown", 128},  {"displayClockSetting", 256},
};
// NVML_GPU_RECOVERY_ACTION_…
constexpr Word kRecoveryActions[] = {
    {"none", 0},      {"gpu-reset", 1},       {"node-reboot", 2},
    {"drain-p2p", 3}, {"drain-and-reset", 4}, {"recover-imex-domain", 5},
};
// NVML_COMPUTEMODE_…
constexpr Word kComputeModes[] = {{"default", 0}, {"prohibited", 2}, {"exclusive-process", 3}};

template <unsigned DeviceReadings::*member>
bool Percent(const Value& v, const string& p, DeviceReadings& r, Complaint& c) {
  return ReadNumber(v, p, 0, 100, r.*member, c);
}

template <unsigned DeviceReadings::*member>
bool Milliwatts(const Value& v, const string& p, DeviceReadings& r, Complaint& c) {
  return ReadNumber(v, p, 0, 100000000, r.*member, c);
}

template <size_t type>
bool Mhz(const Value& v, const string& p, DeviceReadings& r, Complaint& c) {
  return ReadNumber(v, p, 0, 100000, r.clocks_mhz[type], c);
}

bool ReadThrottle(const Value& v, const string& p, DeviceReadings& r, Complaint& c) {
  if (v.kind != Value::Kind::kArray) return MustBe(c, p, "a list of reasons", v);
  uint64_t bits = 0;
  for (size_t i = 0; i < v.items.size(); ++i) {
    unsigned bit = 0;
    if (!ReadWord(v.items[i], Child(p, i), kThrottleReasons, bit, c)) return false;
    bits |= bit;
  }
  r.throttle_reasons = bits;
  return true;
}

bool ReadEcc(const Value& value, const string& path, DeviceReadings& readings, Complaint& c) {
  return ReadObject<DeviceReadings>(
      value, path, "ecc",
      {
          {"enabled",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& complaint) {
             return ReadBoolean(v, p, r.ecc_enabled, complaint);
           }},
          {"volatileCorrected",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& complaint) {
             return ReadNumber(v, p, 0, kMaxSafe, r.ecc_volatile[0], complaint);
           }},
          {"volatileUncorrected",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& complaint) {
             return ReadNumber(v, p, 0, kMaxSafe, r.ecc_volatile[1], complaint);
           }},
          {"aggregateCorrected",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& complaint) {
             return ReadNumber(v, p, 0, kMaxSafe, r.ecc_aggregate[0], complaint);
           }},
          {"aggregateUncorrected",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& complaint) {
             return ReadNumber(v, p, 0, kMaxSafe, r.ecc_aggregate[1], complaint);
           }},
      },
      readings, c);
}

bool ReadRows(const Value& value, const string& path, DeviceReadings& readings, Complaint& c) {
  return ReadObject<DeviceReadings>(
      value, path, "remappedRows",
      {
          {"correctable",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& complaint) {
             return ReadNumber(v, p, 0, 512, r.rows_correctable, complaint);
           }},
          {"uncorrectable",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& complaint) {
             return ReadNumber(v, p, 0, 512, r.rows_uncorrectable, complaint);
           }},
          {"pending",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& complaint) {
             return ReadBoolean(v, p, r.rows_pending, complaint);
           }},
          {"failure",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& complaint) {
             return ReadBoolean(v, p, r.rows_failure, complaint);
           }},
      },
      readings, c);
}

bool ReadAddresses(const Value& v, const string& p, std::vector<uint64_t>& addresses,
                   Complaint& c) {
  if (v.kind != Value::Kind::kArray || v.items.size() > 64) {
    return MustBe(c, p, "a list of at most 64 page addresses", v);
  }
  addresses.resize(v.items.size());
  for (size_t i = 0; i < v.items.size(); ++i) {
    if (!ReadNumber(v.items[i], Child(p, i), 0, kMaxSafe, addresses[i], c)) return false;
  }
  return true;
}

bool ReadPages(const Value& value, const string& path, DeviceReadings& readings, Complaint& c) {
  return ReadObject<DeviceReadings>(
      value, path, "retiredPages",
      {
          {"singleBit",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& complaint) {
             return ReadAddresses(v, p, r.retired_pages[0], complaint);
           }},
          {"doubleBit",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& complaint) {
             return ReadAddresses(v, p, r.retired_pages[1], complaint);
           }},
          {"pending",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& complaint) {
             return ReadBoolean(v, p, r.retirement_pending, complaint);
           }},
      },
      readings, c);
}

bool ReadProcess(const Value& value, const string& path, ProcessReading& process, Complaint& c) {
  return ReadObject<ProcessReading>(
      value, path, "a process",
      {
          {"pid",
           [](const Value& v, const string& p, ProcessReading& r, Complaint& complaint) {
             return ReadNumber(v, p, 1, kMaxUnsigned, r.pid, complaint);
           }},
          {"bytes",
           [](const Value& v, const string& p, ProcessReading& r, Complaint& complaint) {
             return ReadBytes(v, p, 0, r.bytes, complaint);
           }},
          {"name",
           [](const Value& v, const string& p, ProcessReading& r, Complaint& complaint) {
             return ReadText(v, p, 1023, r.name, complaint);
           }},
          {"type",
           [](const Value& v, const string& p, ProcessReading& r, Complaint& complaint) {
             constexpr Word kTypes[] = {{"compute", 0}, {"graphics", 1}};
             unsigned type = 0;
             if (!ReadWord(v, p, kTypes, type, complaint)) return false;
             r.kind = static_cast<ProcessReading::Kind>(type);
             return true;
           }},
      },
      process, c);
}

bool ReadProcesses(const Value& v, const string& p, DeviceReadings& r, Complaint& c) {
  if (v.kind != Value::Kind::kArray || v.items.size() > 1024) {
    return MustBe(c, p, "a list of at most 1024 processes", v);
  }
  std::vector<ProcessReading> processes(v.items.size());
  for (size_t i = 0; i < processes.size(); ++i) {
    if (!ReadProcess(v.items[i], Child(p, i), processes[i], c)) return false;
    if (processes[i].pid == 0) return c.Say(Child(Child(p, i), "pid"), "is missing");
    if (processes[i].name.empty()) processes[i].name = "process-" + std::to_string(processes[i].pid);
  }
  r.processes = std::move(processes);
  return true;
}

}  // namespace

bool ReadCondition(const Value& value, const string& path, DeviceReadings& readings,
                   Complaint& complaint) {
  return ReadObject<DeviceReadings>(
      value, path, "a condition",
      {
          {"gpuPercent", Percent<&DeviceReadings::gpu_percent>},
          {"memoryPercent", Percent<&DeviceReadings::memory_percent>},
          {"encoderPercent", Percent<&DeviceReadings::encoder_percent>},
          {"decoderPercent", Percent<&DeviceReadings::decoder_percent>},
          {"fanPercent", Percent<&DeviceReadings::fan_percent>},
          {"temperatureCelsius",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& c) {
             return ReadNumber(v, p, 0, 200, r.temperature_c, c);
           }},
          {"powerMilliwatts", Milliwatts<&DeviceReadings::power_mw>},
          {"powerLimitMilliwatts", Milliwatts<&DeviceReadings::power_limit_mw>},
          {"graphicsMhz", Mhz<0>},
          {"smMhz", Mhz<1>},
          {"memoryMhz", Mhz<2>},
          {"videoMhz", Mhz<3>},
          {"throttleReasons", ReadThrottle},
          {"ecc", ReadEcc},
          {"remappedRows", ReadRows},
          {"retiredPages", ReadPages},
          {"processes", ReadProcesses},
          {"computeMode",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& c) {
             unsigned mode = 0;
             if (!ReadWord(v, p, kComputeModes, mode, c)) return false;
             r.compute_mode = static_cast<ComputeMode>(mode);
             return true;
           }},
          {"persistence",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& c) {
             return ReadBoolean(v, p, r.persistence, c);
           }},
          {"recoveryAction",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& c) {
             return ReadWord(v, p, kRecoveryActions, r.recovery_action, c);
           }},
          {"fabricHealthy",
           [](const Value& v, const string& p, DeviceReadings& r, Complaint& c) {
             return ReadBoolean(v, p, r.fabric_healthy, c);
           }},
      },
      readings, complaint);
}

}  // namespace gpuex::mock
