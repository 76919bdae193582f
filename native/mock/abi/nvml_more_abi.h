// What the stand-in's NVML has beyond the functions that the addon calls (native/abi/nvml_abi.h):
// written by hand from the NVML API Reference. First column: whether a call concerns one device.
#pragma once

#include <cstddef>

#include "abi/nvml_abi.h"

namespace gpuex::abi::nvml {

struct nvmlEventSet_st;
using nvmlEventSet_t = nvmlEventSet_st*;
using nvmlString_t = const char*;

using nvmlEnableState_t = int;
using nvmlTemperatureSensors_t = int;
using nvmlTemperatureThresholds_t = int;
using nvmlClockType_t = int;
using nvmlMemoryErrorType_t = int;
using nvmlEccCounterType_t = int;
using nvmlMemoryLocation_t = int;
using nvmlPageRetirementCause_t = int;
using nvmlComputeMode_t = int;
using nvmlBrandType_t = int;
using nvmlPstates_t = int;
using nvmlPcieUtilCounter_t = int;
using nvmlDeviceArchitecture_t = unsigned int;
using nvmlValueType_t = int;

inline constexpr unsigned int NVML_INIT_FLAG_NO_GPUS = 1;
inline constexpr unsigned int NVML_INIT_FLAG_NO_ATTACH = 2;
inline constexpr unsigned int NVML_INIT_FLAG_FORCE_INIT = 4;

// The stamp of a versioned struct.
constexpr unsigned int NvmlStamp(size_t size, unsigned int version) {
  return static_cast<unsigned int>(size) | (version << 24);
}

struct nvmlPciInfoExt_t {
  unsigned int version;
  unsigned int domain;
  unsigned int bus;
  unsigned int device;
  unsigned int pciDeviceId;
  unsigned int pciSubSystemId;
  unsigned int baseClass;
  unsigned int subClass;
  char busId[32];
};
static_assert(sizeof(nvmlPciInfoExt_t) == 64 && offsetof(nvmlPciInfoExt_t, busId) == 32 &&
              NvmlStamp(sizeof(nvmlPciInfoExt_t), 1) == 0x01000040);

struct nvmlBAR1Memory_t {
  unsigned long long bar1Total;
  unsigned long long bar1Free;
  unsigned long long bar1Used;
};
static_assert(sizeof(nvmlBAR1Memory_t) == 24 && offsetof(nvmlBAR1Memory_t, bar1Used) == 16);

struct nvmlUtilization_t {
  unsigned int gpu;
  unsigned int memory;
};
static_assert(sizeof(nvmlUtilization_t) == 8 && offsetof(nvmlUtilization_t, memory) == 4);

struct nvmlProcessDetail_v1_t {
  unsigned int pid;
  unsigned long long usedGpuMemory;
  unsigned int gpuInstanceId;
  unsigned int computeInstanceId;
  unsigned long long usedGpuCcProtectedMemory;
};
static_assert(sizeof(nvmlProcessDetail_v1_t) == 32 &&
              offsetof(nvmlProcessDetail_v1_t, usedGpuMemory) == 8 &&
              offsetof(nvmlProcessDetail_v1_t, gpuInstanceId) == 16 &&
              offsetof(nvmlProcessDetail_v1_t, computeInstanceId) == 20 &&
              offsetof(nvmlProcessDetail_v1_t, usedGpuCcProtectedMemory) == 24);

struct nvmlProcessDetailList_t {
  unsigned int version;
  unsigned int mode;  // 0 compute, 1 graphics, 2 MPS
  unsigned int numProcArrayEntries;
  nvmlProcessDetail_v1_t* procArray;
};
static_assert(sizeof(nvmlProcessDetailList_t) == 24 &&
              offsetof(nvmlProcessDetailList_t, numProcArrayEntries) == 8 &&
              offsetof(nvmlProcessDetailList_t, procArray) == 16 &&
              NvmlStamp(sizeof(nvmlProcessDetailList_t), 1) == 0x01000018);

struct nvmlTemperature_t {
  unsigned int version;
  nvmlTemperatureSensors_t sensorType;
  int temperature;
};
static_assert(sizeof(nvmlTemperature_t) == 12 && offsetof(nvmlTemperature_t, temperature) == 8 &&
              NvmlStamp(sizeof(nvmlTemperature_t), 1) == 0x0100000C);

struct nvmlGpuFabricInfo_t {
  unsigned char clusterUuid[16];
  nvmlReturn_t status;
  unsigned int cliqueId;
  unsigned char state;
};
static_assert(sizeof(nvmlGpuFabricInfo_t) == 28 && offsetof(nvmlGpuFabricInfo_t, status) == 16 &&
              offsetof(nvmlGpuFabricInfo_t, cliqueId) == 20 &&
              offsetof(nvmlGpuFabricInfo_t, state) == 24);

struct nvmlGpuFabricInfo_v2_t {
  unsigned int version;
  unsigned char clusterUuid[16];
  nvmlReturn_t status;
  unsigned int cliqueId;
  unsigned char state;
  unsigned int healthMask;
};
static_assert(sizeof(nvmlGpuFabricInfo_v2_t) == 36 &&
              offsetof(nvmlGpuFabricInfo_v2_t, clusterUuid) == 4 &&
              offsetof(nvmlGpuFabricInfo_v2_t, status) == 20 &&
              offsetof(nvmlGpuFabricInfo_v2_t, cliqueId) == 24 &&
              offsetof(nvmlGpuFabricInfo_v2_t, state) == 28 &&
              offsetof(nvmlGpuFabricInfo_v2_t, healthMask) == 32 &&
              NvmlStamp(sizeof(nvmlGpuFabricInfo_v2_t), 2) == 0x02000024);

// The caller's stamp decides whether a v2 or a v3 lies behind the pointer.
struct nvmlGpuFabricInfoV_t {
  nvmlGpuFabricInfo_v2_t v2;
  unsigned char healthSummary;
};
static_assert(sizeof(nvmlGpuFabricInfoV_t) == 40 &&
              offsetof(nvmlGpuFabricInfoV_t, healthSummary) == 36 &&
              NvmlStamp(sizeof(nvmlGpuFabricInfoV_t), 3) == 0x03000028);

struct nvmlEventData_t {
  nvmlDevice_t device;
  unsigned long long eventType;
  unsigned long long eventData;
  unsigned int gpuInstanceId;
  unsigned int computeInstanceId;
};
static_assert(sizeof(nvmlEventData_t) == 32 && offsetof(nvmlEventData_t, eventType) == 8 &&
              offsetof(nvmlEventData_t, eventData) == 16 &&
              offsetof(nvmlEventData_t, gpuInstanceId) == 24 &&
              offsetof(nvmlEventData_t, computeInstanceId) == 28);

struct nvmlRowRemapperHistogramValues_t {
  unsigned int max;
  unsigned int high;
  unsigned int partial;
  unsigned int low;
  unsigned int none;
};
static_assert(sizeof(nvmlRowRemapperHistogramValues_t) == 20 &&
              offsetof(nvmlRowRemapperHistogramValues_t, none) == 16);

union nvmlValue_t {
  double dVal;
  int siVal;
  unsigned int uiVal;
  unsigned long ulVal;
  unsigned long long ullVal;
  long long sllVal;
};

struct nvmlFieldValue_t {
  unsigned int fieldId;
  unsigned int scopeId;
  long long timestamp;    // µs since 1970
  long long latencyUsec;
  nvmlValueType_t valueType;
  nvmlReturn_t nvmlReturn;
  nvmlValue_t value;
};
static_assert(sizeof(nvmlFieldValue_t) == 40 && offsetof(nvmlFieldValue_t, timestamp) == 8 &&
              offsetof(nvmlFieldValue_t, latencyUsec) == 16 &&
              offsetof(nvmlFieldValue_t, valueType) == 24 &&
              offsetof(nvmlFieldValue_t, nvmlReturn) == 28 &&
              offsetof(nvmlFieldValue_t, value) == 32);

struct nvmlUUID_t {
  unsigned int version;
  unsigned int type;  // 1 text, 2 raw bytes
  union {
    char str[41];
    unsigned char bytes[16];
  } value;
};
static_assert(sizeof(nvmlUUID_t) == 52 && offsetof(nvmlUUID_t, value) == 8 &&
              NvmlStamp(sizeof(nvmlUUID_t), 1) == 0x01000034);

#define GPUEX_NVML_MORE_FUNCTIONS(X)                                                               \
  X(system, nvmlReturn_t, nvmlInitWithFlags, (unsigned int flags))                                 \
  X(system, nvmlString_t, nvmlErrorString, (nvmlReturn_t result))                                  \
  X(system, nvmlReturn_t, nvmlSystemGetDriverVersion, (char* version, unsigned int length))        \
  X(device, nvmlReturn_t, nvmlDeviceGetName,                                                       \
    (nvmlDevice_t device, char* name, unsigned int length))                                        \
  X(device, nvmlReturn_t, nvmlDeviceGetPciInfo_v3, (nvmlDevice_t device, nvmlPciInfo_t* pci))      \
  X(system, nvmlReturn_t, nvmlSystemGetCudaDriverVersion, (int* cudaDriverVersion))                \
  X(system, nvmlReturn_t, nvmlSystemGetCudaDriverVersion_v2, (int* cudaDriverVersion))             \
  X(device, nvmlReturn_t, nvmlDeviceGetHandleByUUIDV, (const nvmlUUID_t* uuid, nvmlDevice_t* device)) \
  X(device, nvmlReturn_t, nvmlDeviceGetPciInfoExt, (nvmlDevice_t device, nvmlPciInfoExt_t* pci))   \
  X(device, nvmlReturn_t, nvmlDeviceGetBAR1MemoryInfo,                                             \
    (nvmlDevice_t device, nvmlBAR1Memory_t* bar1Memory))                                           \
  X(device, nvmlReturn_t, nvmlDeviceGetUtilizationRates,                                           \
    (nvmlDevice_t device, nvmlUtilization_t* utilization))                                         \
  X(device, nvmlReturn_t, nvmlDeviceGetTemperature,                                                \
    (nvmlDevice_t device, nvmlTemperatureSensors_t sensorType, unsigned int* temp))                \
  X(device, nvmlReturn_t, nvmlDeviceGetTemperatureV,                                               \
    (nvmlDevice_t device, nvmlTemperature_t* temperature))                                         \
  X(device, nvmlReturn_t, nvmlDeviceGetPowerUsage, (nvmlDevice_t device, unsigned int* power))     \
  X(device, nvmlReturn_t, nvmlDeviceGetEnforcedPowerLimit,                                         \
    (nvmlDevice_t device, unsigned int* limit))                                                    \
  X(device, nvmlReturn_t, nvmlDeviceGetClockInfo,                                                  \
    (nvmlDevice_t device, nvmlClockType_t type, unsigned int* clock))                              \
  X(device, nvmlReturn_t, nvmlDeviceGetCurrentClocksEventReasons,                                  \
    (nvmlDevice_t device, unsigned long long* clocksEventReasons))                                 \
  X(device, nvmlReturn_t, nvmlDeviceGetCurrentClocksThrottleReasons,                               \
    (nvmlDevice_t device, unsigned long long* clocksThrottleReasons))                              \
  X(device, nvmlReturn_t, nvmlDeviceGetEccMode,                                                    \
    (nvmlDevice_t device, nvmlEnableState_t* current, nvmlEnableState_t* pending))                 \
  X(device, nvmlReturn_t, nvmlDeviceGetTotalEccErrors,                                             \
    (nvmlDevice_t device, nvmlMemoryErrorType_t errorType, nvmlEccCounterType_t counterType,       \
     unsigned long long* eccCounts))                                                               \
  X(device, nvmlReturn_t, nvmlDeviceGetMemoryErrorCounter,                                         \
    (nvmlDevice_t device, nvmlMemoryErrorType_t errorType, nvmlEccCounterType_t counterType,       \
     nvmlMemoryLocation_t locationType, unsigned long long* count))                                \
  X(device, nvmlReturn_t, nvmlDeviceGetRemappedRows,                                               \
    (nvmlDevice_t device, unsigned int* corrRows, unsigned int* uncRows, unsigned int* isPending,  \
     unsigned int* failureOccurred))                                                               \
  X(device, nvmlReturn_t, nvmlDeviceGetRowRemapperHistogram,                                       \
    (nvmlDevice_t device, nvmlRowRemapperHistogramValues_t* values))                               \
  X(device, nvmlReturn_t, nvmlDeviceGetRetiredPages,                                               \
    (nvmlDevice_t device, nvmlPageRetirementCause_t cause, unsigned int* pageCount,                \
     unsigned long long* addresses))                                                               \
  X(device, nvmlReturn_t, nvmlDeviceGetRetiredPages_v2,                                            \
    (nvmlDevice_t device, nvmlPageRetirementCause_t cause, unsigned int* pageCount,                \
     unsigned long long* addresses, unsigned long long* timestamps))                               \
  X(device, nvmlReturn_t, nvmlDeviceGetRetiredPagesPendingStatus,                                  \
    (nvmlDevice_t device, nvmlEnableState_t* isPending))                                           \
  X(device, nvmlReturn_t, nvmlDeviceGetRunningProcessDetailList,                                   \
    (nvmlDevice_t device, nvmlProcessDetailList_t* plist))                                         \
  X(device, nvmlReturn_t, nvmlDeviceGetComputeMode, (nvmlDevice_t device, nvmlComputeMode_t* mode)) \
  X(device, nvmlReturn_t, nvmlDeviceGetPersistenceMode,                                            \
    (nvmlDevice_t device, nvmlEnableState_t* mode))                                                \
  X(device, nvmlReturn_t, nvmlDeviceGetMigMode,                                                    \
    (nvmlDevice_t device, unsigned int* currentMode, unsigned int* pendingMode))                   \
  X(device, nvmlReturn_t, nvmlDeviceGetMaxMigDeviceCount, (nvmlDevice_t device, unsigned int* count)) \
  X(device, nvmlReturn_t, nvmlDeviceGetMigDeviceHandleByIndex,                                     \
    (nvmlDevice_t device, unsigned int index, nvmlDevice_t* migDevice))                            \
  X(device, nvmlReturn_t, nvmlDeviceGetGpuInstanceId, (nvmlDevice_t device, unsigned int* id))     \
  X(device, nvmlReturn_t, nvmlDeviceGetComputeInstanceId, (nvmlDevice_t device, unsigned int* id)) \
  X(device, nvmlReturn_t, nvmlDeviceGetCudaComputeCapability,                                      \
    (nvmlDevice_t device, int* major, int* minor))                                                 \
  X(device, nvmlReturn_t, nvmlDeviceGetGpuFabricInfo,                                              \
    (nvmlDevice_t device, nvmlGpuFabricInfo_t* gpuFabricInfo))                                     \
  X(device, nvmlReturn_t, nvmlDeviceGetGpuFabricInfoV,                                             \
    (nvmlDevice_t device, nvmlGpuFabricInfoV_t* gpuFabricInfo))                                    \
  X(system, nvmlReturn_t, nvmlEventSetCreate, (nvmlEventSet_t* set))                               \
  X(device, nvmlReturn_t, nvmlDeviceRegisterEvents,                                                \
    (nvmlDevice_t device, unsigned long long eventTypes, nvmlEventSet_t set))                      \
  X(device, nvmlReturn_t, nvmlDeviceGetSupportedEventTypes,                                        \
    (nvmlDevice_t device, unsigned long long* eventTypes))                                         \
  X(system, nvmlReturn_t, nvmlEventSetWait_v2,                                                     \
    (nvmlEventSet_t set, nvmlEventData_t* data, unsigned int timeoutms))                           \
  X(system, nvmlReturn_t, nvmlEventSetFree, (nvmlEventSet_t set))                                  \
  X(device, nvmlReturn_t, nvmlDeviceGetFieldValues,                                                \
    (nvmlDevice_t device, int valuesCount, nvmlFieldValue_t* values))                              \
  X(device, nvmlReturn_t, nvmlDeviceGetMinorNumber,                                                \
    (nvmlDevice_t device, unsigned int* minorNumber))                                              \
  X(device, nvmlReturn_t, nvmlDeviceGetBrand, (nvmlDevice_t device, nvmlBrandType_t* type))        \
  X(device, nvmlReturn_t, nvmlDeviceGetArchitecture,                                               \
    (nvmlDevice_t device, nvmlDeviceArchitecture_t* arch))                                         \
  X(device, nvmlReturn_t, nvmlDeviceGetMaxClockInfo,                                               \
    (nvmlDevice_t device, nvmlClockType_t type, unsigned int* clock))                              \
  X(device, nvmlReturn_t, nvmlDeviceGetPerformanceState, (nvmlDevice_t device, nvmlPstates_t* pState)) \
  X(device, nvmlReturn_t, nvmlDeviceGetPowerManagementMode,                                        \
    (nvmlDevice_t device, nvmlEnableState_t* mode))                                                \
  X(device, nvmlReturn_t, nvmlDeviceGetPowerManagementLimit,                                       \
    (nvmlDevice_t device, unsigned int* limit))                                                    \
  X(device, nvmlReturn_t, nvmlDeviceGetPowerManagementDefaultLimit,                                \
    (nvmlDevice_t device, unsigned int* defaultLimit))                                             \
  X(device, nvmlReturn_t, nvmlDeviceGetPowerManagementLimitConstraints,                            \
    (nvmlDevice_t device, unsigned int* minLimit, unsigned int* maxLimit))                         \
  X(device, nvmlReturn_t, nvmlDeviceGetTotalEnergyConsumption,                                     \
    (nvmlDevice_t device, unsigned long long* energy))                                             \
  X(device, nvmlReturn_t, nvmlDeviceGetFanSpeed, (nvmlDevice_t device, unsigned int* speed))       \
  X(device, nvmlReturn_t, nvmlDeviceGetFanSpeed_v2,                                                \
    (nvmlDevice_t device, unsigned int fan, unsigned int* speed))                                  \
  X(device, nvmlReturn_t, nvmlDeviceGetNumFans, (nvmlDevice_t device, unsigned int* numFans))      \
  X(device, nvmlReturn_t, nvmlDeviceGetTemperatureThreshold,                                       \
    (nvmlDevice_t device, nvmlTemperatureThresholds_t thresholdType, unsigned int* temp))          \
  X(device, nvmlReturn_t, nvmlDeviceGetCurrPcieLinkGeneration,                                     \
    (nvmlDevice_t device, unsigned int* currLinkGen))                                              \
  X(device, nvmlReturn_t, nvmlDeviceGetMaxPcieLinkGeneration,                                      \
    (nvmlDevice_t device, unsigned int* maxLinkGen))                                               \
  X(device, nvmlReturn_t, nvmlDeviceGetGpuMaxPcieLinkGeneration,                                   \
    (nvmlDevice_t device, unsigned int* maxLinkGenDevice))                                         \
  X(device, nvmlReturn_t, nvmlDeviceGetCurrPcieLinkWidth,                                          \
    (nvmlDevice_t device, unsigned int* currLinkWidth))                                            \
  X(device, nvmlReturn_t, nvmlDeviceGetMaxPcieLinkWidth,                                           \
    (nvmlDevice_t device, unsigned int* maxLinkWidth))                                             \
  X(device, nvmlReturn_t, nvmlDeviceGetPcieThroughput,                                             \
    (nvmlDevice_t device, nvmlPcieUtilCounter_t counter, unsigned int* value))                     \
  X(device, nvmlReturn_t, nvmlDeviceGetEncoderUtilization,                                         \
    (nvmlDevice_t device, unsigned int* utilization, unsigned int* samplingPeriodUs))              \
  X(device, nvmlReturn_t, nvmlDeviceGetDecoderUtilization,                                         \
    (nvmlDevice_t device, unsigned int* utilization, unsigned int* samplingPeriodUs))              \
  X(device, nvmlReturn_t, nvmlDeviceGetMemoryBusWidth,                                             \
    (nvmlDevice_t device, unsigned int* busWidth))                                                 \
  X(device, nvmlReturn_t, nvmlDeviceGetNumGpuCores, (nvmlDevice_t device, unsigned int* numCores)) \
  X(system, nvmlReturn_t, nvmlInit, ())                                                            \
  X(system, nvmlReturn_t, nvmlDeviceGetCount, (unsigned int* deviceCount))                         \
  X(device, nvmlReturn_t, nvmlDeviceGetHandleByIndex, (unsigned int index, nvmlDevice_t* device))  \
  X(device, nvmlReturn_t, nvmlDeviceGetHandleByPciBusId,                                           \
    (const char* pciBusId, nvmlDevice_t* device))                                                  \
  X(device, nvmlReturn_t, nvmlDeviceGetPciInfo, (nvmlDevice_t device, nvmlPciInfo_t* pci))         \
  X(device, nvmlReturn_t, nvmlDeviceGetPciInfo_v2, (nvmlDevice_t device, nvmlPciInfo_t* pci))      \
  X(system, nvmlReturn_t, nvmlEventSetWait,                                                        \
    (nvmlEventSet_t set, nvmlEventData_t* data, unsigned int timeoutms))

}  // namespace gpuex::abi::nvml
