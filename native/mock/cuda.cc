// libcuda as the stand-in gives it: devices and contexts.
#include <cstring>
#include <string>

#include "mock/cuda_call.h"
#include "mock/engine/device_facts.h"
#include "mock/engine/pci_text.h"

namespace {

using namespace gpuex::abi::cuda;  // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;       // NOLINT
using namespace gpuex::mock::cuda;  // NOLINT
using namespace gpuex::mock::cuda_status;

// The shape of cuDeviceGet…(out, device).
template <class Body>
CUresult DeviceQuery(const Invocation& call, const void* out, CUdevice device, Body body) {
  return Call(call, Needs::kInit, device, [&](Machine& machine, ThreadState&) {
    if (out == nullptr) return kInvalidValue;
    Device* found = machine.driver().Find(device);
    return found == nullptr ? kInvalidDevice : body(*found);
  });
}

CUresult Uuid(const Invocation& call, CUuuid* uuid, CUdevice dev) {
  return DeviceQuery(call, uuid, dev, [&](const Device& device) {
    std::memcpy(uuid->bytes, device.spec.uuid_bytes.data(), sizeof uuid->bytes);
    return kSuccess;
  });
}

}  // namespace

GPUEX_MOCK_EXPORT CUresult cuInit(unsigned int flags) {
  return Call({Function::cuInit, {flags}}, Needs::kNothing, kNoDeviceNamed,
              [&](Machine& machine, ThreadState&) {
                return flags != 0 ? kInvalidValue : machine.driver().Initialize();
              });
}

GPUEX_MOCK_EXPORT CUresult cuDriverGetVersion(int* driverVersion) {
  return Call({Function::cuDriverGetVersion, {driverVersion}}, Needs::kNothing, kNoDeviceNamed,
              [&](Machine& machine, ThreadState&) {
                if (driverVersion == nullptr) return kInvalidValue;
                *driverVersion = machine.scenario().cuda_driver_version;
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT CUresult cuDeviceGetCount(int* count) {
  return Call({Function::cuDeviceGetCount, {count}}, Needs::kInit, kNoDeviceNamed,
              [&](Machine& machine, ThreadState&) {
                if (count == nullptr) return kInvalidValue;
                *count = machine.driver().count();
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return DeviceQuery({Function::cuDeviceGet, {device, ordinal}}, device, ordinal,
                     [&](const Device&) {
                       *device = ordinal;
                       return kSuccess;
                     });
}

GPUEX_MOCK_EXPORT CUresult cuDeviceGetName(char* name, int len, CUdevice dev) {
  return DeviceQuery(
      {Function::cuDeviceGetName, {name, len, dev}}, name, dev, [&](const Device& device) {
        if (len <= 0) return kInvalidValue;
        // Documented to fill at most `len` characters, not to fail.
        const size_t kept = device.spec.name.copy(name, static_cast<size_t>(len) - 1);
        name[kept] = '\0';
        return kSuccess;
      });
}

GPUEX_MOCK_EXPORT CUresult cuDeviceGetAttribute(int* pi, CUdevice_attribute attrib,
                                                CUdevice dev) {
  return DeviceQuery({Function::cuDeviceGetAttribute, {pi, attrib, dev}}, pi, dev,
                     [&](const Device& device) {
                       return AttributeOf(device.spec, attrib, pi) ? kSuccess : kInvalidValue;
                     });
}

GPUEX_MOCK_EXPORT CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice dev) {
  return Uuid({Function::cuDeviceGetUuid, {uuid, dev}}, uuid, dev);
}

GPUEX_MOCK_EXPORT CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice dev) {
  return Uuid({Function::cuDeviceGetUuid_v2, {uuid, dev}}, uuid, dev);
}

GPUEX_MOCK_EXPORT CUresult cuDeviceGetPCIBusId(char* pciBusId, int len, CUdevice dev) {
  return DeviceQuery({Function::cuDeviceGetPCIBusId, {pciBusId, len, dev}}, pciBusId, dev,
                     [&](const Device& device) {
                       const std::string text = PciText(device.spec.pci, 4);
                       if (len <= static_cast<int>(text.size())) return kInvalidValue;
                       std::memcpy(pciBusId, text.c_str(), text.size() + 1);
                       return kSuccess;
                     });
}

GPUEX_MOCK_EXPORT CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice dev) {
  return DeviceQuery({Function::cuDeviceTotalMem_v2, {bytes, dev}}, bytes, dev,
                     [&](const Device& device) {
                       *bytes = static_cast<size_t>(device.ledger.Read().total);
                       return kSuccess;
                     });
}

GPUEX_MOCK_EXPORT CUresult cuDevicePrimaryCtxGetState(CUdevice dev, unsigned int* flags,
                                                      int* active) {
  const void* out = flags == nullptr ? nullptr : active;
  return DeviceQuery({Function::cuDevicePrimaryCtxGetState, {dev, flags, active}}, out, dev,
                     [&](const Device& device) {
                       *flags = 0;
                       *active = device.context.active();
                       return kSuccess;
                     });
}

GPUEX_MOCK_EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext* pctx, CUdevice dev) {
  return Call({Function::cuDevicePrimaryCtxRetain, {pctx, dev}}, Needs::kContext, dev,
              [&](Machine& machine, ThreadState&) {
                if (pctx == nullptr) return kInvalidValue;
                Device* device = machine.driver().Find(dev);
                if (device == nullptr) return kInvalidDevice;
                if (!device->context.Retain()) return kOutOfMemory;
                *pctx = ContextOf(dev);
                return kSuccess;
              });
}

// Undoing must work on a poisoned context, too, so it needs no healthy one.
GPUEX_MOCK_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice dev) {
  return Call({Function::cuDevicePrimaryCtxRelease_v2, {dev}}, Needs::kInit, dev,
              [&](Machine& machine, ThreadState&) {
                Device* device = machine.driver().Find(dev);
                if (device == nullptr) return kInvalidDevice;
                switch (device->context.ReleaseOne()) {
                  case PrimaryContext::Release::kNotRetained:
                    return kInvalidContext;
                  case PrimaryContext::Release::kDestroyed:
                    machine.allocations().FreeAllOf(*device);
                    return kSuccess;
                  case PrimaryContext::Release::kStillActive:
                    return kSuccess;
                }
                return kUnknown;
              });
}

GPUEX_MOCK_EXPORT CUresult cuCtxGetCurrent(CUcontext* pctx) {
  return Call({Function::cuCtxGetCurrent, {pctx}}, Needs::kInit, kCurrentContext,
              [&](Machine&, ThreadState& thread) {
                if (pctx == nullptr) return kInvalidValue;
                *pctx = thread.depth == 0 ? nullptr : ContextOf(thread.CurrentOrdinal());
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT CUresult cuCtxPushCurrent_v2(CUcontext ctx) {
  const int ordinal = OrdinalOf(ctx);
  return Call({Function::cuCtxPushCurrent_v2, {ctx}}, Needs::kContext, ordinal,
              [&](Machine& machine, ThreadState& thread) {
                const Device* device = machine.driver().Find(ordinal);
                if (device == nullptr || !device->context.active()) return kInvalidContext;
                if (thread.depth == ThreadState::kMaxDepth) return kOutOfMemory;
                thread.contexts[thread.depth++] = static_cast<int16_t>(ordinal);
                machine.CountPushed(1);
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT CUresult cuCtxPopCurrent_v2(CUcontext* pctx) {
  return Call({Function::cuCtxPopCurrent_v2, {pctx}}, Needs::kInit, kCurrentContext,
              [&](Machine& machine, ThreadState& thread) {
                if (thread.depth == 0) return kInvalidContext;
                --thread.depth;
                machine.CountPushed(-1);
                // The caller may not want to know.
                if (pctx != nullptr) *pctx = ContextOf(thread.contexts[thread.depth]);
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  return Call({Function::cuMemGetInfo_v2, {free, total}}, Needs::kContext, kCurrentContext,
              [&](Machine& machine, ThreadState& thread) {
                if (free == nullptr || total == nullptr) return kInvalidValue;
                if (thread.depth == 0) return kInvalidContext;
                const Device* device = machine.driver().Find(thread.CurrentOrdinal());
                if (device == nullptr) return kInvalidContext;
                if (!device->context.active()) return kContextIsDestroyed;
                const MemoryLedger::Reading reading = device->ledger.Read();
                *free = static_cast<size_t>(reading.free);
                *total = static_cast<size_t>(reading.total);
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode) {
  return Call({Function::cuThreadExchangeStreamCaptureMode, {mode}}, Needs::kInit, kNoDeviceNamed,
              [&](Machine&, ThreadState& thread) {
                if (mode == nullptr || *mode < 0 || *mode > CU_STREAM_CAPTURE_MODE_RELAXED) {
                  return kInvalidValue;
                }
                const CUstreamCaptureMode before = thread.capture_mode;
                thread.capture_mode = *mode;
                *mode = before;
                return kSuccess;
              });
}

GPUEX_CUDA_DEVICE_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDA_DEVICE_FUNCTIONS(GPUEX_MOCK_ALIAS)
