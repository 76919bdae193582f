// What a device answers about itself beyond its name and memory, from its compute capability.
#pragma once

#include "mock/engine/scenario.h"

namespace gpuex::mock {

struct DeviceFacts {
  int major = 0;
  int minor = 0;
  int multiprocessors = 0;
  int threads_per_multiprocessor = 0;
  int blocks_per_multiprocessor = 0;
  int shared_per_block = 48 * 1024;
  int shared_per_block_optin = 0;
  int shared_per_multiprocessor = 0;
  int l2_bytes = 0;
  int memory_bus_width = 0;
  int clock_khz = 0;
  int memory_clock_khz = 0;
  bool ecc = false;
  bool integrated = false;
  bool cluster_launch = false;
};

DeviceFacts FactsOf(const DeviceSpec& spec);

// Of cudaDeviceAttr and CUdevice_attribute, which share their numbers. False: no such attribute.
bool AttributeOf(const DeviceSpec& spec, int attribute, int* value);

}  // namespace gpuex::mock
