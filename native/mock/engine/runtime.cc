#include "mock/engine/runtime.h"

#include "mock/engine/machine.h"
#include "mock/engine/status.h"

namespace gpuex::mock {
namespace {

// Since CUDA 11 a runtime works with every driver of its own major version.
bool DriverSuffices(int driver_version, int runtime_version) {
  const int needed = runtime_version >= 11000 ? runtime_version / 1000 * 1000 : runtime_version;
  return driver_version >= needed;
}

// cudaSetDevice makes the context since CUDA 12.0; before, it only named the device.
constexpr int kSetDeviceMakesContextSince = 12000;

}  // namespace

int Runtime::StartOnce() {
  std::lock_guard<std::mutex> lock(start_mutex_);
  int status = start_status_.load(std::memory_order_relaxed);
  if (status != kUntried) return status;
  if (machine_.retired()) return kRestart;
  status = TryStart();
  if (status != kRestart) start_status_.store(status, std::memory_order_release);
  return status;
}

int Runtime::TryStart() {
  if (machine_.broken()) return cuda_status::kUnknown;
  // What the real runtime asks the driver when it starts; rules on these functions reach it here.
  Verdict verdict = machine_.Ask(Function::cuDriverGetVersion, -1);
  if (verdict.kind == Verdict::kRestart) return kRestart;
  if (verdict.kind == Verdict::kAnswer) return cuda_status::kInsufficientDriver;
  const Scenario& scenario = machine_.scenario();
  driver_version_.store(scenario.cuda_driver_version, std::memory_order_relaxed);
  if (!DriverSuffices(scenario.cuda_driver_version, scenario.cuda_runtime_version)) {
    return cuda_status::kInsufficientDriver;
  }

  verdict = machine_.Ask(Function::cuInit, -1);
  if (verdict.kind == Verdict::kRestart) return kRestart;
  if (verdict.kind == Verdict::kAnswer) return verdict.code;
  if (const int status = machine_.driver().Initialize()) return status;

  verdict = machine_.Ask(Function::cuDeviceGetCount, -1);
  if (verdict.kind == Verdict::kRestart) return kRestart;
  if (verdict.kind == Verdict::kAnswer) return cuda_status::kNotInitialized;
  return cuda_status::kSuccess;
}

int Runtime::MakeCurrent(ThreadState& thread, int ordinal) {
  Device* device = machine_.driver().Find(ordinal);
  if (device == nullptr) return cuda_status::kInvalidDevice;
  if (!device->context.RetainForRuntime()) return cuda_status::kOutOfMemory;
  if (thread.depth == 0) thread.depth = 1;
  thread.contexts[thread.depth - 1] = static_cast<int16_t>(ordinal);
  return cuda_status::kSuccess;
}

int Runtime::EnsureContext(ThreadState& thread) {
  return MakeCurrent(thread, thread.CurrentOrdinal());
}

int Runtime::SetDevice(ThreadState& thread, int ordinal) {
  if (machine_.driver().Find(ordinal) == nullptr) return cuda_status::kInvalidDevice;
  if (machine_.scenario().cuda_runtime_version < kSetDeviceMakesContextSince) {
    thread.device = ordinal;
    // The context is made by the first call that needs one.
    if (thread.depth > 0) thread.contexts[thread.depth - 1] = static_cast<int16_t>(ordinal);
    return cuda_status::kSuccess;
  }
  const int status = MakeCurrent(thread, ordinal);
  if (status == cuda_status::kSuccess) thread.device = ordinal;
  return status;
}

int Runtime::Allocate(ThreadState& thread, size_t bytes, void** address) {
  if (const int status = EnsureContext(thread)) return status;
  if (bytes == 0) {
    *address = nullptr;
    return cuda_status::kSuccess;
  }
  Device* device = machine_.driver().Find(thread.CurrentOrdinal());
  return machine_.allocations().Allocate(*device, bytes, address);
}

int Runtime::Free(ThreadState& thread, void* address) {
  if (const int status = EnsureContext(thread)) return status;
  if (address == nullptr) return cuda_status::kSuccess;
  // Memory that work may still use is not given back before that is done.
  if (Device* device = machine_.allocations().BlockAt(address).device) {
    machine_.streams().SynchronizeDevice(*device);
    return machine_.allocations().Free(address);
  }
  return machine_.FreeHost(HostMemory::Kind::kManaged, address);
}

int Runtime::MemoryInfo(ThreadState& thread, size_t* free, size_t* total) {
  if (const int status = EnsureContext(thread)) return status;
  const MemoryLedger::Reading reading =
      machine_.driver().Find(thread.CurrentOrdinal())->ledger.Read();
  *free = static_cast<size_t>(reading.free);
  *total = static_cast<size_t>(reading.total);
  return cuda_status::kSuccess;
}

}  // namespace gpuex::mock
