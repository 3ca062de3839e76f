#pragma once

#include <array>
#include <cmath>
#include <utility>

namespace tautrack {

/// LU factorisation with partial pivoting of a D x D matrix, row by row, in place: the loops have
/// fixed bounds, so that matrices of a handful of rows cost nanoseconds.
template <int D>
struct SmallLu {
  /// @param a D * D numbers, row-major; overwritten by L (unit diagonal) and U with the reciprocals
  /// of its diagonal in place of the diagonal.
  /// @param order Row order[i] of the matrix is row i of the factors.
  /// @return sign of the permutation.
  static int factor(double* a, int* order) {
    int sign = 1;
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
      const double inverse = 1.0 / a[k * D + k];
      a[k * D + k] = inverse;
      for (int i = k + 1; i < D; ++i) {
        const double factor = a[i * D + k] * inverse;
        a[i * D + k] = factor;
        for (int j = k + 1; j < D; ++j) a[i * D + j] -= factor * a[k * D + j];
      }
    }
    return sign;
  }

  /// x and right may not overlap.
  static void solve(const double* lu, const int* order, const double* right, double* x) {
    for (int i = 0; i < D; ++i) {
      double sum = right[order[i]];
      for (int j = 0; j < i; ++j) sum -= lu[i * D + j] * x[j];
      x[i] = sum;
    }
    for (int i = D - 1; i >= 0; --i) {
      double sum = x[i];
      for (int j = i + 1; j < D; ++j) sum -= lu[i * D + j] * x[j];
      x[i] = sum * lu[i * D + i];
    }
  }
};

/// The two functions for one size, chosen at run time.
struct SmallLuTable {
  int (*factor)(double*, int*) = nullptr;
  void (*solve)(const double*, const int*, const double*, double*) = nullptr;
};

/// Largest size with fixed loops.
constexpr int kLargestSmallLu = 9;

/// @pre 1 <= size <= kLargestSmallLu.
inline SmallLuTable small_lu(int size) {
  constexpr auto table = []<int... D>(std::integer_sequence<int, D...>) {
    return std::array<SmallLuTable, sizeof...(D)>{
        SmallLuTable{&SmallLu<D + 1>::factor, &SmallLu<D + 1>::solve}...};
  }
  (std::make_integer_sequence<int, kLargestSmallLu>());
  return table[static_cast<std::size_t>(size - 1)];
}

}  // namespace tautrack
