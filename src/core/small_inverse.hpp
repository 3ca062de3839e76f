#pragma once

#include <array>
#include <cmath>
#include <utility>

namespace tautrack {

/// Inverse of a D x D matrix by LU with partial pivoting. The loops have fixed bounds, so that
/// matrices of a handful of rows cost nanoseconds, and a product with the inverse costs less than
/// two triangular solves, whose steps wait for each other.
template <int D>
struct SmallInverse {
  /// @param a D * D numbers, row-major; overwritten.
  /// @param inverse D * D numbers, column-major. Not finite when a pivot is zero.
  /// @return sign of the determinant; 0 when a pivot is zero.
  static int invert(double* a, double* inverse) {
    int sign = 1;
    int order[D];
    for (int i = 0; i < D; ++i) order[i] = i;
    for (int k = 0; k < D; ++k) {
      int pivot = k;
      for (int i = k + 1; i < D; ++i)
        if (std::abs(a[i * D + k]) > std::abs(a[pivot * D + k])) pivot = i;
      if (pivot != k) {
        sign = -sign;
        std::swap(order[k], order[pivot]);
        for (int j = 0; j < D; ++j) std::swap(a[k * D + j], a[pivot * D + j]);
      }
      if (a[k * D + k] < 0.0) sign = -sign;
      if (a[k * D + k] == 0.0) sign = 0;
      const double reciprocal = 1.0 / a[k * D + k];
      a[k * D + k] = reciprocal;
      for (int i = k + 1; i < D; ++i) {
        const double factor = a[i * D + k] * reciprocal;
        a[i * D + k] = factor;
        for (int j = k + 1; j < D; ++j) a[i * D + j] -= factor * a[k * D + j];
      }
    }
    // All unit vectors at once: row i of X holds the i-th unknown of every right-hand side.
    double X[D][D] = {};
    for (int i = 0; i < D; ++i) {
      X[i][order[i]] = 1.0;
      for (int k = 0; k < i; ++k)
        for (int j = 0; j < D; ++j) X[i][j] -= a[i * D + k] * X[k][j];
    }
    for (int i = D - 1; i >= 0; --i) {
      for (int k = i + 1; k < D; ++k)
        for (int j = 0; j < D; ++j) X[i][j] -= a[i * D + k] * X[k][j];
      for (int j = 0; j < D; ++j) {
        X[i][j] *= a[i * D + i];
        inverse[j * D + i] = X[i][j];
      }
    }
    return sign;
  }

  /// x = inverse right; the two may not overlap.
  static void multiply(const double* inverse, const double* right, double* x) {
    double sum[D] = {};
    for (int j = 0; j < D; ++j)
      for (int i = 0; i < D; ++i) sum[i] += inverse[j * D + i] * right[j];
    for (int i = 0; i < D; ++i) x[i] = sum[i];
  }
};

/// The two functions for one size, chosen at run time.
struct SmallInverseTable {
  int (*invert)(double*, double*) = nullptr;
  void (*multiply)(const double*, const double*, double*) = nullptr;
};

/// Largest size with fixed loops.
inline constexpr int kLargestSmallInverse = 9;

/// @pre 1 <= size <= kLargestSmallInverse.
inline SmallInverseTable small_inverse(int size) {
  constexpr auto table = []<int... D>(std::integer_sequence<int, D...>) {
    return std::array<SmallInverseTable, sizeof...(D)>{
        SmallInverseTable{&SmallInverse<D + 1>::invert, &SmallInverse<D + 1>::multiply}...};
  }
  (std::make_integer_sequence<int, kLargestSmallInverse>());
  return table[static_cast<std::size_t>(size - 1)];
}

}  // namespace tautrack
