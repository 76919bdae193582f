// NVML: the few declarations we call, written by hand from the NVML API Reference. Names in the
// vendor's header are macros for suffixed symbols; here the symbols themselves are named, because
// the plain ones are older functions with older structs. See cudart_abi.h for the conventions.
#pragma once

#include <cstddef>

namespace gpuex::abi::nvml {

using nvmlReturn_t = int;
inline constexpr nvmlReturn_t NVML_SUCCESS = 0;
inline constexpr nvmlReturn_t NVML_ERROR_UNINITIALIZED = 1;
inline constexpr nvmlReturn_t NVML_ERROR_NOT_SUPPORTED = 3;

struct nvmlDevice_st;
using nvmlDevice_t = nvmlDevice_st*;

inline constexpr unsigned int NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE = 80;
inline constexpr unsigned int NVML_SYSTEM_NVML_VERSION_BUFFER_SIZE = 80;
inline constexpr unsigned int NVML_DEVICE_NAME_V2_BUFFER_SIZE = 96;
inline constexpr unsigned int NVML_DEVICE_UUID_V2_BUFFER_SIZE = 96;

struct nvmlPciInfo_t {
  char busIdLegacy[16];
  unsigned int domain;
  unsigned int bus;
  unsigned int device;
  unsigned int pciDeviceId;
  unsigned int pciSubSystemId;
  char busId[32];
};
static_assert(sizeof(nvmlPciInfo_t) == 68 && offsetof(nvmlPciInfo_t, busId) == 36);

struct nvmlMemory_t {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;  // contains what the driver reserves
};
static_assert(sizeof(nvmlMemory_t) == 24);

struct nvmlMemory_v2_t {
  unsigned int version;
  unsigned long long total;
  unsigned long long reserved;
  unsigned long long free;
  unsigned long long used;  // allocated memory only
};
static_assert(sizeof(nvmlMemory_v2_t) == 40 && offsetof(nvmlMemory_v2_t, total) == 8 &&
              offsetof(nvmlMemory_v2_t, reserved) == 16 && offsetof(nvmlMemory_v2_t, free) == 24 &&
              offsetof(nvmlMemory_v2_t, used) == 32);
// The stamp that a versioned struct must carry: its size, and the version in the top byte.
inline constexpr unsigned int nvmlMemory_v2 = sizeof(nvmlMemory_v2_t) | (2u << 24);
static_assert(nvmlMemory_v2 == 0x02000028);

// The unsuffixed process lists fill this one …
struct nvmlProcessInfo_v1_t {
  unsigned int pid;
  unsigned long long usedGpuMemory;  // all bits set: not available
};
static_assert(sizeof(nvmlProcessInfo_v1_t) == 16 &&
              offsetof(nvmlProcessInfo_v1_t, usedGpuMemory) == 8);

// … and the `_v2` and `_v3` ones this one; see probe/processes.cc for the exception.
struct nvmlProcessInfo_v2_t {
  unsigned int pid;
  unsigned long long usedGpuMemory;
  unsigned int gpuInstanceId;
  unsigned int computeInstanceId;
};
static_assert(sizeof(nvmlProcessInfo_v2_t) == 24 &&
              offsetof(nvmlProcessInfo_v2_t, usedGpuMemory) == 8 &&
              offsetof(nvmlProcessInfo_v2_t, gpuInstanceId) == 16 &&
              offsetof(nvmlProcessInfo_v2_t, computeInstanceId) == 20);

#define GPUEX_NVML_FUNCTIONS(X)                                                                    \
  X(required, nvmlReturn_t, nvmlInit_v2, ())                                                       \
  X(required, nvmlReturn_t, nvmlShutdown, ())                                                      \
  X(required, nvmlReturn_t, nvmlSystemGetNVMLVersion, (char* version, unsigned int length))        \
  X(required, nvmlReturn_t, nvmlDeviceGetCount_v2, (unsigned int* deviceCount))                    \
  X(required, nvmlReturn_t, nvmlDeviceGetHandleByIndex_v2,                                         \
    (unsigned int index, nvmlDevice_t* device))                                                    \
  X(required, nvmlReturn_t, nvmlDeviceGetHandleByUUID, (const char* uuid, nvmlDevice_t* device))   \
  X(required, nvmlReturn_t, nvmlDeviceGetHandleByPciBusId_v2,                                      \
    (const char* pciBusId, nvmlDevice_t* device))                                                  \
  X(required, nvmlReturn_t, nvmlDeviceGetUUID,                                                     \
    (nvmlDevice_t device, char* uuid, unsigned int length))                                        \
  X(required, nvmlReturn_t, nvmlDeviceGetMemoryInfo, (nvmlDevice_t device, nvmlMemory_t* memory))  \
  X(optional, nvmlReturn_t, nvmlDeviceGetMemoryInfo_v2,                                            \
    (nvmlDevice_t device, nvmlMemory_v2_t* memory))                                                \
  X(optional, nvmlReturn_t, nvmlDeviceGetIndex, (nvmlDevice_t device, unsigned int* index))        \
  X(optional, nvmlReturn_t, nvmlDeviceIsMigDeviceHandle,                                           \
    (nvmlDevice_t device, unsigned int* isMigDevice))                                              \
  X(optional, nvmlReturn_t, nvmlDeviceGetDeviceHandleFromMigDeviceHandle,                          \
    (nvmlDevice_t migDevice, nvmlDevice_t* device))                                                \
  X(optional, nvmlReturn_t, nvmlDeviceGetComputeRunningProcesses,                                  \
    (nvmlDevice_t device, unsigned int* infoCount, nvmlProcessInfo_v1_t* infos))                   \
  X(optional, nvmlReturn_t, nvmlDeviceGetComputeRunningProcesses_v2,                               \
    (nvmlDevice_t device, unsigned int* infoCount, nvmlProcessInfo_v2_t* infos))                   \
  X(optional, nvmlReturn_t, nvmlDeviceGetComputeRunningProcesses_v3,                               \
    (nvmlDevice_t device, unsigned int* infoCount, nvmlProcessInfo_v2_t* infos))                   \
  X(optional, nvmlReturn_t, nvmlDeviceGetGraphicsRunningProcesses,                                 \
    (nvmlDevice_t device, unsigned int* infoCount, nvmlProcessInfo_v1_t* infos))                   \
  X(optional, nvmlReturn_t, nvmlDeviceGetGraphicsRunningProcesses_v2,                              \
    (nvmlDevice_t device, unsigned int* infoCount, nvmlProcessInfo_v2_t* infos))                   \
  X(optional, nvmlReturn_t, nvmlDeviceGetGraphicsRunningProcesses_v3,                              \
    (nvmlDevice_t device, unsigned int* infoCount, nvmlProcessInfo_v2_t* infos))                   \
  X(optional, nvmlReturn_t, nvmlSystemGetProcessName,                                              \
    (unsigned int pid, char* name, unsigned int length))

}  // namespace gpuex::abi::nvml
