// libcudart: host memory, copies and fills.
#include "mock/cudart_call.h"
#include "mock/engine/transfers.h"

namespace {

using namespace gpuex::abi::cudart;   // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;          // NOLINT
using namespace gpuex::mock::cudart;  // NOLINT
using namespace gpuex::mock::cuda_status;

uintptr_t Handle(cudaStream_t stream) { return reinterpret_cast<uintptr_t>(stream); }

cudaError_t AllocateHost(const Invocation& call, HostMemory::Kind kind, void** address,
                         size_t bytes, bool flags_are_known) {
  return Call(call, [&](Machine& machine, ThreadState& thread) {
    if (address == nullptr || !flags_are_known) return kInvalidValue;
    if (const int status = machine.runtime().EnsureContext(thread)) return status;
    if (bytes == 0) {
      if (kind == HostMemory::Kind::kManaged) return kInvalidValue;
      *address = nullptr;
      return kSuccess;
    }
    return machine.host_memory().Allocate(kind, bytes, address);
  });
}

// A symbol cannot vanish from a library: an older runtime answers as for a device without memory pools.
bool HasStreamOrderedMemory(const Machine& machine) {
  constexpr int kSince = 11020;
  return machine.scenario().cuda_runtime_version >= kSince;
}

cudaError_t CopyCall(const Invocation& call, const Copy& copy, cudaStream_t stream, bool early) {
  return Call(call, [&](Machine& machine, ThreadState& thread) {
    if (const int status = machine.runtime().EnsureContext(thread)) return status;
    return Transfer(machine, thread, copy, Handle(stream), early);
  });
}

Copy Plain(void* to, const void* from, size_t count, int kind) {
  Copy copy;
  copy.to = to;
  copy.from = from;
  copy.width = count;
  copy.direction = static_cast<Direction>(kind);
  return copy;
}

cudaError_t FillCall(const Invocation& call, void* address, int value, size_t count,
                     cudaStream_t stream, bool early) {
  return Call(call, [&](Machine& machine, ThreadState& thread) {
    if (const int status = machine.runtime().EnsureContext(thread)) return status;
    return Fill(machine, thread, address, value, count, Handle(stream), early);
  });
}

}  // namespace

GPUEX_MOCK_EXPORT cudaError_t cudaMallocHost(void** ptr, size_t size) {
  return AllocateHost({Function::cudaMallocHost, {ptr, size}}, HostMemory::Kind::kPinned, ptr, size,
                      true);
}

GPUEX_MOCK_EXPORT cudaError_t cudaHostAlloc(void** pHost, size_t size, unsigned int flags) {
  return AllocateHost({Function::cudaHostAlloc, {pHost, size, flags}}, HostMemory::Kind::kPinned,
                      pHost, size, flags < 8);
}

GPUEX_MOCK_EXPORT cudaError_t cudaMallocManaged(void** devPtr, size_t size, unsigned int flags) {
  return AllocateHost({Function::cudaMallocManaged, {devPtr, size, flags}},
                      HostMemory::Kind::kManaged, devPtr, size, flags == 1 || flags == 2);
}

GPUEX_MOCK_EXPORT cudaError_t cudaFreeHost(void* ptr) {
  return Call({Function::cudaFreeHost, {ptr}}, [&](Machine& machine, ThreadState&) {
    if (ptr == nullptr) return kSuccess;
    return machine.FreeHost(HostMemory::Kind::kPinned, ptr);
  });
}

GPUEX_MOCK_EXPORT cudaError_t cudaHostRegister(void* ptr, size_t size, unsigned int flags) {
  return Call({Function::cudaHostRegister, {ptr, size, flags}},
              [&](Machine& machine, ThreadState& thread) {
                if (flags > 15) return kInvalidValue;
                if (const int status = machine.runtime().EnsureContext(thread)) return status;
                return machine.host_memory().Register(ptr, size);
              });
}

GPUEX_MOCK_EXPORT cudaError_t cudaHostUnregister(void* ptr) {
  return Call({Function::cudaHostUnregister, {ptr}}, [&](Machine& machine, ThreadState&) {
    return machine.host_memory().Unregister(ptr);
  });
}

GPUEX_MOCK_EXPORT cudaError_t cudaHostGetDevicePointer(void** pDevice, void* pHost,
                                                       unsigned int flags) {
  return Call({Function::cudaHostGetDevicePointer, {pDevice, pHost, flags}},
              [&](Machine& machine, ThreadState&) {
                if (pDevice == nullptr || flags != 0) return kInvalidValue;
                if (machine.host_memory().KindOf(pHost, 1) == HostMemory::Kind::kPageable) {
                  return kInvalidValue;
                }
                *pDevice = pHost;  // one address space
                return kSuccess;
              });
}

// The memory is there at once, which is earlier than a stream could use it.
GPUEX_MOCK_EXPORT cudaError_t cudaMallocAsync(void** devPtr, size_t size, cudaStream_t stream) {
  return Call({Function::cudaMallocAsync, {devPtr, size, stream}},
              [&](Machine& machine, ThreadState& thread) {
                if (!HasStreamOrderedMemory(machine)) return kNotSupported;
                if (devPtr == nullptr) return kInvalidValue;
                if (const int status = machine.runtime().EnsureContext(thread)) return status;
                const Streams::Found found = machine.streams().Find(thread, Handle(stream));
                if (found.stream == nullptr) return kInvalidHandle;
                if (size == 0) return kInvalidValue;
                const auto allocate = [&] {
                  return machine.allocations().Allocate(*found.device, size, devPtr);
                };
                const int status = allocate();
                if (status != kOutOfMemory) return status;
                // What was freed before in this stream may be used behind that, so it is there.
                Wait(found.stream->Last());
                return allocate();
              });
}

GPUEX_MOCK_EXPORT cudaError_t cudaFreeAsync(void* devPtr, cudaStream_t stream) {
  return Call({Function::cudaFreeAsync, {devPtr, stream}}, [&](Machine& machine,
                                                               ThreadState& thread) {
    if (!HasStreamOrderedMemory(machine)) return kNotSupported;
    const Streams::Found found = machine.streams().Find(thread, Handle(stream));
    if (found.stream == nullptr) return kInvalidHandle;
    if (devPtr == nullptr) return kSuccess;
    if (reinterpret_cast<uintptr_t>(devPtr) != machine.allocations().BlockAt(devPtr).start) {
      return kInvalidValue;
    }
    machine.streams().Enqueue(found, [&machine, devPtr] { machine.allocations().Free(devPtr); });
    return kSuccess;
  });
}

GPUEX_MOCK_EXPORT cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes,
                                                       const void* ptr) {
  return Call({Function::cudaPointerGetAttributes, {attributes, ptr}},
              [&](Machine& machine, ThreadState& thread) {
                if (attributes == nullptr) return kInvalidValue;
                void* address = const_cast<void*>(ptr);
                if (const Device* device = machine.allocations().BlockAt(ptr).device) {
                  *attributes = {2, device->cuda_ordinal.load(), address, nullptr};
                  return kSuccess;
                }
                switch (machine.host_memory().KindOf(ptr, 1)) {
                  case HostMemory::Kind::kManaged:
                    *attributes = {3, thread.CurrentOrdinal(), address, address};
                    return kSuccess;
                  case HostMemory::Kind::kPinned:
                  case HostMemory::Kind::kRegistered:
                    *attributes = {1, thread.CurrentOrdinal(), address, address};
                    return kSuccess;
                  default:
                    *attributes = {0, -2, nullptr, address};  // cudaInvalidDeviceId
                    return kSuccess;
                }
              });
}

GPUEX_MOCK_EXPORT cudaError_t cudaMemcpy(void* dst, const void* src, size_t count, int kind) {
  return CopyCall({Function::cudaMemcpy, {dst, src, count, kind}}, Plain(dst, src, count, kind),
                  nullptr, false);
}

GPUEX_MOCK_EXPORT cudaError_t cudaMemcpyAsync(void* dst, const void* src, size_t count, int kind,
                                              cudaStream_t stream) {
  return CopyCall({Function::cudaMemcpyAsync, {dst, src, count, kind, stream}},
                  Plain(dst, src, count, kind), stream, true);
}

GPUEX_MOCK_EXPORT cudaError_t cudaMemcpyPeerAsync(void* dst, int dstDevice, const void* src,
                                                  int srcDevice, size_t count,
                                                  cudaStream_t stream) {
  return Call({Function::cudaMemcpyPeerAsync, {dst, dstDevice, src, srcDevice, count, stream}},
              [&](Machine& machine, ThreadState& thread) {
                const Device* to = machine.driver().Find(dstDevice);
                const Device* from = machine.driver().Find(srcDevice);
                if (to == nullptr || from == nullptr) return kInvalidDevice;
                if (const int status = machine.runtime().EnsureContext(thread)) return status;
                return Transfer(machine, thread, Plain(dst, src, count, 3), Handle(stream), true);
              });
}

GPUEX_MOCK_EXPORT cudaError_t cudaMemcpy2DAsync(void* dst, size_t dpitch, const void* src,
                                                size_t spitch, size_t width, size_t height,
                                                int kind, cudaStream_t stream) {
  return Call(
      {Function::cudaMemcpy2DAsync, {dst, dpitch, src, spitch, width, height, kind, stream}},
      [&](Machine& machine, ThreadState& thread) {
        if (const int status = machine.runtime().EnsureContext(thread)) return status;
        constexpr int kInvalidPitch = 12;
        if (width > dpitch || width > spitch) return kInvalidPitch;
        Copy copy = Plain(dst, src, width, kind);
        copy.rows = height;
        copy.to_pitch = dpitch;
        copy.from_pitch = spitch;
        return Transfer(machine, thread, copy, Handle(stream), true);
      });
}

GPUEX_MOCK_EXPORT cudaError_t cudaMemset(void* devPtr, int value, size_t count) {
  return FillCall({Function::cudaMemset, {devPtr, value, count}}, devPtr, value, count, nullptr,
                  false);
}

GPUEX_MOCK_EXPORT cudaError_t cudaMemsetAsync(void* devPtr, int value, size_t count,
                                              cudaStream_t stream) {
  return FillCall({Function::cudaMemsetAsync, {devPtr, value, count, stream}}, devPtr, value, count,
                  stream, true);
}

GPUEX_CUDART_WORK_MEMORY_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDART_MEMORY_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDART_WORK_MEMORY_FUNCTIONS(GPUEX_MOCK_ALIAS)
GPUEX_CUDART_MEMORY_FUNCTIONS(GPUEX_MOCK_ALIAS)
