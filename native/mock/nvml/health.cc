// NVML about what is wrong with a board: ECC counters, remapped rows, retired pages, the fabric, and
// field values, which repeat some of it.
#include <chrono>
#include <cstring>

#include "mock/engine/uuid.h"
#include "mock/nvml/call.h"

namespace gpuex::mock::nvml_layer {
namespace {

bool IsCounter(int type) { return type == 0 || type == 1; }

uint64_t EccCount(const DeviceReadings& readings, int error_type, int counter_type) {
  const auto& counters = counter_type == 0 ? readings.ecc_volatile : readings.ecc_aggregate;
  return counters[static_cast<size_t>(error_type)];
}

// Aggregates are counted in device memory, which is where the readings put all of them.
constexpr int kLocations = 8;
constexpr int kDeviceMemory = 2;

// Banks of a board; plausible, not read from one.
constexpr unsigned kRemapBanks = 640;

bool TellsRows(const Device& device) {
  return device.spec.board->remaps_rows() && device.instances.empty();
}

template <class Arguments>
nvmlReturn_t RetiredPages(Function function, const Arguments& arguments, nvmlDevice_t device,
                          nvmlPageRetirementCause_t cause, unsigned int* pageCount,
                          unsigned long long* addresses, unsigned long long* timestamps) {
  return Call(
      function, true, arguments, [&](const Machine& machine) { return DeviceOf(machine, device); },
      [&](Machine&, const Device* found) -> nvmlReturn_t {
        if (found == nullptr || pageCount == nullptr || cause < 0 || cause > 1) {
          return kInvalidArgument;
        }
        if (found->parent != nullptr || !found->spec.board->retires_pages()) return kNotSupported;
        const DeviceReadings readings = found->Readings();
        const auto& pages = readings.retired_pages[static_cast<size_t>(cause)];
        const unsigned room = *pageCount;
        *pageCount = static_cast<unsigned>(pages.size());
        if (room == 0 && pages.empty()) return kSuccess;
        if (room < pages.size()) return kInsufficientSize;
        if (addresses == nullptr) return kInvalidArgument;
        for (size_t i = 0; i < pages.size(); ++i) {
          addresses[i] = pages[i];
          if (timestamps != nullptr) timestamps[i] = 0;
        }
        return kSuccess;
      });
}

// The fields that are modelled, by their numbers in the vendor's header.
struct Field {
  unsigned id;
  // 1: unsigned int, 3: unsigned long long (nvmlValueType_t).
  int type;
  uint64_t (*read)(const DeviceReadings& readings, const Device& device, uint64_t now_ms);
};

#define GPUEX_FIELD(id, type, expression)                                                    \
  {id, type, [](const DeviceReadings& r, const Device& d, uint64_t now) -> uint64_t {        \
     static_cast<void>(r);                                                                   \
     static_cast<void>(d);                                                                   \
     static_cast<void>(now);                                                                 \
     return static_cast<uint64_t>(expression);                                               \
   }}

constexpr unsigned kRecoveryAction = 230;

constexpr Field kFields[] = {
    GPUEX_FIELD(1, 1, r.ecc_enabled),           GPUEX_FIELD(2, 1, r.ecc_enabled),
    GPUEX_FIELD(3, 3, r.ecc_volatile[0]),       GPUEX_FIELD(4, 3, r.ecc_volatile[1]),
    GPUEX_FIELD(5, 3, r.ecc_aggregate[0]),      GPUEX_FIELD(6, 3, r.ecc_aggregate[1]),
    GPUEX_FIELD(29, 1, r.retired_pages[0].size()), GPUEX_FIELD(30, 1, r.retired_pages[1].size()),
    GPUEX_FIELD(31, 1, r.retirement_pending),   GPUEX_FIELD(82, 1, r.temperature_c),
    GPUEX_FIELD(83, 3, d.EnergyMillijoules(now)), GPUEX_FIELD(142, 1, r.rows_correctable),
    GPUEX_FIELD(143, 1, r.rows_uncorrectable),  GPUEX_FIELD(144, 1, r.rows_pending),
    GPUEX_FIELD(145, 1, r.rows_failure),        GPUEX_FIELD(185, 1, r.power_mw),
    GPUEX_FIELD(186, 1, r.power_mw),            GPUEX_FIELD(187, 1, d.spec.board->power_min_w * 1000),
    GPUEX_FIELD(188, 1, d.spec.board->power_limit_w * 1000),
    GPUEX_FIELD(189, 1, d.spec.board->power_limit_w * 1000),
    GPUEX_FIELD(190, 1, r.power_limit_mw),      GPUEX_FIELD(192, 1, r.power_limit_mw),
    GPUEX_FIELD(kRecoveryAction, 1, r.recovery_action),
};

bool Has(const Device& device, unsigned id) {
  const Board& board = *device.spec.board;
  if (id <= 6) return board.has(board_flags::ecc);
  if (id >= 29 && id <= 31) return board.retires_pages();
  if (id >= 142 && id <= 145) return TellsRows(device);
  return true;
}

nvmlReturn_t ReadField(const Machine& machine, const Device& device, nvmlFieldValue_t& value) {
  for (const Field& field : kFields) {
    if (field.id != value.fieldId || !Has(device, field.id)) continue;
    if (field.id == kRecoveryAction && BranchOf(machine) < kRecoveryActionSince) break;
    value.valueType = field.type;
    const uint64_t read = field.read(device.Readings(), device, const_cast<Machine&>(machine).clock().Now());
    value.value.ullVal = 0;
    if (field.type == 1) {
      value.value.uiVal = static_cast<unsigned>(read);
    } else {
      value.value.ullVal = read;
    }
    return kSuccess;
  }
  return kNotSupported;
}

// One cluster for the whole machine.
void FillFabric(const Device& device, unsigned char (&cluster)[16], nvmlReturn_t* status,
                unsigned int* clique, unsigned char* state) {
  constexpr unsigned char kCompleted = 3;
  static_cast<void>(device);
  const UuidBytes uuid = DerivedUuid({}, 1);
  std::memcpy(cluster, uuid.data(), sizeof cluster);
  *status = kSuccess;
  *clique = 0;
  *state = kCompleted;
}

}  // namespace
}  // namespace gpuex::mock::nvml_layer

using namespace gpuex::mock;              // NOLINT
using namespace gpuex::mock::nvml_layer;  // NOLINT

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetEccMode(nvmlDevice_t device, nvmlEnableState_t* current,
                                                    nvmlEnableState_t* pending) {
  return BoardCall(Function::nvmlDeviceGetEccMode, With(device, current, pending),
                   [&](Machine&, const Device& found) -> nvmlReturn_t {
                     if (!found.spec.board->has(board_flags::ecc)) return kNotSupported;
                     *current = found.Readings().ecc_enabled;
                     return Give(pending, *current);
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetTotalEccErrors(nvmlDevice_t device,
                                                           nvmlMemoryErrorType_t errorType,
                                                           nvmlEccCounterType_t counterType,
                                                           unsigned long long* eccCounts) {
  return BoardCall(Function::nvmlDeviceGetTotalEccErrors,
                   With(device, errorType, counterType, eccCounts),
                   [&](Machine&, const Device& found) -> nvmlReturn_t {
                     if (!IsCounter(errorType) || !IsCounter(counterType)) return kInvalidArgument;
                     const DeviceReadings readings = found.Readings();
                     if (!readings.ecc_enabled) return kNotSupported;
                     return Give(eccCounts, EccCount(readings, errorType, counterType));
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetMemoryErrorCounter(nvmlDevice_t device,
                                                               nvmlMemoryErrorType_t errorType,
                                                               nvmlEccCounterType_t counterType,
                                                               nvmlMemoryLocation_t locationType,
                                                               unsigned long long* count) {
  return BoardCall(
      Function::nvmlDeviceGetMemoryErrorCounter,
      With(device, errorType, counterType, locationType, count),
      [&](Machine&, const Device& found) -> nvmlReturn_t {
        if (!IsCounter(errorType) || !IsCounter(counterType) || locationType < 0 ||
            locationType >= kLocations) {
          return kInvalidArgument;
        }
        const DeviceReadings readings = found.Readings();
        if (!readings.ecc_enabled) return kNotSupported;
        return Give(count, locationType == kDeviceMemory
                               ? EccCount(readings, errorType, counterType)
                               : 0);
      });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetRemappedRows(nvmlDevice_t device,
                                                         unsigned int* corrRows,
                                                         unsigned int* uncRows,
                                                         unsigned int* isPending,
                                                         unsigned int* failureOccurred) {
  return BoardCall(Function::nvmlDeviceGetRemappedRows,
                   With(device, corrRows, uncRows, isPending, failureOccurred),
                   [&](Machine&, const Device& found) -> nvmlReturn_t {
                     if (!TellsRows(found)) return kNotSupported;
                     const DeviceReadings readings = found.Readings();
                     *corrRows = readings.rows_correctable;
                     *uncRows = readings.rows_uncorrectable;
                     *isPending = readings.rows_pending;
                     return Give(failureOccurred, readings.rows_failure);
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetRowRemapperHistogram(
    nvmlDevice_t device, nvmlRowRemapperHistogramValues_t* values) {
  return BoardCall(Function::nvmlDeviceGetRowRemapperHistogram, With(device, values),
                   [&](Machine&, const Device& found) -> nvmlReturn_t {
                     if (!TellsRows(found)) return kNotSupported;
                     const DeviceReadings readings = found.Readings();
                     unsigned used = readings.rows_correctable + readings.rows_uncorrectable;
                     if (used > kRemapBanks - 1) used = kRemapBanks - 1;
                     *values = {};
                     values->none = readings.rows_failure ? 1 : 0;
                     values->high = used;
                     values->max = kRemapBanks - used - values->none;
                     return kSuccess;
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetRetiredPages(nvmlDevice_t device,
                                                         nvmlPageRetirementCause_t cause,
                                                         unsigned int* pageCount,
                                                         unsigned long long* addresses) {
  return RetiredPages(Function::nvmlDeviceGetRetiredPages,
                      With(device, cause, pageCount, addresses), device, cause, pageCount,
                      addresses, nullptr);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetRetiredPages_v2(nvmlDevice_t device,
                                                            nvmlPageRetirementCause_t cause,
                                                            unsigned int* pageCount,
                                                            unsigned long long* addresses,
                                                            unsigned long long* timestamps) {
  return RetiredPages(Function::nvmlDeviceGetRetiredPages_v2,
                      With(device, cause, pageCount, addresses, timestamps), device, cause,
                      pageCount, addresses, timestamps);
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetRetiredPagesPendingStatus(nvmlDevice_t device,
                                                                      nvmlEnableState_t* isPending) {
  return BoardCall(Function::nvmlDeviceGetRetiredPagesPendingStatus, With(device, isPending),
                   [&](Machine&, const Device& found) -> nvmlReturn_t {
                     if (!found.spec.board->retires_pages()) return kNotSupported;
                     return Give(isPending, found.Readings().retirement_pending);
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int valuesCount,
                                                        nvmlFieldValue_t* values) {
  return BoardCall(Function::nvmlDeviceGetFieldValues, With(device, valuesCount, values),
                   [&](Machine& machine, const Device& found) -> nvmlReturn_t {
                     if (valuesCount <= 0) return kInvalidArgument;
                     const auto now = std::chrono::system_clock::now().time_since_epoch();
                     for (int i = 0; i < valuesCount; ++i) {
                       nvmlFieldValue_t& value = values[i];
                       value.timestamp =
                           std::chrono::duration_cast<std::chrono::microseconds>(now).count();
                       value.latencyUsec = 1;
                       value.nvmlReturn = ReadField(machine, found, value);
                     }
                     return kSuccess;
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetGpuFabricInfo(nvmlDevice_t device,
                                                          nvmlGpuFabricInfo_t* gpuFabricInfo) {
  return BoardCall(Function::nvmlDeviceGetGpuFabricInfo, With(device, gpuFabricInfo),
                   [&](Machine&, const Device& found) -> nvmlReturn_t {
                     if (!found.spec.board->has(board_flags::fabric)) return kNotSupported;
                     FillFabric(found, gpuFabricInfo->clusterUuid, &gpuFabricInfo->status,
                                &gpuFabricInfo->cliqueId, &gpuFabricInfo->state);
                     return kSuccess;
                   });
}

GPUEX_MOCK_EXPORT nvmlReturn_t nvmlDeviceGetGpuFabricInfoV(nvmlDevice_t device,
                                                           nvmlGpuFabricInfoV_t* gpuFabricInfo) {
  return BoardCall(
      Function::nvmlDeviceGetGpuFabricInfoV, With(device, gpuFabricInfo),
      [&](Machine& machine, const Device& found) -> nvmlReturn_t {
        nvmlGpuFabricInfo_v2_t& info = gpuFabricInfo->v2;
        const bool third = info.version == NvmlStamp(sizeof(nvmlGpuFabricInfoV_t), 3) &&
                           BranchOf(machine) >= kFabricV3Since;
        if (!third && info.version != NvmlStamp(sizeof info, 2)) return kArgumentVersionMismatch;
        if (!found.spec.board->has(board_flags::fabric)) return kNotSupported;
        FillFabric(found, info.clusterUuid, &info.status, &info.cliqueId, &info.state);
        const bool healthy = found.Readings().fabric_healthy;
        // Bits 0 and 1: degraded bandwidth, 1 yes and 2 no.
        info.healthMask = healthy ? 2 : 1;
        if (third) gpuFabricInfo->healthSummary = healthy ? 1 : 2;
        return kSuccess;
      });
}
