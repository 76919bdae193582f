// The part of libcublas that CUDA engines bind at load. Products are computed, by plain loops on
// the stream's worker: see engine/matrix_product.h for the types, docs/stand-in/libraries.md for
// the rest.
#include <algorithm>
#include <initializer_list>
#include <optional>

#include "errors/code_table.h"
#include "mock/control.h"
#include "mock/engine/library_handles.h"
#include "mock/engine/matrix_product.h"
#include "mock/engine/status.h"
#include "mock/exports/alias.h"
#include "mock/invocation.h"
#include "mock/texts/texts.h"

namespace {

using namespace gpuex::abi::cublas;  // NOLINT: the signatures read as in NVIDIA's documentation
using namespace gpuex::mock;         // NOLINT

constexpr cublasStatus_t kSuccess = 0;
constexpr cublasStatus_t kNotInitialized = 1;
constexpr cublasStatus_t kAllocFailed = 3;
constexpr cublasStatus_t kInvalidValue = 7;
constexpr cublasStatus_t kExecutionFailed = 13;
constexpr cublasStatus_t kNotSupported = 15;

LibraryHandles& TheHandles() {
  static LibraryHandles* handles = new LibraryHandles;
  return *handles;
}

uintptr_t Number(const void* handle) { return reinterpret_cast<uintptr_t>(handle); }

// Order: the runtime's start, what the call is about, the rules, the arguments. `find` says which
// device that is, or answers why there is none.
template <class Find, class Body>
cublasStatus_t Guarded(const Invocation& call, Find find, Body body) {
  return Logged(call, [&](int& concerned) {
    for (;;) {
      Machine& machine = StandIn::Current();
      if (const int status = machine.runtime().Start()) {
        if (status == kRestart) continue;
        return kNotInitialized;
      }
      if (const cublasStatus_t status = find(machine, &concerned)) return status;
      const Verdict verdict = machine.Ask(call.function, concerned);
      if (verdict.kind == Verdict::kRestart) continue;
      if (verdict.kind == Verdict::kAnswer) return verdict.code;
      return Refusing(kAllocFailed, [&] { return body(machine, concerned); });
    }
  });
}

// What works with a handle, and so on a device that is not poisoned.
template <class Body>
cublasStatus_t Call(const Invocation& call, cublasHandle_t handle, Body body) {
  LibraryContext context;
  return Guarded(
      call,
      [&](Machine& machine, int* concerned) {
        if (!TheHandles().Find(machine, Number(handle), &context)) return kNotInitialized;
        *concerned = context.ordinal;
        const Device* device = machine.driver().Find(context.ordinal);
        return device != nullptr && device->context.poison() != 0 ? kExecutionFailed : kSuccess;
      },
      [&](Machine& machine, int) { return body(machine, context); });
}

// Puts the work into the handle's stream; work that leaves its operands' memory is what it is on a
// GPU, and is told by the next call that waits.
template <class Work>
cublasStatus_t Enqueue(Machine& machine, const LibraryContext& context, Work work) {
  Device* device = machine.driver().Find(context.ordinal);
  const Streams::Found stream =
      machine.streams().Find(ThreadState::On(machine), context.stream, device);
  if (stream.stream == nullptr) return kExecutionFailed;
  machine.streams().Enqueue(stream, [&machine, device, work] {
    const auto use = machine.allocations().Use();
    if (machine.retired() || work()) return;
    machine.Poison(cuda_status::kIllegalAddress, device->cuda_ordinal.load());
  });
  return kSuccess;
}

// What every product and solution is asked with.
bool Operation(int transpose) { return transpose >= 0 && transpose <= 2; }
bool NoneNegative(std::initializer_list<int> sizes) {
  return std::all_of(sizes.begin(), sizes.end(), [](int size) { return size >= 0; });
}
// Whether columns of so many rows do not run into one another.
bool HoldsColumns(const Operand& matrix, int rows) { return matrix.leading >= std::max(1, rows); }

Operand Listed(const void* addresses, int leading) { return {addresses, leading, 0, true}; }

// enum cudaDataType; empty: none that is computed here.
std::optional<Element> ElementOf(int type) {
  constexpr int kFloat32 = 0;
  constexpr int kFloat16 = 2;
  constexpr int kBfloat16 = 14;
  if (type == kFloat32) return Element::kFloat;
  if (type == kFloat16) return Element::kHalf;
  if (type == kBfloat16) return Element::kBfloat;
  return {};
}

// What is the same in all forms of the product.
struct Form {
  int transa, transb, m, n, k;
  const void* alpha;
  Operand a, b;
  const void* beta;
  Operand c;
  int batches;
};
struct Types {
  int a, b, c, compute;
};
constexpr int kCompute16 = 64;  // cublasComputeType_t
constexpr int kCompute16Pedantic = 65;
constexpr int kCompute32 = 68;
constexpr int kCompute32FastTf32 = 77;  // with what lies between, but for 64-bit and whole numbers
constexpr Types kSingle = {0, 0, 0, kCompute32};

bool Computes32(int compute) {
  return compute == kCompute32 || compute == 69 || compute == 74 || compute == 75 ||
         compute == kCompute32FastTf32;
}

cublasStatus_t Product(const Invocation& call, cublasHandle_t handle, const Form& form,
                       const Types& types = kSingle) {
  return Call(call, handle, [&](Machine& machine, const LibraryContext& context) {
    if (!Operation(form.transa) || !Operation(form.transb) ||
        !NoneNegative({form.m, form.n, form.k, form.batches}) ||
        !HoldsColumns(form.a, form.transa == 0 ? form.m : form.k) ||
        !HoldsColumns(form.b, form.transb == 0 ? form.k : form.n) ||
        !HoldsColumns(form.c, form.m)) {
      return kInvalidValue;
    }
    const auto from = ElementOf(types.a);
    const auto to = ElementOf(types.c);
    const bool half = types.compute == kCompute16 || types.compute == kCompute16Pedantic;
    if (!from || !to || types.a != types.b || (*to != *from && *to != Element::kFloat) ||
        (half ? *from != Element::kHalf || *to != Element::kHalf : !Computes32(types.compute))) {
      return kNotSupported;
    }
    if (form.m == 0 || form.n == 0 || form.batches == 0) return kSuccess;
    if (form.alpha == nullptr || form.beta == nullptr) return kInvalidValue;
    // Both are in host memory: another pointer mode cannot be asked for here.
    const auto scale = [half](const void* value) {
      return half ? HalfToFloat(value) : *static_cast<const float*>(value);
    };
    const MatrixProduct product = {form.transa != 0,
                                   form.transb != 0,
                                   form.m,
                                   form.n,
                                   form.k,
                                   form.batches,
                                   scale(form.alpha),
                                   scale(form.beta),
                                   *from,
                                   *to,
                                   form.a,
                                   form.b,
                                   form.c};
    return Enqueue(machine, context, [&machine, product] { return Multiply(machine, product); });
  });
}

}  // namespace

GPUEX_MOCK_EXPORT cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  if (handle == nullptr) {  // before anything else
    return Logged({Function::cublasCreate_v2, {handle}}, [](int&) { return kInvalidValue; });
  }
  return Guarded(
      {Function::cublasCreate_v2, {handle}},
      [](Machine& machine, int* concerned) {
        *concerned = ThreadState::On(machine).CurrentOrdinal();
        return kSuccess;
      },
      [handle](Machine& machine, int concerned) {
        if (const int status = machine.runtime().EnsureContext(ThreadState::On(machine))) {
          return status == cuda_status::kOutOfMemory ? kAllocFailed : kNotInitialized;
        }
        if (machine.driver().Find(concerned)->context.poison() != 0) return kNotInitialized;
        *handle = reinterpret_cast<cublasHandle_t>(TheHandles().Create(machine, concerned));
        return kSuccess;
      });
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  return Call({Function::cublasDestroy_v2, {handle}}, handle, [&](Machine&, const LibraryContext&) {
    return TheHandles().Destroy(Number(handle)) ? kSuccess : kNotInitialized;
  });
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  return Call({Function::cublasSetStream_v2, {handle, stream}}, handle,
              [&](Machine& machine, const LibraryContext& context) {
                const auto found = machine.streams().Find(ThreadState::On(machine), Number(stream),
                                                          machine.driver().Find(context.ordinal));
                if (found.stream == nullptr) return kInvalidValue;
                TheHandles().SetStream(Number(handle), Number(stream));
                return kSuccess;
              });
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasSetMathMode(cublasHandle_t handle, int mode) {
  return Call({Function::cublasSetMathMode, {handle, mode}}, handle,
              [&](Machine&, const LibraryContext&) { return mode < 0 ? kInvalidValue : kSuccess; });
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void* workspace,
                                                       size_t workspaceSizeInBytes) {
  return Call({Function::cublasSetWorkspace_v2, {handle, workspace, workspaceSizeInBytes}}, handle,
              [&](Machine& machine, const LibraryContext&) {
                if (workspaceSizeInBytes == 0) return kSuccess;
                const bool live =
                    machine.allocations().Find(workspace, workspaceSizeInBytes) != nullptr;
                return live ? kSuccess : kInvalidValue;
              });
}

GPUEX_MOCK_EXPORT const char* cublasGetStatusString(cublasStatus_t status) {
  StandIn::Current().CountCall(Function::cublasGetStatusString);
  return CublasStatusText(status);
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasSgemm_v2(cublasHandle_t handle, int transa, int transb,
                                                int m, int n, int k, const float* alpha,
                                                const float* A, int lda, const float* B, int ldb,
                                                const float* beta, float* C, int ldc) {
  return Product({Function::cublasSgemm_v2,
                  {handle, transa, transb, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc}},
                 handle, {transa, transb, m, n, k, alpha, {A, lda}, {B, ldb}, beta, {C, ldc}, 1});
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasGemmEx(cublasHandle_t handle, int transa, int transb, int m,
                                              int n, int k, const void* alpha, const void* A,
                                              int Atype, int lda, const void* B, int Btype, int ldb,
                                              const void* beta, void* C, int Ctype, int ldc,
                                              int computeType, int algo) {
  return Product({Function::cublasGemmEx,
                  {handle, transa, transb, m, n, k, alpha, A, Atype, lda, B, Btype, ldb, beta, C,
                   Ctype, ldc, computeType, algo}},
                 handle, {transa, transb, m, n, k, alpha, {A, lda}, {B, ldb}, beta, {C, ldc}, 1},
                 {Atype, Btype, Ctype, computeType});
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasGemmBatchedEx(cublasHandle_t handle, int transa, int transb,
                                                     int m, int n, int k, const void* alpha,
                                                     const void* const Aarray[], int Atype, int lda,
                                                     const void* const Barray[], int Btype, int ldb,
                                                     const void* beta, void* const Carray[],
                                                     int Ctype, int ldc, int batchCount,
                                                     int computeType, int algo) {
  return Product(
      {Function::cublasGemmBatchedEx,
       {handle, transa, transb, m,    n,      k,     alpha, Aarray,     Atype,       lda,
        Barray, Btype,  ldb,    beta, Carray, Ctype, ldc,   batchCount, computeType, algo}},
      handle,
      {transa, transb, m, n, k, alpha, Listed(Aarray, lda), Listed(Barray, ldb), beta,
       Listed(Carray, ldc), batchCount},
      {Atype, Btype, Ctype, computeType});
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasGemmStridedBatchedEx(
    cublasHandle_t handle, int transa, int transb, int m, int n, int k, const void* alpha,
    const void* A, int Atype, int lda, long long strideA, const void* B, int Btype, int ldb,
    long long strideB, const void* beta, void* C, int Ctype, int ldc, long long strideC,
    int batchCount, int computeType, int algo) {
  return Product({Function::cublasGemmStridedBatchedEx,
                  {handle, transa, transb,  m,       n,          k,           alpha,   A,
                   Atype,  lda,    strideA, B,       Btype,      ldb,         strideB, beta,
                   C,      Ctype,  ldc,     strideC, batchCount, computeType, algo}},
                 handle,
                 {transa, transb, m, n, k, alpha, {A, lda, strideA}, {B, ldb, strideB}, beta,
                  {C, ldc, strideC}, batchCount},
                 {Atype, Btype, Ctype, computeType});
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasSgemmBatched(cublasHandle_t handle, int transa, int transb,
                                                    int m, int n, int k, const float* alpha,
                                                    const float* const Aarray[], int lda,
                                                    const float* const Barray[], int ldb,
                                                    const float* beta, float* const Carray[],
                                                    int ldc, int batchCount) {
  return Product({Function::cublasSgemmBatched,
                  {handle, transa, transb, m, n, k, alpha, Aarray, lda, Barray, ldb, beta, Carray,
                   ldc, batchCount}},
                 handle,
                 {transa, transb, m, n, k, alpha, Listed(Aarray, lda), Listed(Barray, ldb), beta,
                  Listed(Carray, ldc), batchCount});
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasSgemmStridedBatched(
    cublasHandle_t handle, int transa, int transb, int m, int n, int k, const float* alpha,
    const float* A, int lda, long long strideA, const float* B, int ldb, long long strideB,
    const float* beta, float* C, int ldc, long long strideC, int batchCount) {
  return Product({Function::cublasSgemmStridedBatched,
                  {handle, transa, transb, m, n, k, alpha, A, lda, strideA, B, ldb, strideB, beta,
                   C, ldc, strideC, batchCount}},
                 handle,
                 {transa, transb, m, n, k, alpha, {A, lda, strideA}, {B, ldb, strideB}, beta,
                  {C, ldc, strideC}, batchCount});
}

GPUEX_MOCK_EXPORT cublasStatus_t cublasStrsmBatched(cublasHandle_t handle, int side, int uplo,
                                                    int trans, int diag, int m, int n,
                                                    const float* alpha, const float* const A[],
                                                    int lda, float* const B[], int ldb,
                                                    int batchCount) {
  return Call({Function::cublasStrsmBatched,
               {handle, side, uplo, trans, diag, m, n, alpha, A, lda, B, ldb, batchCount}},
              handle, [&](Machine& machine, const LibraryContext& context) {
                const bool known = (side == 0 || side == 1) && (uplo == 0 || uplo == 1) &&
                                   Operation(trans) && (diag == 0 || diag == 1);
                if (!known || !NoneNegative({m, n, batchCount}) || alpha == nullptr) {
                  return kInvalidValue;
                }
                const TriangularSystem system = {
                    side == 1, uplo == 1,  trans != 0, diag == 1,      m,
                    n,         batchCount, *alpha,     Listed(A, lda), Listed(B, ldb)};
                if (!HoldsColumns(system.a, side == 0 ? m : n) || !HoldsColumns(system.b, m)) {
                  return kInvalidValue;
                }
                if (m == 0 || n == 0) return kSuccess;
                return Enqueue(machine, context,
                               [&machine, system] { return Solve(machine, system); });
              });
}

GPUEX_CUBLAS_MORE_FUNCTIONS(GPUEX_MOCK_CHECK)
GPUEX_CUBLAS_MORE_FUNCTIONS(GPUEX_MOCK_ALIAS)
