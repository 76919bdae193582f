// libcudart: what devices are, and what errors are called.
#include <cstring>
#include <string>

#include "errors/code_table.h"
#include "mock/cudart_call.h"
#include "mock/engine/device_facts.h"
#include "mock/engine/pci_text.h"
#include "mock/texts/texts.h"

namespace {

using namespace gpuex::abi::cudart;   // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;          // NOLINT
using namespace gpuex::mock::cudart;  // NOLINT
using namespace gpuex::mock::cuda_status;

// The shape of calls that ask something of the device they name and need no context.
template <class Body>
cudaError_t DeviceQuery(const Invocation& call, const void* out, int device, Body body) {
  return Call(call, device, OnError::kRecord, [&](Machine& machine, ThreadState&) {
    if (out == nullptr) return kInvalidValue;
    Device* found = machine.driver().Find(device);
    return found == nullptr ? kInvalidDevice : body(*found);
  });
}

// What both layouts of cudaDeviceProp have.
template <class Properties>
void FillProperties(const DeviceSpec& spec, uint64_t total, Properties* prop) {
  const DeviceFacts facts = FactsOf(spec);
  const auto attribute = [&spec](int number) {
    int value = 0;
    AttributeOf(spec, number, &value);
    return value;
  };
  *prop = Properties{};
  spec.name.copy(prop->name, sizeof prop->name - 1);
  std::memcpy(prop->uuid, spec.uuid_bytes.data(), sizeof prop->uuid);
  prop->totalGlobalMem = total;
  prop->sharedMemPerBlock = static_cast<size_t>(facts.shared_per_block);
  prop->regsPerBlock = attribute(12);
  prop->warpSize = attribute(10);
  prop->memPitch = static_cast<size_t>(attribute(11));
  prop->maxThreadsPerBlock = attribute(1);
  for (int axis = 0; axis < 3; ++axis) {
    prop->maxThreadsDim[axis] = attribute(2 + axis);
    prop->maxGridSize[axis] = attribute(5 + axis);
  }
  prop->totalConstMem = static_cast<size_t>(attribute(9));
  prop->major = facts.major;
  prop->minor = facts.minor;
  prop->textureAlignment = static_cast<size_t>(attribute(14));
  prop->texturePitchAlignment = static_cast<size_t>(attribute(51));
  prop->multiProcessorCount = facts.multiprocessors;
  prop->integrated = facts.integrated;
  prop->canMapHostMemory = 1;
  prop->surfaceAlignment = static_cast<size_t>(attribute(30));
  prop->concurrentKernels = 1;
  prop->ECCEnabled = facts.ecc;
  prop->pciBusID = attribute(33);
  prop->pciDeviceID = attribute(34);
  prop->pciDomainID = attribute(50);
  prop->asyncEngineCount = attribute(40);
  prop->unifiedAddressing = 1;
  prop->memoryBusWidth = facts.memory_bus_width;
  prop->l2CacheSize = facts.l2_bytes;
  prop->maxThreadsPerMultiProcessor = facts.threads_per_multiprocessor;
  prop->streamPrioritiesSupported = 1;
  prop->globalL1CacheSupported = 1;
  prop->localL1CacheSupported = 1;
  prop->sharedMemPerMultiprocessor = static_cast<size_t>(facts.shared_per_multiprocessor);
  prop->regsPerMultiprocessor = attribute(82);
  prop->pageableMemoryAccess = attribute(88);
  prop->managedMemory = 1;
  prop->computePreemptionSupported = 1;
  prop->canUseHostPointerForRegisteredMem = 1;
  prop->cooperativeLaunch = 1;
  prop->sharedMemPerBlockOptin = static_cast<size_t>(facts.shared_per_block_optin);
  prop->maxBlocksPerMultiProcessor = facts.blocks_per_multiprocessor;
  prop->reservedSharedMemPerBlock = static_cast<size_t>(attribute(111));
  prop->hostRegisterSupported = 1;
  prop->clusterLaunch = facts.cluster_launch;
}

}  // namespace

GPUEX_MOCK_EXPORT cudaError_t cudaSetDevice(int device) {
  return Call({Function::cudaSetDevice, {device}}, device, OnError::kRecord,
              [&](Machine& machine, ThreadState& thread) {
                return machine.runtime().SetDevice(thread, device);
              });
}

// These two read constant tables and never fail.
GPUEX_MOCK_EXPORT const char* cudaGetErrorName(cudaError_t error) {
  StandIn::Current().CountCall(Function::cudaGetErrorName);
  const char* name = gpuex::CodeName(gpuex::Library::kCudart, 0, error);
  return name == nullptr ? kUnrecognisedError : name;
}

GPUEX_MOCK_EXPORT const char* cudaGetErrorString(cudaError_t error) {
  StandIn::Current().CountCall(Function::cudaGetErrorString);
  const char* text = CudaErrorText(error);
  return text == nullptr ? kUnrecognisedError : text;
}

GPUEX_MOCK_EXPORT cudaError_t cudaDeviceGetAttribute(int* value, int attr, int device) {
  return DeviceQuery({Function::cudaDeviceGetAttribute, {value, attr, device}}, value, device,
                     [&](const Device& found) {
                       return AttributeOf(found.spec, attr, value) ? kSuccess : kInvalidValue;
                     });
}

GPUEX_MOCK_EXPORT cudaError_t cudaGetDeviceProperties(DeviceProp13* prop, int device) {
  return DeviceQuery({Function::cudaGetDeviceProperties, {prop, device}}, prop, device,
                     [&](const Device& found) {
                       FillProperties(found.spec, found.ledger.Read().total, prop);
                       return kSuccess;
                     });
}

GPUEX_MOCK_EXPORT cudaError_t cudaGetDeviceProperties_v2(DeviceProp12* prop, int device) {
  return DeviceQuery({Function::cudaGetDeviceProperties_v2, {prop, device}}, prop, device,
                     [&](const Device& found) {
                       FillProperties(found.spec, found.ledger.Read().total, prop);
                       const DeviceFacts facts = FactsOf(found.spec);
                       prop->clockRate = facts.clock_khz;
                       prop->memoryClockRate = facts.memory_clock_khz;
                       prop->deviceOverlap = 1;
                       return kSuccess;
                     });
}

GPUEX_MOCK_EXPORT cudaError_t cudaDeviceGetPCIBusId(char* pciBusId, int len, int device) {
  return DeviceQuery({Function::cudaDeviceGetPCIBusId, {pciBusId, len, device}}, pciBusId, device,
                     [&](const Device& found) {
                       const std::string text = PciText(found.spec.pci, 4);
                       if (len <= static_cast<int>(text.size())) return kInvalidValue;
                       std::memcpy(pciBusId, text.c_str(), text.size() + 1);
                       return kSuccess;
                     });
}

GPUEX_MOCK_EXPORT cudaError_t cudaDeviceCanAccessPeer(int* canAccessPeer, int device,
                                                      int peerDevice) {
  return Call({Function::cudaDeviceCanAccessPeer, {canAccessPeer, device, peerDevice}}, device,
              OnError::kRecord, [&](Machine& machine, ThreadState&) {
                if (canAccessPeer == nullptr) return kInvalidValue;
                if (machine.driver().Find(device) == nullptr ||
                    machine.driver().Find(peerDevice) == nullptr) {
                  return kInvalidDevice;
                }
                // No board is joined to another one; copies between them go through the host.
                *canAccessPeer = 0;
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT cudaError_t cudaDeviceEnablePeerAccess(int peerDevice, unsigned int flags) {
  return Call(
      {Function::cudaDeviceEnablePeerAccess, {peerDevice, flags}},
      [&](Machine& machine, ThreadState& thread) {
        if (flags != 0) return kInvalidValue;
        if (machine.driver().Find(peerDevice) == nullptr || peerDevice == thread.CurrentOrdinal()) {
          return kInvalidDevice;
        }
        return kPeerAccessUnsupported;
      });
}

GPUEX_MOCK_EXPORT cudaError_t cudaDeviceDisablePeerAccess(int peerDevice) {
  return Call({Function::cudaDeviceDisablePeerAccess, {peerDevice}}, [&](Machine& machine,
                                                                         ThreadState&) {
    return machine.driver().Find(peerDevice) == nullptr ? kInvalidDevice : kPeerAccessNotEnabled;
  });
}

GPUEX_MOCK_EXPORT cudaError_t cudaDeviceReset() {
  return Call({Function::cudaDeviceReset}, [](Machine& machine, ThreadState& thread) {
    Device* device = machine.driver().Find(thread.CurrentOrdinal());
    if (device == nullptr) return kInvalidDevice;
    machine.streams().SynchronizeDevice(*device);
    machine.allocations().FreeAllOf(*device);
    device->context.Reset();
    return kSuccess;
  });
}

GPUEX_MOCK_EXPORT cudaError_t cudaSetDeviceFlags(unsigned int flags) {
  return Call({Function::cudaSetDeviceFlags, {flags}}, [&](Machine&, ThreadState&) {
    // Scheduling (0, 1, 2, 4), mapped memory, keep local memory, synchronous memory operations.
    const unsigned schedule = flags & 7;
    const bool known = (flags & ~0x9fU) == 0 && (schedule < 3 || schedule == 4);
    return known ? kSuccess : kInvalidValue;
  });
}

GPUEX_MOCK_EXPORT cudaError_t cudaDeviceGetStreamPriorityRange(int* leastPriority,
                                                               int* greatestPriority) {
  return Call({Function::cudaDeviceGetStreamPriorityRange, {leastPriority, greatestPriority}},
              [&](Machine&, ThreadState&) {
                // Either may be left out.
                if (leastPriority != nullptr) *leastPriority = 0;
                if (greatestPriority != nullptr) *greatestPriority = -5;
                return kSuccess;
              });
}

GPUEX_CUDART_DEVICE_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDART_DEVICE_FUNCTIONS(GPUEX_MOCK_ALIAS)
GPUEX_CUDART13_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDART13_FUNCTIONS(GPUEX_MOCK_ALIAS)
GPUEX_CUDART12_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDART12_FUNCTIONS(GPUEX_MOCK_ALIAS)
