#include "mock/engine/matrix_product.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "mock/engine/machine.h"

namespace gpuex::mock {
namespace {

float FromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

uint32_t ToBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// IEEE 754 binary16.
struct Half {
  uint16_t bits;

  float Value() const {
    const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
    const uint32_t magnitude = bits & 0x7fffu;
    if (magnitude >= 0x7c00u) return FromBits(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
    // Also right for what is too small to be normalised: the product is exact.
    return FromBits(sign | ToBits(FromBits(magnitude << 13) * FromBits(0x77800000u)));
  }
  static Half Of(float value) {
    const uint32_t from = ToBits(value);
    const auto sign = static_cast<uint16_t>(from >> 16 & 0x8000u);
    const uint32_t magnitude = from & 0x7fffffffu;
    const auto with_sign = [sign](uint32_t half) {
      return Half{static_cast<uint16_t>(sign | half)};
    };
    if (magnitude > 0x7f800000u) return with_sign(0x7e00u);   // not a number
    if (magnitude >= 0x477ff000u) return with_sign(0x7c00u);  // rounds to infinity
    // Below 2^-14 the steps are even: adding 0.5 rounds to one of them.
    if (magnitude < 0x38800000u) return with_sign(ToBits(FromBits(magnitude) + 0.5f) & 0x7fffu);
    // To the nearest, ties to even.
    return with_sign((magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1u)) >> 13);
  }
};

// The upper half of a float.
struct Bfloat {
  uint16_t bits;

  float Value() const { return FromBits(static_cast<uint32_t>(bits) << 16); }
  static Bfloat Of(float value) {
    const uint32_t from = ToBits(value);
    if ((from & 0x7fffffffu) > 0x7f800000u) return {static_cast<uint16_t>(from >> 16 | 0x40u)};
    return {static_cast<uint16_t>((from + 0x7fffu + (from >> 16 & 1u)) >> 16)};
  }
};

float Load(float value) { return value; }
float Load(Half value) { return value.Value(); }
float Load(Bfloat value) { return value.Value(); }
void Store(float* place, float value) { *place = value; }
void Store(Half* place, float value) { *place = Half::Of(value); }
void Store(Bfloat* place, float value) { *place = Bfloat::Of(value); }

// The matrix of that batch; null: not all of it is live memory.
template <class T>
T* MatrixOf(const Machine& machine, const Operand& operand, int batch, int rows, int columns) {
  const auto place = static_cast<uintptr_t>(batch);
  auto address = reinterpret_cast<uintptr_t>(operand.address);
  if (operand.listed) {
    const auto* entry = static_cast<const void* const*>(operand.address) + place;
    if (machine.Reachable(entry) < sizeof *entry) return nullptr;
    address = reinterpret_cast<uintptr_t>(*entry);
  } else {
    address += place * static_cast<uintptr_t>(operand.stride) * sizeof(T);
  }
  const size_t elements = static_cast<size_t>(columns - 1) * static_cast<size_t>(operand.leading) +
                          static_cast<size_t>(rows);
  void* matrix = reinterpret_cast<void*>(address);
  return elements <= machine.Reachable(matrix) / sizeof(T) ? static_cast<T*>(matrix) : nullptr;
}

// A part of one column of op(A) · op(B).
constexpr size_t kStrip = 512;

template <class From>
void Strip(const MatrixProduct& product, const From* a, const From* b, size_t first, size_t count,
           size_t column, float* sums) {
  const auto lda = static_cast<size_t>(product.a.leading);
  const auto ldb = static_cast<size_t>(product.b.leading);
  const auto depth = static_cast<size_t>(product.depth);
  const auto of_b = [&](size_t l) {
    return Load(product.transpose_b ? b[column + l * ldb] : b[l + column * ldb]);
  };
  if (product.transpose_a) {
    for (size_t i = 0; i < count; ++i) {
      const From* row = a + (first + i) * lda;
      for (size_t l = 0; l < depth; ++l) sums[i] += Load(row[l]) * of_b(l);
    }
    return;
  }
  for (size_t l = 0; l < depth; ++l) {
    const From* part = a + first + l * lda;
    const float factor = of_b(l);
    for (size_t i = 0; i < count; ++i) sums[i] += Load(part[i]) * factor;
  }
}

template <class From, class To>
bool MultiplyAs(const Machine& machine, const MatrixProduct& product) {
  const bool adds = product.alpha != 0 && product.depth > 0;
  const auto rows = static_cast<size_t>(product.rows);
  const auto columns = static_cast<size_t>(product.columns);
  for (int batch = 0; batch < product.batches; ++batch) {
    const auto oriented = [&](const Operand& operand, bool transpose, int height, int width) {
      return MatrixOf<From>(machine, operand, batch, transpose ? width : height,
                            transpose ? height : width);
    };
    To* c = MatrixOf<To>(machine, product.c, batch, product.rows, product.columns);
    const From* a = nullptr;
    const From* b = nullptr;
    if (adds) {
      a = oriented(product.a, product.transpose_a, product.rows, product.depth);
      b = oriented(product.b, product.transpose_b, product.depth, product.columns);
    }
    if (c == nullptr || (adds && (a == nullptr || b == nullptr))) return false;
    for (size_t column = 0; column < columns; ++column) {
      for (size_t first = 0; first < rows; first += kStrip) {
        const size_t count = std::min(kStrip, rows - first);
        float sums[kStrip] = {};
        if (adds) Strip(product, a, b, first, count, column, sums);
        To* place = c + first + column * static_cast<size_t>(product.c.leading);
        for (size_t i = 0; i < count; ++i) {
          const float before = product.beta == 0 ? 0 : product.beta * Load(place[i]);
          Store(&place[i], product.alpha * sums[i] + before);
        }
      }
    }
  }
  return true;
}

}  // namespace

float HalfToFloat(const void* half) {
  Half value;
  std::memcpy(&value, half, sizeof value);
  return value.Value();
}

bool Multiply(const Machine& machine, const MatrixProduct& product) {
  switch (product.from) {
    case Element::kFloat:
      return MultiplyAs<float, float>(machine, product);
    case Element::kHalf:
      return product.to == Element::kFloat ? MultiplyAs<Half, float>(machine, product)
                                           : MultiplyAs<Half, Half>(machine, product);
    case Element::kBfloat:
      return product.to == Element::kFloat ? MultiplyAs<Bfloat, float>(machine, product)
                                           : MultiplyAs<Bfloat, Bfloat>(machine, product);
  }
  return false;
}

bool Solve(const Machine& machine, const TriangularSystem& system) {
  const int order = system.on_the_right ? system.columns : system.rows;
  const auto lda = static_cast<size_t>(system.a.leading);
  const auto ldb = static_cast<size_t>(system.b.leading);
  // From the right it is the transposed system for the transposed X, whose columns are B's rows.
  const size_t next = system.on_the_right ? ldb : 1;
  const size_t other = system.on_the_right ? 1 : ldb;
  const auto others = static_cast<size_t>(system.on_the_right ? system.rows : system.columns);
  const bool transpose = system.transpose != system.on_the_right;
  const bool backwards = system.upper != transpose;
  for (int batch = 0; batch < system.batches; ++batch) {
    const float* a = MatrixOf<float>(machine, system.a, batch, order, order);
    float* b = MatrixOf<float>(machine, system.b, batch, system.rows, system.columns);
    if (a == nullptr || b == nullptr) return false;
    const auto of_a = [&](size_t row, size_t column) {
      return transpose ? a[column + row * lda] : a[row + column * lda];
    };
    const auto n = static_cast<size_t>(order);
    for (size_t which = 0; which < others; ++which) {
      float* x = b + which * other;
      for (size_t step = 0; step < n; ++step) {
        const size_t row = backwards ? n - 1 - step : step;
        float value = system.alpha * x[row * next];
        for (size_t done = 0; done < step; ++done) {
          const size_t column = backwards ? n - 1 - done : done;
          value -= of_a(row, column) * x[column * next];
        }
        x[row * next] = system.unit_diagonal ? value : value / of_a(row, row);
      }
    }
  }
  return true;
}

}  // namespace gpuex::mock
