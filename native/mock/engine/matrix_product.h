// The products and solutions that cuBLAS is asked for, by plain loops over device memory. Matrices
// stand in columns, as everywhere in cuBLAS. Sums are of single precision.
#pragma once

#include <cstddef>

namespace gpuex::mock {

class Machine;

enum class Element { kFloat, kHalf, kBfloat };

// One matrix for each member of a batch.
struct Operand {
  const void* address;
  int leading;           // elements from one column to the next
  long long stride = 0;  // elements from one matrix to the next
  bool listed = false;   // `address` is a list of the matrices' own addresses
};

// C = alpha · op(A) · op(B) + beta · C. C is not read where beta is 0, A and B where alpha is.
struct MatrixProduct {
  bool transpose_a, transpose_b;
  int rows, columns, depth;  // of op(A) · op(B): m, n, k
  int batches;
  float alpha, beta;
  Element from;  // what A and B are made of
  Element to;    // and C: the same, or kFloat
  Operand a, b, c;
};

// X of op(A) · X = alpha · B, or of X · op(A) = alpha · B, written over B.
struct TriangularSystem {
  bool on_the_right, upper, transpose, unit_diagonal;
  int rows, columns;  // of B
  int batches;
  float alpha;
  Operand a, b;
};

// In the stream's turn, with device memory in use. False: an operand lies outside of live memory,
// and what a kernel had done until then is done.
bool Multiply(const Machine& machine, const MatrixProduct& product);
bool Solve(const Machine& machine, const TriangularSystem& system);

// What `alpha` and `beta` of half precision are worth.
float HalfToFloat(const void* half);

}  // namespace gpuex::mock
