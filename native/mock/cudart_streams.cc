// libcudart: streams and events.
#include "mock/cudart_call.h"

namespace {

using namespace gpuex::abi::cudart;   // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;          // NOLINT
using namespace gpuex::mock::cudart;  // NOLINT
using namespace gpuex::mock::cuda_status;

uintptr_t Handle(const void* handle) { return reinterpret_cast<uintptr_t>(handle); }

// In a context: that of the thread's device.
template <class Body>
cudaError_t InContext(const Invocation& call, Body body) {
  return Call(call, [&](Machine& machine, ThreadState& thread) {
    if (const int status = machine.runtime().EnsureContext(thread)) return status;
    return body(machine, thread);
  });
}

cudaError_t CreateStream(const Invocation& call, cudaStream_t* stream, unsigned int flags) {
  return InContext(call, [&](Machine& machine, ThreadState& thread) {
    if (stream == nullptr) return kInvalidValue;
    uintptr_t handle = 0;
    const int status =
        machine.streams().Create(*machine.driver().Find(thread.CurrentOrdinal()), flags, &handle);
    if (status == kSuccess) *stream = reinterpret_cast<cudaStream_t>(handle);
    return status;
  });
}

cudaError_t CreateEvent(const Invocation& call, cudaEvent_t* event, unsigned int flags) {
  return InContext(call, [&](Machine& machine, ThreadState&) {
    if (event == nullptr) return kInvalidValue;
    uintptr_t handle = 0;
    const int status = machine.streams().CreateEvent(flags, &handle);
    if (status == kSuccess) *event = reinterpret_cast<cudaEvent_t>(handle);
    return status;
  });
}

// "Not ready" is an answer, not a failure that the thread's last error would keep.
template <class Body>
cudaError_t QueryCall(const Invocation& call, Body body) {
  return Call(call, kCurrentDevice, OnError::kForget, [&](Machine& machine, ThreadState& thread) {
    const int status = body(machine, thread);
    if (status != kSuccess && status != kNotReady && status != kRestart) {
      thread.last_error = status;
    }
    return status;
  });
}

}  // namespace

GPUEX_MOCK_EXPORT cudaError_t cudaDeviceSynchronize() {
  return Call({Function::cudaDeviceSynchronize}, [](Machine& machine, ThreadState& thread) {
    if (const int status = machine.runtime().EnsureContext(thread)) return status;
    Device* device = machine.driver().Find(thread.CurrentOrdinal());
    machine.streams().SynchronizeDevice(*device);
    return device->context.poison();
  });
}

GPUEX_MOCK_EXPORT cudaError_t cudaStreamCreate(cudaStream_t* pStream) {
  return CreateStream({Function::cudaStreamCreate, {pStream}}, pStream, 0);
}

GPUEX_MOCK_EXPORT cudaError_t cudaStreamCreateWithFlags(cudaStream_t* pStream,
                                                        unsigned int flags) {
  return CreateStream({Function::cudaStreamCreateWithFlags, {pStream, flags}}, pStream, flags);
}

// Priorities are hints; a value out of range counts as the nearest one.
GPUEX_MOCK_EXPORT cudaError_t cudaStreamCreateWithPriority(cudaStream_t* pStream,
                                                           unsigned int flags, int priority) {
  return CreateStream({Function::cudaStreamCreateWithPriority, {pStream, flags, priority}}, pStream,
                      flags);
}

GPUEX_MOCK_EXPORT cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return Call({Function::cudaStreamDestroy, {stream}}, [&](Machine& machine, ThreadState&) {
    return machine.streams().Destroy(Handle(stream));
  });
}

GPUEX_MOCK_EXPORT cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return InContext({Function::cudaStreamSynchronize, {stream}},
                   [&](Machine& machine, ThreadState& thread) {
                     return machine.streams().Synchronize(thread, Handle(stream));
                   });
}

GPUEX_MOCK_EXPORT cudaError_t cudaStreamQuery(cudaStream_t stream) {
  return QueryCall({Function::cudaStreamQuery, {stream}},
                   [&](Machine& machine, ThreadState& thread) {
                     return machine.streams().Query(thread, Handle(stream));
                   });
}

GPUEX_MOCK_EXPORT cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event,
                                                  unsigned int flags) {
  return InContext({Function::cudaStreamWaitEvent, {stream, event, flags}},
                   [&](Machine& machine, ThreadState& thread) {
                     if (flags > 1) return kInvalidValue;
                     return machine.streams().WaitEvent(thread, Handle(stream), Handle(event));
                   });
}

// Nothing is ever captured: cudaStreamBeginCapture is not supported.
GPUEX_MOCK_EXPORT cudaError_t cudaStreamIsCapturing(cudaStream_t stream, int* pCaptureStatus) {
  return Call({Function::cudaStreamIsCapturing, {stream, pCaptureStatus}},
              [&](Machine& machine, ThreadState& thread) {
                if (pCaptureStatus == nullptr) return kInvalidValue;
                if (machine.streams().Find(thread, Handle(stream)).stream == nullptr)
                  return kInvalidHandle;
                *pCaptureStatus = 0;
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t fn,
                                                 void* userData) {
  return InContext({Function::cudaLaunchHostFunc, {stream, fn, userData}},
                   [&](Machine& machine, ThreadState& thread) {
                     if (fn == nullptr) return kInvalidValue;
                     const Streams::Found found = machine.streams().Find(thread, Handle(stream));
                     if (found.stream == nullptr) return kInvalidHandle;
                     machine.streams().Enqueue(found, [fn, userData] { fn(userData); });
                     return kSuccess;
                   });
}

GPUEX_MOCK_EXPORT cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return CreateEvent({Function::cudaEventCreate, {event}}, event, 0);
}

GPUEX_MOCK_EXPORT cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  return CreateEvent({Function::cudaEventCreateWithFlags, {event, flags}}, event, flags);
}

GPUEX_MOCK_EXPORT cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return Call({Function::cudaEventDestroy, {event}}, [&](Machine& machine, ThreadState&) {
    return machine.streams().DestroyEvent(Handle(event));
  });
}

GPUEX_MOCK_EXPORT cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return InContext({Function::cudaEventRecord, {event, stream}},
                   [&](Machine& machine, ThreadState& thread) {
                     return machine.streams().Record(thread, Handle(event), Handle(stream));
                   });
}

GPUEX_MOCK_EXPORT cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return Call({Function::cudaEventSynchronize, {event}}, [&](Machine& machine, ThreadState&) {
    return machine.streams().SynchronizeEvent(Handle(event));
  });
}

GPUEX_MOCK_EXPORT cudaError_t cudaEventQuery(cudaEvent_t event) {
  return QueryCall({Function::cudaEventQuery, {event}}, [&](Machine& machine, ThreadState&) {
    return machine.streams().QueryEvent(Handle(event));
  });
}

GPUEX_MOCK_EXPORT cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start,
                                                   cudaEvent_t end) {
  return QueryCall({Function::cudaEventElapsedTime, {ms, start, end}},
                   [&](Machine& machine, ThreadState&) {
                     if (ms == nullptr) return kInvalidValue;
                     return machine.streams().ElapsedTime(Handle(start), Handle(end), ms);
                   });
}

GPUEX_CUDART_WORK_STREAM_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDART_STREAM_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUDART_WORK_STREAM_FUNCTIONS(GPUEX_MOCK_ALIAS)
GPUEX_CUDART_STREAM_FUNCTIONS(GPUEX_MOCK_ALIAS)
