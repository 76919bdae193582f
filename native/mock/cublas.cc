// The part of libcublas that CUDA engines bind at load. Handles and arguments are as real as the rest;
// the products themselves are not computed: the outputs stay as they are.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "errors/code_table.h"
#include "mock/control.h"
#include "mock/exports/alias.h"
#include "mock/engine/status.h"
#include "mock/stand_in.h"
#include "mock/texts/texts.h"

namespace {

using namespace gpuex::abi::cublas;  // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;         // NOLINT

constexpr cublasStatus_t kSuccess = 0;
constexpr cublasStatus_t kNotInitialized = 1;
constexpr cublasStatus_t kAllocFailed = 3;
constexpr cublasStatus_t kInvalidValue = 7;
constexpr cublasStatus_t kExecutionFailed = 13;

struct Context {
  uint64_t generation;
  int ordinal;
};

struct Handles {
  std::mutex mutex;
  std::map<cublasHandle_t, Context> live;
};

Handles& TheHandles() {
  static Handles* handles = new Handles;
  return *handles;
}

bool FindHandle(const Machine& machine, cublasHandle_t handle, Context* context) {
  Handles& handles = TheHandles();
  std::lock_guard<std::mutex> lock(handles.mutex);
  const auto found = handles.live.find(handle);
  if (found == handles.live.end() || found->second.generation != machine.generation()) {
    return false;
  }
  *context = found->second;
  return true;
}

// Order: the runtime's start, the handle, a poisoned device, the rules, the arguments.
template <class Body>
cublasStatus_t Call(Function function, cublasHandle_t handle, Body body) {
  for (bool first = true;; first = false) {
    Machine& machine = StandIn::Current();
    if (first) machine.CountCall(function);
    if (const int status = machine.runtime().Start()) {
      if (status == kRestart) continue;
      return kNotInitialized;
    }
    Context context{};
    if (!FindHandle(machine, handle, &context)) return kNotInitialized;
    const Device* device = machine.driver().Find(context.ordinal);
    if (device != nullptr && device->context.poison() != 0) return kExecutionFailed;
    const Verdict verdict = machine.Ask(function, context.ordinal);
    if (verdict.kind == Verdict::kRestart) continue;
    if (verdict.kind == Verdict::kAnswer) return verdict.code;
    return body(machine);
  }
}

bool Operation(int transpose) { return transpose >= 0 && transpose <= 2; }

struct Shape {
  int transa, transb, m, n, k, lda, ldb, ldc, batches;
};

cublasStatus_t Product(Function function, cublasHandle_t handle, const Shape& shape,
                       const void* alpha, const void* beta) {
  return Call(function, handle, [&](Machine&) {
    if (!Operation(shape.transa) || !Operation(shape.transb)) return kInvalidValue;
    if (shape.m < 0 || shape.n < 0 || shape.k < 0 || shape.batches < 0) return kInvalidValue;
    const int rows_of_a = shape.transa == 0 ? shape.m : shape.k;
    const int rows_of_b = shape.transb == 0 ? shape.k : shape.n;
    if (shape.lda < std::max(1, rows_of_a) || shape.ldb < std::max(1, rows_of_b) ||
        shape.ldc < std::max(1, shape.m)) {
      return kInvalidValue;
    }
    if (shape.m == 0 || shape.n == 0 || shape.batches == 0) return kSuccess;
    return alpha == nullptr || beta == nullptr ? kInvalidValue : kSuccess;
  });
}

}  // namespace

GPUEX_MOCK_EXPORT cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  for (bool first = true;; first = false) {
    Machine& machine = StandIn::Current();
    if (first) machine.CountCall(Function::cublasCreate_v2);
    if (const int status = machine.runtime().Start()) {
      if (status == kRestart) continue;
      return kNotInitialized;
    }
    ThreadState& thread = ThreadState::On(machine);
    const int ordinal = thread.CurrentOrdinal();
    const Verdict verdict = machine.Ask(Function::cublasCreate_v2, ordinal);
    if (verdict.kind == Verdict::kRestart) continue;
    if (verdict.kind == Verdict::kAnswer) return verdict.code;
    if (handle == nullptr) return kInvalidValue;
    if (const int status = machine.runtime().EnsureContext(thread)) {
      return status == cuda_status::kOutOfMemory ? kAllocFailed : kNotInitialized;
    }
    if (machine.driver().Find(ordinal)->context.poison() != 0) return kNotInitialized;
    // A byte of its own, never given back: no later handle is equal to a destroyed one.
    *handle = reinterpret_cast<cublasHandle_t>(new char);
    Handles& handles = TheHandles();
    std::lock_guard<std::mutex> lock(handles.mutex);
    handles.live[*handle] = {machine.generation(), ordinal};
    return kSuccess;
  }
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  return Call(Function::cublasDestroy_v2, handle, [&](Machine&) {
    Handles& handles = TheHandles();
    std::lock_guard<std::mutex> lock(handles.mutex);
    return handles.live.erase(handle) == 1 ? kSuccess : kNotInitialized;
  });
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  return Call(Function::cublasSetStream_v2, handle, [&](Machine& machine) {
    ThreadState& thread = ThreadState::On(machine);
    const auto found = machine.streams().Find(thread, reinterpret_cast<uintptr_t>(stream));
    return found.stream == nullptr ? kInvalidValue : kSuccess;
  });
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasSetMathMode(cublasHandle_t handle, int mode) {
  return Call(Function::cublasSetMathMode, handle,
              [&](Machine&) { return mode < 0 ? kInvalidValue : kSuccess; });
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void* workspace,
                                                       size_t workspaceSizeInBytes) {
  return Call(Function::cublasSetWorkspace_v2, handle, [&](Machine& machine) {
    if (workspaceSizeInBytes == 0) return kSuccess;
    return machine.allocations().Find(workspace, workspaceSizeInBytes) == nullptr ? kInvalidValue
                                                                                  : kSuccess;
  });
}

GPUEX_MOCK_EXPORT const char* cublasGetStatusString(cublasStatus_t status) {
  StandIn::Current().CountCall(Function::cublasGetStatusString);
  return CublasStatusText(status);
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasSgemm_v2(cublasHandle_t handle, int transa, int transb,
                                                int m, int n, int k, const float* alpha,
                                                const float*, int lda, const float*, int ldb,
                                                const float* beta, float*, int ldc) {
  return Product(Function::cublasSgemm_v2, handle, {transa, transb, m, n, k, lda, ldb, ldc, 1},
                 alpha, beta);
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasGemmEx(cublasHandle_t handle, int transa, int transb, int m,
                                              int n, int k, const void* alpha, const void*, int,
                                              int lda, const void*, int, int ldb,
                                              const void* beta, void*, int, int ldc, int, int) {
  return Product(Function::cublasGemmEx, handle, {transa, transb, m, n, k, lda, ldb, ldc, 1},
                 alpha, beta);
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasGemmBatchedEx(
    cublasHandle_t handle, int transa, int transb, int m, int n, int k, const void* alpha,
    const void* const*, int, int lda, const void* const*, int, int ldb, const void* beta,
    void* const*, int, int ldc, int batchCount, int, int) {
  return Product(Function::cublasGemmBatchedEx, handle,
                 {transa, transb, m, n, k, lda, ldb, ldc, batchCount}, alpha, beta);
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasGemmStridedBatchedEx(
    cublasHandle_t handle, int transa, int transb, int m, int n, int k, const void* alpha,
    const void*, int, int lda, long long, const void*, int, int ldb, long long, const void* beta,
    void*, int, int ldc, long long, int batchCount, int, int) {
  return Product(Function::cublasGemmStridedBatchedEx, handle,
                 {transa, transb, m, n, k, lda, ldb, ldc, batchCount}, alpha, beta);
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasSgemmBatched(cublasHandle_t handle, int transa, int transb,
                                                    int m, int n, int k, const float* alpha,
                                                    const float* const*, int lda,
                                                    const float* const*, int ldb,
                                                    const float* beta, float* const*, int ldc,
                                                    int batchCount) {
  return Product(Function::cublasSgemmBatched, handle,
                 {transa, transb, m, n, k, lda, ldb, ldc, batchCount}, alpha, beta);
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasSgemmStridedBatched(
    cublasHandle_t handle, int transa, int transb, int m, int n, int k, const float* alpha,
    const float*, int lda, long long, const float*, int ldb, long long, const float* beta, float*,
    int ldc, long long, int batchCount) {
  return Product(Function::cublasSgemmStridedBatched, handle,
                 {transa, transb, m, n, k, lda, ldb, ldc, batchCount}, alpha, beta);
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasStrsmBatched(cublasHandle_t handle, int side, int uplo,
                                                    int trans, int diag, int m, int n,
                                                    const float* alpha, const float* const*,
                                                    int lda, float* const*, int ldb,
                                                    int batchCount) {
  return Call(Function::cublasStrsmBatched, handle, [&](Machine&) {
    const bool known = (side == 0 || side == 1) && uplo >= 0 && uplo <= 1 && Operation(trans) &&
                       (diag == 0 || diag == 1);
    if (!known || m < 0 || n < 0 || batchCount < 0 || alpha == nullptr) return kInvalidValue;
    const int order = side == 0 ? m : n;
    return lda < std::max(1, order) || ldb < std::max(1, m) ? kInvalidValue : kSuccess;
  });
}

GPUEX_CUBLAS_MORE_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUBLAS_MORE_FUNCTIONS(GPUEX_MOCK_ALIAS)
