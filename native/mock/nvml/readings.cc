// NVML about one board: what it is, and what its sensors read.
#include <cstdio>

#include "mock/nvml/call.h"

namespace gpuex::mock::nvml_layer {
namespace {

constexpr int kClockTypes = 4;  // graphics, SM, memory, video
constexpr unsigned kSamplingPeriodUs = 167000;
constexpr unsigned kLanes = 16;

// From the ECC and thermal limits of data-centre boards; plausible for all.
constexpr unsigned kShutdownCelsius = 92;
constexpr unsigned kSlowdownCelsius = 89;
constexpr unsigned kMemoryMaxCelsius = 95;
constexpr unsigned kGpuMaxCelsius = 85;

// One number out of the readings.
template <class Out, class Pick>
nvmlReturn_t Read(Function function, nvmlDevice_t device, Out* out, Pick pick) {
  return BoardCall(function, With(device, out), [&](Machine&, const Device& found) {
    return Give(out, pick(found.Readings()));
  });
}

// One number out of the profile.
template <class Out, class Pick>
nvmlReturn_t OfBoard(Function function, nvmlDevice_t device, Out* out, Pick pick) {
  return BoardCall(function, With(device, out), [&](Machine&, const Device& found) {
    return Give(out, pick(*found.spec.board));
  });
}

unsigned MaxClock(const Board& board, nvmlClockType_t type) {
  if (type == 2) return board.max_memory_mhz;
  return type == 3 ? board.max_video_mhz : board.max_graphics_mhz;
}

template <class Pick>
nvmlReturn_t Codec(Function function, nvmlDevice_t device, unsigned int* utilization,
                   unsigned int* period, Pick pick) {
  return BoardCall(function, With(device, utilization, period),
                   [&](Machine&, const Device& found) -> nvmlReturn_t {
                     *utilization = pick(found.Readings());
                     return Give(period, kSamplingPeriodUs);
                   });
}

template <class Out>
nvmlReturn_t PcieGeneration(Function function, nvmlDevice_t device, Out* out) {
  return OfBoard(function, device, out, [](const Board& board) { return board.pcie_generation; });
}

template <class Out>
nvmlReturn_t PcieWidth(Function function, nvmlDevice_t device, Out* out) {
  return OfBoard(function, device, out, [](const Board&) { return kLanes; });
}

uint64_t Throttling(const DeviceReadings& readings) { return readings.throttle_reasons; }

unsigned FanOf(const Board& board) { return board.has(board_flags::fan) ? 1 : 0; }

nvmlReturn_t Fan(const Device& device, unsigned fan, unsigned* speed) {
  if (FanOf(*device.spec.board) == 0) return kNotSupported;
  if (fan >= FanOf(*device.spec.board)) return kInvalidArgument;
  return Give(speed, device.Readings().fan_percent);
}

}  // namespace
}  // namespace gpuex::mock::nvml_layer

using namespace gpuex::mock;              // NOLINT
using namespace gpuex::mock::nvml_layer;  // NOLINT

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetIndex(nvmlDevice_t device, unsigned int* index) {
  return DeviceCall(Function::nvmlDeviceGetIndex, With(device, index),
                    [&](Machine&, const Device& found) {
                      return Give(index, found.parent == nullptr ? static_cast<unsigned>(
                                                                       found.nvml_index)
                                                                 : found.instance - 1);
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetMinorNumber(nvmlDevice_t device,
                                                        unsigned int* minorNumber) {
  return BoardCall(Function::nvmlDeviceGetMinorNumber, With(device, minorNumber),
                   [&](Machine&, const Device& found) {
                     return Give(minorNumber, found.nvml_index);
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetBrand(nvmlDevice_t device, nvmlBrandType_t* type) {
  return OfBoard(Function::nvmlDeviceGetBrand, device, type,
                 [](const Board& board) { return board.brand; });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetArchitecture(nvmlDevice_t device,
                                                         nvmlDeviceArchitecture_t* arch) {
  return DeviceCall(Function::nvmlDeviceGetArchitecture, With(device, arch),
                    [&](Machine&, const Device& found) {
                      return Give(arch, found.spec.board->architecture);
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int* major,
                                                                  int* minor) {
  return DeviceCall(Function::nvmlDeviceGetCudaComputeCapability, With(device, major, minor),
                    [&](Machine&, const Device& found) -> nvmlReturn_t {
                      std::sscanf(found.spec.compute_capability.c_str(), "%d.%d", major, minor);
                      return kSuccess;
                    });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device,
                                                             nvmlUtilization_t* utilization) {
  return BoardCall(Function::nvmlDeviceGetUtilizationRates, With(device, utilization),
                   [&](Machine&, const Device& found) -> nvmlReturn_t {
                     // Not told of a board that is divided.
                     if (!found.instances.empty()) return kNotSupported;
                     const DeviceReadings readings = found.Readings();
                     utilization->gpu = readings.gpu_percent;
                     utilization->memory = readings.memory_percent;
                     return kSuccess;
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device,
                                                        nvmlTemperatureSensors_t sensorType,
                                                        unsigned int* temp) {
  return BoardCall(Function::nvmlDeviceGetTemperature, With(device, sensorType, temp),
                   [&](Machine&, const Device& found) -> nvmlReturn_t {
                     if (sensorType != 0) return kInvalidArgument;
                     return Give(temp, found.Readings().temperature_c);
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetTemperatureV(nvmlDevice_t device,
                                                         nvmlTemperature_t* temperature) {
  return BoardCall(Function::nvmlDeviceGetTemperatureV, With(device, temperature),
                   [&](Machine&, const Device& found) -> nvmlReturn_t {
                     if (temperature->version != NvmlStamp(sizeof *temperature, 1)) {
                       return kArgumentVersionMismatch;
                     }
                     if (temperature->sensorType != 0) return kInvalidArgument;
                     temperature->temperature = found.Readings().temperature_c;
                     return kSuccess;
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetTemperatureThreshold(
    nvmlDevice_t device, nvmlTemperatureThresholds_t thresholdType, unsigned int* temp) {
  return BoardCall(Function::nvmlDeviceGetTemperatureThreshold, With(device, thresholdType, temp),
                   [&](Machine&, const Device&) -> nvmlReturn_t {
                     constexpr unsigned kThresholds[] = {kShutdownCelsius, kSlowdownCelsius,
                                                         kMemoryMaxCelsius, kGpuMaxCelsius};
                     if (thresholdType < 0) return kInvalidArgument;
                     if (thresholdType > 3) return kNotSupported;
                     return Give(temp, kThresholds[thresholdType]);
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned int* power) {
  return Read(Function::nvmlDeviceGetPowerUsage, device, power,
              [](const DeviceReadings& readings) { return readings.power_mw; });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_t device,
                                                               unsigned int* limit) {
  return Read(Function::nvmlDeviceGetEnforcedPowerLimit, device, limit,
              [](const DeviceReadings& readings) { return readings.power_limit_mw; });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetPowerManagementLimit(nvmlDevice_t device,
                                                                 unsigned int* limit) {
  return Read(Function::nvmlDeviceGetPowerManagementLimit, device, limit,
              [](const DeviceReadings& readings) { return readings.power_limit_mw; });
}

GPUEX_MOCK_EXPORT nvmlReturn_t
nvmlDeviceGetPowerManagementDefaultLimit(nvmlDevice_t device, unsigned int* defaultLimit) {
  return OfBoard(Function::nvmlDeviceGetPowerManagementDefaultLimit, device, defaultLimit,
                 [](const Board& board) { return board.power_limit_w * 1000; });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetPowerManagementLimitConstraints(
    nvmlDevice_t device, unsigned int* minLimit, unsigned int* maxLimit) {
  return BoardCall(Function::nvmlDeviceGetPowerManagementLimitConstraints,
                   With(device, minLimit, maxLimit),
                   [&](Machine&, const Device& found) -> nvmlReturn_t {
                     *minLimit = found.spec.board->power_min_w * 1000;
                     return Give(maxLimit, found.spec.board->power_limit_w * 1000);
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetPowerManagementMode(nvmlDevice_t device,
                                                                nvmlEnableState_t* mode) {
  return OfBoard(Function::nvmlDeviceGetPowerManagementMode, device, mode,
                 [](const Board&) { return 1; });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t device,
                                                                   unsigned long long* energy) {
  return BoardCall(Function::nvmlDeviceGetTotalEnergyConsumption, With(device, energy),
                   [&](Machine& machine, const Device& found) {
                     return Give(energy, found.EnergyMillijoules(machine.clock().Now()));
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t device, nvmlClockType_t type,
                                                      unsigned int* clock) {
  return BoardCall(Function::nvmlDeviceGetClockInfo, With(device, type, clock),
                   [&](Machine&, const Device& found) -> nvmlReturn_t {
                     if (type < 0 || type >= kClockTypes) return kInvalidArgument;
                     return Give(clock, found.Readings().clocks_mhz[static_cast<size_t>(type)]);
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetMaxClockInfo(nvmlDevice_t device, nvmlClockType_t type,
                                                         unsigned int* clock) {
  return BoardCall(Function::nvmlDeviceGetMaxClockInfo, With(device, type, clock),
                   [&](Machine&, const Device& found) -> nvmlReturn_t {
                     if (type < 0 || type >= kClockTypes) return kInvalidArgument;
                     return Give(clock, MaxClock(*found.spec.board, type));
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetCurrentClocksEventReasons(
    nvmlDevice_t device, unsigned long long* clocksEventReasons) {
  return Read(Function::nvmlDeviceGetCurrentClocksEventReasons, device, clocksEventReasons,
              Throttling);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(
    nvmlDevice_t device, unsigned long long* clocksThrottleReasons) {
  return Read(Function::nvmlDeviceGetCurrentClocksThrottleReasons, device, clocksThrottleReasons,
              Throttling);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetPerformanceState(nvmlDevice_t device,
                                                             nvmlPstates_t* pState) {
  // Data-centre boards stay in P0.
  return Read(Function::nvmlDeviceGetPerformanceState, device, pState,
              [](const DeviceReadings&) { return 0; });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetFanSpeed(nvmlDevice_t device, unsigned int* speed) {
  return BoardCall(Function::nvmlDeviceGetFanSpeed, With(device, speed),
                   [&](Machine&, const Device& found) { return Fan(found, 0, speed); });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetFanSpeed_v2(nvmlDevice_t device, unsigned int fan,
                                                        unsigned int* speed) {
  return BoardCall(Function::nvmlDeviceGetFanSpeed_v2, With(device, fan, speed),
                   [&](Machine&, const Device& found) { return Fan(found, fan, speed); });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetNumFans(nvmlDevice_t device, unsigned int* numFans) {
  return OfBoard(Function::nvmlDeviceGetNumFans, device, numFans, FanOf);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetCurrPcieLinkGeneration(nvmlDevice_t device,
                                                                   unsigned int* currLinkGen) {
  return PcieGeneration(Function::nvmlDeviceGetCurrPcieLinkGeneration, device, currLinkGen);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetMaxPcieLinkGeneration(nvmlDevice_t device,
                                                                  unsigned int* maxLinkGen) {
  return PcieGeneration(Function::nvmlDeviceGetMaxPcieLinkGeneration, device, maxLinkGen);
}

GPUEX_MOCK_EXPORT nvmlReturn_t
nvmlDeviceGetGpuMaxPcieLinkGeneration(nvmlDevice_t device, unsigned int* maxLinkGenDevice) {
  return PcieGeneration(Function::nvmlDeviceGetGpuMaxPcieLinkGeneration, device, maxLinkGenDevice);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetCurrPcieLinkWidth(nvmlDevice_t device,
                                                              unsigned int* currLinkWidth) {
  return PcieWidth(Function::nvmlDeviceGetCurrPcieLinkWidth, device, currLinkWidth);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetMaxPcieLinkWidth(nvmlDevice_t device,
                                                             unsigned int* maxLinkWidth) {
  return PcieWidth(Function::nvmlDeviceGetMaxPcieLinkWidth, device, maxLinkWidth);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetPcieThroughput(nvmlDevice_t device,
                                                           nvmlPcieUtilCounter_t counter,
                                                           unsigned int* value) {
  return BoardCall(Function::nvmlDeviceGetPcieThroughput, With(device, counter, value),
                   [&](Machine&, const Device&) -> nvmlReturn_t {
                     if (counter < 0 || counter > 1) return kInvalidArgument;
                     return Give(value, 0);
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetEncoderUtilization(nvmlDevice_t device,
                                                               unsigned int* utilization,
                                                               unsigned int* samplingPeriodUs) {
  return Codec(Function::nvmlDeviceGetEncoderUtilization, device, utilization, samplingPeriodUs,
               [](const DeviceReadings& readings) { return readings.encoder_percent; });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetDecoderUtilization(nvmlDevice_t device,
                                                               unsigned int* utilization,
                                                               unsigned int* samplingPeriodUs) {
  return Codec(Function::nvmlDeviceGetDecoderUtilization, device, utilization, samplingPeriodUs,
               [](const DeviceReadings& readings) { return readings.decoder_percent; });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetMemoryBusWidth(nvmlDevice_t device,
                                                           unsigned int* busWidth) {
  return OfBoard(Function::nvmlDeviceGetMemoryBusWidth, device, busWidth,
                 [](const Board& board) { return board.bus_width_bits; });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetNumGpuCores(nvmlDevice_t device,
                                                        unsigned int* numCores) {
  return OfBoard(Function::nvmlDeviceGetNumGpuCores, device, numCores,
                 [](const Board& board) { return board.cores; });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetBAR1MemoryInfo(nvmlDevice_t device,
                                                           nvmlBAR1Memory_t* bar1Memory) {
  return BoardCall(Function::nvmlDeviceGetBAR1MemoryInfo, With(device, bar1Memory),
                   [&](Machine&, const Device& found) -> nvmlReturn_t {
                     constexpr unsigned long long kMiB = 1ull << 20;
                     bar1Memory->bar1Total = found.spec.board->bar1_mib * kMiB;
                     bar1Memory->bar1Used = 2 * kMiB;
                     bar1Memory->bar1Free = bar1Memory->bar1Total - bar1Memory->bar1Used;
                     return kSuccess;
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetComputeMode(nvmlDevice_t device,
                                                        nvmlComputeMode_t* mode) {
  return Read(Function::nvmlDeviceGetComputeMode, device, mode,
              [](const DeviceReadings& readings) { return readings.compute_mode; });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetPersistenceMode(nvmlDevice_t device,
                                                            nvmlEnableState_t* mode) {
  return Read(Function::nvmlDeviceGetPersistenceMode, device, mode,
              [](const DeviceReadings& readings) { return readings.persistence; });
}
