#pragma once

#if !defined(__GNUC__)
#include <math.h>
#endif

#include "kernels/kernels.hpp"

/// Vectors of doubles, as wide as the instruction set of this compilation, and of twice as many floats: the
/// vector extensions of GCC and Clang, elsewhere plain numbers.
///
/// TAUTRACK_ISA names the namespace; a file that includes this defines it.
namespace tautrack::kernels::TAUTRACK_ISA {

#if defined(__GNUC__)
#if defined(__AVX512F__)
#define TAUTRACK_LANES 8
#elif defined(__AVX__)
#define TAUTRACK_LANES 4
#else
#define TAUTRACK_LANES 2
#endif
#else
#define TAUTRACK_LANES 1
#endif

inline constexpr int lanes = TAUTRACK_LANES;

/// Vectors in a panel's column.
inline constexpr int panel_vectors = static_cast<int>(panel_rows) / lanes;

#if TAUTRACK_LANES > 1

#define TAUTRACK_INLINE inline __attribute__((always_inline))

typedef double Real __attribute__((vector_size(8 * TAUTRACK_LANES), may_alias));
typedef double Anywhere __attribute__((vector_size(8 * TAUTRACK_LANES), may_alias, aligned(8)));
typedef long long Bits __attribute__((vector_size(8 * TAUTRACK_LANES), may_alias));
typedef float SingleReal __attribute__((vector_size(8 * TAUTRACK_LANES), may_alias));
typedef float SingleHalf __attribute__((vector_size(4 * TAUTRACK_LANES), may_alias));
inline constexpr int single_lanes = 2 * lanes;

/// Lanes picked from a and, counted on, b.
#if defined(__clang__)
#define TAUTRACK_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define TAUTRACK_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, Bits{__VA_ARGS__})
#endif

TAUTRACK_INLINE Real load(const double* p) { return *reinterpret_cast<const Real*>(p); }
TAUTRACK_INLINE Real load_anywhere(const double* p) {
  return *reinterpret_cast<const Anywhere*>(p);
}
TAUTRACK_INLINE void store(double* p, Real x) { *reinterpret_cast<Real*>(p) = x; }
TAUTRACK_INLINE Real fill(double x) { return Real{} + x; }
TAUTRACK_INLINE Bits bits(Real x) { return reinterpret_cast<Bits>(x); }
TAUTRACK_INLINE Real real(Bits x) { return reinterpret_cast<Real>(x); }
TAUTRACK_INLINE double lane(Real x, int i) { return x[i]; }
TAUTRACK_INLINE double square_root(double x) { return __builtin_sqrt(x); }
TAUTRACK_INLINE void prefetch(const void* p) { __builtin_prefetch(p, 0, 2); }

TAUTRACK_INLINE SingleReal load(const float* p) { return *reinterpret_cast<const SingleReal*>(p); }
TAUTRACK_INLINE void store(float* p, SingleReal x) { *reinterpret_cast<SingleReal*>(p) = x; }
TAUTRACK_INLINE SingleReal absolute(SingleReal x) { return x < 0.0F ? -x : x; }

/// A float as small as this still has all its digits.
inline constexpr double least_single = 1.2e-38;

/// out[i] = x[i], zero where a float would lose digits.
TAUTRACK_INLINE void store_narrowed(float* out, Real x) {
  x = (x < least_single) & (x > -least_single) ? Real{} : x;
  *reinterpret_cast<SingleHalf*>(out) = __builtin_convertvector(x, SingleHalf);
}

/// Lanes i and i + lanes added in double precision.
TAUTRACK_INLINE Real widened(SingleReal x) {
  alignas(64) float parts[single_lanes];
  store(parts, x);
  return __builtin_convertvector(*reinterpret_cast<const SingleHalf*>(parts), Real) +
         __builtin_convertvector(*reinterpret_cast<const SingleHalf*>(parts + lanes), Real);
}
/// The largest of lanes i and i + lanes.
TAUTRACK_INLINE Real widened_largest(SingleReal x) {
  alignas(64) float parts[single_lanes];
  store(parts, x);
  const Real a = __builtin_convertvector(*reinterpret_cast<const SingleHalf*>(parts), Real);
  const Real b = __builtin_convertvector(*reinterpret_cast<const SingleHalf*>(parts + lanes), Real);
  return b > a ? b : a;
}

#else

#define TAUTRACK_INLINE inline

using Real = double;
using Bits = long long;
using SingleReal = float;
inline constexpr int single_lanes = 1;

TAUTRACK_INLINE Real load(const double* p) { return *p; }
TAUTRACK_INLINE Real load_anywhere(const double* p) { return *p; }
TAUTRACK_INLINE void store(double* p, Real x) { *p = x; }
TAUTRACK_INLINE Real fill(double x) { return x; }
TAUTRACK_INLINE Bits bits(Real x) {
  union {
    Real real;
    Bits bits;
  } same{x};
  return same.bits;
}
TAUTRACK_INLINE Real real(Bits x) {
  union {
    Bits bits;
    Real real;
  } same{x};
  return same.real;
}
TAUTRACK_INLINE double lane(Real x, int) { return x; }
TAUTRACK_INLINE double square_root(double x) { return sqrt(x); }
TAUTRACK_INLINE void prefetch(const void*) {}

TAUTRACK_INLINE SingleReal load(const float* p) { return *p; }
TAUTRACK_INLINE void store(float* p, SingleReal x) { *p = x; }
TAUTRACK_INLINE SingleReal absolute(SingleReal x) { return x < 0.0F ? -x : x; }
TAUTRACK_INLINE Real widened(SingleReal x) { return x; }
TAUTRACK_INLINE Real widened_largest(SingleReal x) { return x; }

inline constexpr double least_single = 1.2e-38;
TAUTRACK_INLINE void store_narrowed(float* out, Real x) {
  *out = x < least_single && x > -least_single ? 0.0F : static_cast<float>(x);
}

#endif

/// Before a loop over columns whose number is known: in full and early, so that arrays it goes through stay in registers.
#if defined(__clang__)
#define TAUTRACK_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define TAUTRACK_UNROLL _Pragma("GCC unroll 36")
#else
#define TAUTRACK_UNROLL
#endif

/// The vectors that numbers of a kind are computed in.
template <class Number>
struct VectorOf;
template <>
struct VectorOf<double> {
  using Type = Real;
  static constexpr int lanes_in = lanes;
};
template <>
struct VectorOf<float> {
  using Type = SingleReal;
  static constexpr int lanes_in = single_lanes;
};
template <class Number>
using RealOf = typename VectorOf<Number>::Type;
template <class Number>
inline constexpr int lanes_of = VectorOf<Number>::lanes_in;
/// Vectors in a panel's column.
template <class Number>
inline constexpr int vectors_of_panel = static_cast<int>(panel_rows) / lanes_of<Number>;

TAUTRACK_INLINE Real widened(Real x) { return x; }
TAUTRACK_INLINE Real widened_largest(Real x) { return x; }

inline constexpr long long sign_bit = static_cast<long long>(1ULL << 63U);

TAUTRACK_INLINE Real absolute(Real x) { return real(bits(x) & ~sign_bit); }

/// The larger one; a where b is NaN.
TAUTRACK_INLINE Real larger(Real a, Real b) { return b > a ? b : a; }
TAUTRACK_INLINE SingleReal larger(SingleReal a, SingleReal b) { return b > a ? b : a; }

/// All lanes of x combined into one number.
template <class Combine>
TAUTRACK_INLINE double fold(Real x, [[maybe_unused]] const Combine& combine) {
#if TAUTRACK_LANES == 8
  x = combine(x, TAUTRACK_SHUFFLE(x, x, 4, 5, 6, 7, 0, 1, 2, 3));
  x = combine(x, TAUTRACK_SHUFFLE(x, x, 2, 3, 0, 1, 6, 7, 4, 5));
  x = combine(x, TAUTRACK_SHUFFLE(x, x, 1, 0, 3, 2, 5, 4, 7, 6));
#elif TAUTRACK_LANES == 4
  x = combine(x, TAUTRACK_SHUFFLE(x, x, 2, 3, 0, 1));
  x = combine(x, TAUTRACK_SHUFFLE(x, x, 1, 0, 3, 2));
#elif TAUTRACK_LANES == 2
  x = combine(x, TAUTRACK_SHUFFLE(x, x, 1, 0));
#endif
  return lane(x, 0);
}

TAUTRACK_INLINE double sum(Real x) {
  return fold(x, [](Real a, Real b) { return a + b; });
}

TAUTRACK_INLINE double largest(Real x) {
  return fold(x, [](Real a, Real b) { return larger(a, b); });
}

/// Lane i of the result is the sum of x[i].
TAUTRACK_INLINE Real sums(const Real* x) {
#if TAUTRACK_LANES == 8
  Real pairs[4];
  for (int i = 0; i < 4; ++i)
    pairs[i] = TAUTRACK_SHUFFLE(x[2 * i], x[2 * i + 1], 0, 8, 2, 10, 4, 12, 6, 14) +
               TAUTRACK_SHUFFLE(x[2 * i], x[2 * i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  Real fours[2];
  for (int i = 0; i < 2; ++i)
    fours[i] = TAUTRACK_SHUFFLE(pairs[2 * i], pairs[2 * i + 1], 0, 1, 8, 9, 4, 5, 12, 13) +
               TAUTRACK_SHUFFLE(pairs[2 * i], pairs[2 * i + 1], 2, 3, 10, 11, 6, 7, 14, 15);
  return TAUTRACK_SHUFFLE(fours[0], fours[1], 0, 1, 2, 3, 8, 9, 10, 11) +
         TAUTRACK_SHUFFLE(fours[0], fours[1], 4, 5, 6, 7, 12, 13, 14, 15);
#elif TAUTRACK_LANES == 4
  Real pairs[2];
  for (int i = 0; i < 2; ++i)
    pairs[i] = TAUTRACK_SHUFFLE(x[2 * i], x[2 * i + 1], 0, 4, 2, 6) +
               TAUTRACK_SHUFFLE(x[2 * i], x[2 * i + 1], 1, 5, 3, 7);
  return TAUTRACK_SHUFFLE(pairs[0], pairs[1], 0, 1, 4, 5) +
         TAUTRACK_SHUFFLE(pairs[0], pairs[1], 2, 3, 6, 7);
#elif TAUTRACK_LANES == 2
  return TAUTRACK_SHUFFLE(x[0], x[1], 0, 2) + TAUTRACK_SHUFFLE(x[0], x[1], 1, 3);
#else
  return x[0];
#endif
}

/// Room for `count` numbers in whole vectors.
constexpr int whole_vectors(int count) { return (count + lanes - 1) / lanes; }

/// out[i] = sum of x[i] for i < count, out filled up to whole vectors.
template <class Vector, int count>
TAUTRACK_INLINE void all_sums(const Vector (&x)[count], Real (&out)[whole_vectors(count)]) {
  for (int i = 0; i < whole_vectors(count); ++i) {
    Real group[lanes];
    for (int j = 0; j < lanes; ++j) {
      const int at = i * lanes + j;
      group[j] = at < count ? widened(x[at < count ? at : 0]) : Real{};
    }
    out[i] = sums(group);
  }
}

}  // namespace tautrack::kernels::TAUTRACK_ISA
