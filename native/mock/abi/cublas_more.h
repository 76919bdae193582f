// cuBLAS: the functions that the CUDA engines we know bind when they are loaded, with the signatures
// of the cuBLAS documentation (12 and 13 agree on them). Enums are ints, as everywhere here.
#pragma once

#include <cstddef>

namespace gpuex::abi::cublas {

using cublasStatus_t = int;
struct cublasContext;
using cublasHandle_t = cublasContext*;
struct CUstream_st;
using cudaStream_t = CUstream_st*;

#define GPUEX_CUBLAS_MORE_FUNCTIONS(X)                                                              \
  X(modelled, cublasStatus_t, cublasCreate_v2, (cublasHandle_t * handle))                           \
  X(modelled, cublasStatus_t, cublasDestroy_v2, (cublasHandle_t handle))                            \
  X(modelled, cublasStatus_t, cublasSetStream_v2, (cublasHandle_t handle, cudaStream_t stream))     \
  X(modelled, cublasStatus_t, cublasSetMathMode, (cublasHandle_t handle, int mode))                 \
  X(modelled, cublasStatus_t, cublasSetWorkspace_v2,                                                \
    (cublasHandle_t handle, void* workspace, size_t workspaceSizeInBytes))                          \
  X(modelled, const char*, cublasGetStatusString, (cublasStatus_t status))                          \
  X(modelled, cublasStatus_t, cublasSgemm_v2,                                                       \
    (cublasHandle_t handle, int transa, int transb, int m, int n, int k, const float* alpha,        \
     const float* A, int lda, const float* B, int ldb, const float* beta, float* C, int ldc))       \
  X(modelled, cublasStatus_t, cublasGemmEx,                                                         \
    (cublasHandle_t handle, int transa, int transb, int m, int n, int k, const void* alpha,         \
     const void* A, int Atype, int lda, const void* B, int Btype, int ldb, const void* beta,        \
     void* C, int Ctype, int ldc, int computeType, int algo))                                       \
  X(modelled, cublasStatus_t, cublasGemmBatchedEx,                                                  \
    (cublasHandle_t handle, int transa, int transb, int m, int n, int k, const void* alpha,         \
     const void* const Aarray[], int Atype, int lda, const void* const Barray[], int Btype,         \
     int ldb, const void* beta, void* const Carray[], int Ctype, int ldc, int batchCount,           \
     int computeType, int algo))                                                                    \
  X(modelled, cublasStatus_t, cublasGemmStridedBatchedEx,                                           \
    (cublasHandle_t handle, int transa, int transb, int m, int n, int k, const void* alpha,         \
     const void* A, int Atype, int lda, long long strideA, const void* B, int Btype, int ldb,       \
     long long strideB, const void* beta, void* C, int Ctype, int ldc, long long strideC,           \
     int batchCount, int computeType, int algo))                                                    \
  X(modelled, cublasStatus_t, cublasSgemmBatched,                                                   \
    (cublasHandle_t handle, int transa, int transb, int m, int n, int k, const float* alpha,        \
     const float* const Aarray[], int lda, const float* const Barray[], int ldb,                    \
     const float* beta, float* const Carray[], int ldc, int batchCount))                            \
  X(modelled, cublasStatus_t, cublasSgemmStridedBatched,                                            \
    (cublasHandle_t handle, int transa, int transb, int m, int n, int k, const float* alpha,        \
     const float* A, int lda, long long strideA, const float* B, int ldb, long long strideB,        \
     const float* beta, float* C, int ldc, long long strideC, int batchCount))                      \
  X(modelled, cublasStatus_t, cublasStrsmBatched,                                                   \
    (cublasHandle_t handle, int side, int uplo, int trans, int diag, int m, int n,                  \
     const float* alpha, const float* const A[], int lda, float* const B[], int ldb,                \
     int batchCount))

}  // namespace gpuex::abi::cublas
