#include "mock/engine/device_facts.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace gpuex::mock {
namespace {

// Per compute capability: NVIDIA's CUDA C++ Programming Guide, "Compute Capabilities"; counts of
// multiprocessors, caches and clocks are those of one usual board of that capability.
struct Row {
  int capability;
  int multiprocessors;
  int threads;
  int blocks;
  int shared_optin_kib;
  int shared_kib;
  int l2_mib;
  int bus_bits;
  int clock_mhz;
  int memory_mhz;
  bool ecc;
};
constexpr Row kRows[] = {
    {75, 40, 1024, 16, 64, 64, 4, 256, 1590, 5001, true},         // T4
    {80, 108, 2048, 32, 163, 164, 40, 5120, 1410, 1593, true},    // A100
    {86, 72, 1536, 16, 99, 100, 6, 384, 1695, 6251, true},        // A10G
    {87, 16, 1536, 16, 163, 164, 4, 256, 1300, 3199, false},      // Jetson Orin
    {89, 128, 1536, 24, 99, 100, 72, 384, 2520, 10501, false},    // Ada
    {90, 132, 2048, 32, 227, 228, 50, 5120, 1980, 2619, true},    // H100
    {100, 148, 2048, 32, 227, 228, 126, 8192, 1965, 3996, true},  // B200
};

}  // namespace

DeviceFacts FactsOf(const DeviceSpec& spec) {
  DeviceFacts facts;
  char* rest = nullptr;
  facts.major = static_cast<int>(std::strtol(spec.compute_capability.c_str(), &rest, 10));
  if (*rest == '.') facts.minor = static_cast<int>(std::strtol(rest + 1, nullptr, 10));
  const int capability = facts.major * 10 + facts.minor;
  // The nearest one that is not newer; the oldest for what is older still.
  const Row* row = &kRows[0];
  for (const Row& each : kRows) {
    if (each.capability <= capability) row = &each;
  }
  facts.multiprocessors = row->multiprocessors;
  facts.threads_per_multiprocessor = row->threads;
  facts.blocks_per_multiprocessor = row->blocks;
  facts.shared_per_block_optin = row->shared_optin_kib * 1024;
  facts.shared_per_multiprocessor = row->shared_kib * 1024;
  facts.l2_bytes = row->l2_mib << 20;
  facts.memory_bus_width = row->bus_bits;
  facts.clock_khz = row->clock_mhz * 1000;
  facts.memory_clock_khz = row->memory_mhz * 1000;
  facts.ecc = row->ecc;
  facts.integrated = capability == 72 || capability == 87;
  facts.cluster_launch = facts.major >= 9;
  return facts;
}

bool AttributeOf(const DeviceSpec& spec, int attribute, int* value) {
  // The highest number of CUDA 13.0.
  constexpr int kLast = 147;
  if (attribute < 1 || attribute > kLast) return false;
  const DeviceFacts facts = FactsOf(spec);
  const auto answer = [value](int number) {
    *value = number;
    return true;
  };
  switch (attribute) {
    case 1:  // MaxThreadsPerBlock
    case 2:  // MaxBlockDimX
    case 3:  // MaxBlockDimY
      return answer(1024);
    case 4:  // MaxBlockDimZ
      return answer(64);
    case 5:  // MaxGridDimX
      return answer(0x7fffffff);
    case 6:  // MaxGridDimY
    case 7:  // MaxGridDimZ
      return answer(65535);
    case 8:  // MaxSharedMemoryPerBlock
      return answer(facts.shared_per_block);
    case 9:  // TotalConstantMemory
      return answer(65536);
    case 10:  // WarpSize
      return answer(32);
    case 11:  // MaxPitch
      return answer(0x7fffffff);
    case 12:  // MaxRegistersPerBlock
    case 82:  // MaxRegistersPerMultiprocessor
      return answer(65536);
    case 13:  // ClockRate
      return answer(facts.clock_khz);
    case 14:  // TextureAlignment
    case 30:  // SurfaceAlignment
      return answer(512);
    case 16:  // MultiProcessorCount
      return answer(facts.multiprocessors);
    case 18:  // Integrated
      return answer(facts.integrated);
    case 15:  // GpuOverlap
    case 19:  // CanMapHostMemory
    case 31:  // ConcurrentKernels
    case 41:  // UnifiedAddressing
    case 78:  // StreamPrioritiesSupported
    case 79:  // GlobalL1CacheSupported
    case 80:  // LocalL1CacheSupported
    case 83:  // ManagedMemory
    case 90:  // ComputePreemptionSupported
    case 91:  // CanUseHostPointerForRegisteredMem
    case 95:  // CooperativeLaunch
    case 99:  // HostRegisterSupported
      return answer(1);
    case 32:  // EccEnabled
      return answer(facts.ecc);
    case 33:  // PciBusId
      return answer(static_cast<int>(spec.pci.bus));
    case 34:  // PciDeviceId
      return answer(static_cast<int>(spec.pci.device));
    case 36:  // MemoryClockRate
      return answer(facts.memory_clock_khz);
    case 37:  // GlobalMemoryBusWidth
      return answer(facts.memory_bus_width);
    case 38:  // L2CacheSize
      return answer(facts.l2_bytes);
    case 39:  // MaxThreadsPerMultiProcessor
      return answer(facts.threads_per_multiprocessor);
    case 40:  // AsyncEngineCount
      return answer(2);
    case 50:  // PciDomainId
      return answer(static_cast<int>(spec.pci.domain));
    case 51:  // TexturePitchAlignment
      return answer(32);
    case 75:  // ComputeCapabilityMajor
      return answer(facts.major);
    case 76:  // ComputeCapabilityMinor
      return answer(facts.minor);
    case 81:  // MaxSharedMemoryPerMultiprocessor
      return answer(facts.shared_per_multiprocessor);
    case 88:  // PageableMemoryAccess
      return answer(spec.pageable_memory_access);
    case 97:  // MaxSharedMemoryPerBlockOptin
      return answer(facts.shared_per_block_optin);
    case 106:  // MaxBlocksPerMultiprocessor
      return answer(facts.blocks_per_multiprocessor);
    case 111:  // ReservedSharedMemoryPerBlock
      return answer(facts.major >= 8 ? 1024 : 0);
    case 120:  // ClusterLaunch
      return answer(facts.cluster_launch);
    default:
      // Not modelled means that the device cannot do it: textures, peers' atomics, memory pools,
      // virtual memory management (102).
      return answer(0);
  }
}

}  // namespace gpuex::mock
