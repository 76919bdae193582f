// libcuda: memory, streams, events, and the way to find functions by name.
#include <cstring>
#include <string>
#include <string_view>

#include "errors/code_table.h"
#include "mock/cuda_call.h"
#include "mock/engine/device_facts.h"
#include "mock/engine/transfers.h"
#include "mock/texts/texts.h"

namespace {

using namespace gpuex::abi::cuda;   // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;        // NOLINT
using namespace gpuex::mock::cuda;  // NOLINT
using namespace gpuex::mock::cuda_status;

uintptr_t Handle(const void* handle) { return reinterpret_cast<uintptr_t>(handle); }
void* Address(CUdeviceptr pointer) { return reinterpret_cast<void*>(pointer); }

// cuGetErrorName and cuGetErrorString: they need no cuInit.
CUresult Text(const Invocation& call, const char** text, const char* found) {
  return Call(call, Needs::kNothing, kNoDeviceNamed, [&](Machine&, ThreadState&) {
    if (text == nullptr) return kInvalidValue;
    *text = found;
    return found == nullptr ? kInvalidValue : kSuccess;
  });
}

CUresult CopyCall(const Invocation& call, void* to, const void* from, size_t bytes,
                  Direction direction, CUstream stream, bool early) {
  return InContext(call, [&](Machine& machine, ThreadState& thread, Device&) {
    Copy copy;
    copy.to = to;
    copy.from = from;
    copy.width = bytes;
    copy.direction = direction;
    return Transfer(machine, thread, copy, Handle(stream), early);
  });
}

CUresult FillCall(const Invocation& call, CUdeviceptr to, unsigned char value, size_t bytes,
                  CUstream stream, bool early) {
  return InContext(call, [&](Machine& machine, ThreadState& thread, Device&) {
    return Fill(machine, thread, Address(to), value, bytes, Handle(stream), early);
  });
}

struct Named {
  std::string_view name;
  void* function;
};

}  // namespace

// Defined in cuda.cc and cuda_modules.cc.
#define GPUEX_MOCK_DECLARE(presence, result, name, parameters) GPUEX_MOCK_EXPORT result name parameters;
GPUEX_CUDA_FUNCTIONS(GPUEX_MOCK_DECLARE)
GPUEX_CUDA_MODULE_FUNCTIONS(GPUEX_MOCK_DECLARE)

GPUEX_MOCK_EXPORT CUresult cuGetErrorName(CUresult error, const char** pStr) {
  return Text({Function::cuGetErrorName, {error, pStr}}, pStr,
              gpuex::CodeName(gpuex::Library::kCuda, 0, error));
}

GPUEX_MOCK_EXPORT CUresult cuGetErrorString(CUresult error, const char** pStr) {
  return Text({Function::cuGetErrorString, {error, pStr}}, pStr, CudaErrorText(error));
}

// NVIDIA's runtime asks here for what proves that a driver is genuine. This one is not, and says so.
GPUEX_MOCK_EXPORT CUresult cuGetExportTable(const void** ppExportTable, const CUuuid* id) {
  return Call({Function::cuGetExportTable, {ppExportTable, id}}, Needs::kNothing, kNoDeviceNamed,
              [](Machine&, ThreadState&) { return kNotFound; });
}

GPUEX_MOCK_EXPORT CUresult cuCtxSetCurrent(CUcontext ctx) {
  const int ordinal = OrdinalOf(ctx);
  return Call({Function::cuCtxSetCurrent, {ctx}}, Needs::kContext, ordinal,
              [&](Machine& machine, ThreadState& thread) {
                if (ctx == nullptr) {
                  if (thread.depth > 0) --thread.depth;
                  return kSuccess;
                }
                const Device* device = machine.driver().Find(ordinal);
                if (device == nullptr || !device->context.active()) return kInvalidContext;
                if (thread.depth == 0) thread.depth = 1;
                thread.contexts[thread.depth - 1] = static_cast<int16_t>(ordinal);
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT CUresult cuCtxGetDevice(CUdevice* device) {
  return InContext({Function::cuCtxGetDevice, {device}},
                   [&](Machine&, ThreadState& thread, Device&) {
                     if (device == nullptr) return kInvalidValue;
                     *device = thread.CurrentOrdinal();
                     return kSuccess;
                   });
}

GPUEX_MOCK_EXPORT CUresult cuCtxSynchronize() {
  return InContext({Function::cuCtxSynchronize},
                   [](Machine& machine, ThreadState&, Device& device) {
                     machine.streams().SynchronizeDevice(device);
                     return device.context.poison();
                   });
}

GPUEX_MOCK_EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* dptr, size_t bytesize) {
  return InContext({Function::cuMemAlloc_v2, {dptr, bytesize}},
                   [&](Machine& machine, ThreadState&, Device& device) {
                     if (dptr == nullptr || bytesize == 0) return kInvalidValue;
                     void* address = nullptr;
                     const int status = machine.allocations().Allocate(device, bytesize, &address);
                     if (status == kSuccess) *dptr = reinterpret_cast<CUdeviceptr>(address);
                     return status;
                   });
}

GPUEX_MOCK_EXPORT CUresult cuMemFree_v2(CUdeviceptr dptr) {
  return InContext({Function::cuMemFree_v2, {Address(dptr)}},
                   [&](Machine& machine, ThreadState& thread, Device&) {
                     return machine.runtime().Free(thread, Address(dptr));
                   });
}

GPUEX_MOCK_EXPORT CUresult cuMemAllocHost_v2(void** pp, size_t bytesize) {
  return InContext({Function::cuMemAllocHost_v2, {pp, bytesize}},
                   [&](Machine& machine, ThreadState&, Device&) {
                     if (pp == nullptr || bytesize == 0) return kInvalidValue;
                     return machine.host_memory().Allocate(HostMemory::Kind::kPinned, bytesize, pp);
                   });
}

GPUEX_MOCK_EXPORT CUresult cuMemFreeHost(void* p) {
  return InContext({Function::cuMemFreeHost, {p}}, [&](Machine& machine, ThreadState&, Device&) {
    return machine.FreeHost(HostMemory::Kind::kPinned, p);
  });
}

GPUEX_MOCK_EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr dstDevice, const void* srcHost,
                                           size_t ByteCount) {
  return CopyCall({Function::cuMemcpyHtoD_v2, {Address(dstDevice), srcHost, ByteCount}},
                  Address(dstDevice), srcHost, ByteCount, Direction::kHostToDevice, nullptr, false);
}

GPUEX_MOCK_EXPORT CUresult cuMemcpyDtoH_v2(void* dstHost, CUdeviceptr srcDevice,
                                           size_t ByteCount) {
  return CopyCall({Function::cuMemcpyDtoH_v2, {dstHost, Address(srcDevice), ByteCount}}, dstHost,
                  Address(srcDevice), ByteCount, Direction::kDeviceToHost, nullptr, false);
}

GPUEX_MOCK_EXPORT CUresult cuMemcpyDtoD_v2(CUdeviceptr dstDevice, CUdeviceptr srcDevice,
                                           size_t ByteCount) {
  return CopyCall({Function::cuMemcpyDtoD_v2, {Address(dstDevice), Address(srcDevice), ByteCount}},
                  Address(dstDevice), Address(srcDevice), ByteCount, Direction::kDeviceToDevice,
                  nullptr, false);
}

GPUEX_MOCK_EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr dstDevice, const void* srcHost,
                                                size_t ByteCount, CUstream hStream) {
  return CopyCall(
      {Function::cuMemcpyHtoDAsync_v2, {Address(dstDevice), srcHost, ByteCount, hStream}},
      Address(dstDevice), srcHost, ByteCount, Direction::kHostToDevice, hStream, true);
}

GPUEX_MOCK_EXPORT CUresult cuMemcpyDtoHAsync_v2(void* dstHost, CUdeviceptr srcDevice,
                                                size_t ByteCount, CUstream hStream) {
  return CopyCall(
      {Function::cuMemcpyDtoHAsync_v2, {dstHost, Address(srcDevice), ByteCount, hStream}}, dstHost,
      Address(srcDevice), ByteCount, Direction::kDeviceToHost, hStream, true);
}

GPUEX_MOCK_EXPORT CUresult cuMemsetD8_v2(CUdeviceptr dstDevice, unsigned char uc, size_t N) {
  return FillCall({Function::cuMemsetD8_v2, {Address(dstDevice), uc, N}}, dstDevice, uc, N, nullptr,
                  false);
}

GPUEX_MOCK_EXPORT CUresult cuMemsetD8Async(CUdeviceptr dstDevice, unsigned char uc, size_t N,
                                           CUstream hStream) {
  return FillCall({Function::cuMemsetD8Async, {Address(dstDevice), uc, N, hStream}}, dstDevice, uc,
                  N, hStream, true);
}

GPUEX_MOCK_EXPORT CUresult cuStreamCreate(CUstream* phStream, unsigned int Flags) {
  return InContext({Function::cuStreamCreate, {phStream, Flags}},
                   [&](Machine& machine, ThreadState&, Device& device) {
                     if (phStream == nullptr) return kInvalidValue;
                     uintptr_t handle = 0;
                     const int status = machine.streams().Create(device, Flags, &handle);
                     if (status == kSuccess) *phStream = reinterpret_cast<CUstream>(handle);
                     return status;
                   });
}

GPUEX_MOCK_EXPORT CUresult cuStreamDestroy_v2(CUstream hStream) {
  return InContext({Function::cuStreamDestroy_v2, {hStream}},
                   [&](Machine& machine, ThreadState&, Device&) {
                     return machine.streams().Destroy(Handle(hStream));
                   });
}

GPUEX_MOCK_EXPORT CUresult cuStreamSynchronize(CUstream hStream) {
  return InContext({Function::cuStreamSynchronize, {hStream}},
                   [&](Machine& machine, ThreadState& thread, Device&) {
                     return machine.streams().Synchronize(thread, Handle(hStream));
                   });
}

GPUEX_MOCK_EXPORT CUresult cuStreamQuery(CUstream hStream) {
  return InContext({Function::cuStreamQuery, {hStream}},
                   [&](Machine& machine, ThreadState& thread, Device&) {
                     return machine.streams().Query(thread, Handle(hStream));
                   });
}

GPUEX_MOCK_EXPORT CUresult cuStreamWaitEvent(CUstream hStream, CUevent hEvent,
                                             unsigned int Flags) {
  return InContext({Function::cuStreamWaitEvent, {hStream, hEvent, Flags}},
                   [&](Machine& machine, ThreadState& thread, Device&) {
                     if (Flags > 1) return kInvalidValue;
                     return machine.streams().WaitEvent(thread, Handle(hStream), Handle(hEvent));
                   });
}

GPUEX_MOCK_EXPORT CUresult cuEventCreate(CUevent* phEvent, unsigned int Flags) {
  return InContext({Function::cuEventCreate, {phEvent, Flags}},
                   [&](Machine& machine, ThreadState&, Device&) {
                     if (phEvent == nullptr) return kInvalidValue;
                     uintptr_t handle = 0;
                     const int status = machine.streams().CreateEvent(Flags, &handle);
                     if (status == kSuccess) *phEvent = reinterpret_cast<CUevent>(handle);
                     return status;
                   });
}

GPUEX_MOCK_EXPORT CUresult cuEventDestroy_v2(CUevent hEvent) {
  return InContext({Function::cuEventDestroy_v2, {hEvent}},
                   [&](Machine& machine, ThreadState&, Device&) {
                     return machine.streams().DestroyEvent(Handle(hEvent));
                   });
}

GPUEX_MOCK_EXPORT CUresult cuEventRecord(CUevent hEvent, CUstream hStream) {
  return InContext({Function::cuEventRecord, {hEvent, hStream}},
                   [&](Machine& machine, ThreadState& thread, Device&) {
                     return machine.streams().Record(thread, Handle(hEvent), Handle(hStream));
                   });
}

GPUEX_MOCK_EXPORT CUresult cuEventSynchronize(CUevent hEvent) {
  return InContext({Function::cuEventSynchronize, {hEvent}},
                   [&](Machine& machine, ThreadState&, Device&) {
                     return machine.streams().SynchronizeEvent(Handle(hEvent));
                   });
}

GPUEX_MOCK_EXPORT CUresult cuEventQuery(CUevent hEvent) {
  return InContext({Function::cuEventQuery, {hEvent}},
                   [&](Machine& machine, ThreadState&, Device&) {
                     return machine.streams().QueryEvent(Handle(hEvent));
                   });
}

GPUEX_MOCK_EXPORT CUresult cuEventElapsedTime_v2(float* pMilliseconds, CUevent hStart,
                                                 CUevent hEnd) {
  return InContext({Function::cuEventElapsedTime_v2, {pMilliseconds, hStart, hEnd}},
                   [&](Machine& machine, ThreadState&, Device&) {
                     if (pMilliseconds == nullptr) return kInvalidValue;
                     return machine.streams().ElapsedTime(Handle(hStart), Handle(hEnd),
                                                          pMilliseconds);
                   });
}

// By the plain name, the newest variant that the stand-in has; by a suffixed name, that one.
GPUEX_MOCK_EXPORT CUresult cuGetProcAddress_v2(const char* symbol, void** pfn, int cudaVersion,
                                               cuuint64_t flags, int* symbolStatus) {
  return Call({Function::cuGetProcAddress_v2, {symbol, pfn, cudaVersion, flags, symbolStatus}},
              Needs::kNothing, kNoDeviceNamed, [&](Machine& machine, ThreadState&) {
                if (symbol == nullptr || pfn == nullptr) return kInvalidValue;
                enum Status { kFound = 0, kSymbolNotFound = 1, kVersionNotSufficient = 2 };
                Status status = kSymbolNotFound;
                *pfn = nullptr;
                static const Named functions[] = {
#define GPUEX_MOCK_NAMED(presence, result, name, parameters) \
  {#name, reinterpret_cast<void*>(&name)},
                    GPUEX_MOCK_CUDA_FUNCTIONS(GPUEX_MOCK_NAMED)};
                const std::string wanted = symbol;
                for (const char* suffix : {"_v4", "_v3", "_v2", ""}) {
                  for (const Named& each : functions) {
                    if (*pfn == nullptr && each.name == wanted + suffix) *pfn = each.function;
                  }
                }
                if (*pfn != nullptr) status = kFound;
                if (cudaVersion > machine.scenario().cuda_driver_version) {
                  *pfn = nullptr;
                  status = kVersionNotSufficient;
                }
                if (symbolStatus != nullptr) *symbolStatus = status;
                return *pfn == nullptr ? kNotFound : kSuccess;
              });
}

GPUEX_CUDA_WORK_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDA_WORK_FUNCTIONS(GPUEX_MOCK_ALIAS)
