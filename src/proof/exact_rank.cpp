#include "proof/exact_rank.hpp"

#ifdef TAUTRACK_WITH_FLINT

#include <algorithm>
#include <cmath>
#include <flint/fmpz.h>
#include <flint/fmpz_mat.h>
#include <limits>

namespace tautrack::proof {

namespace {

/// A matrix of integers.
class IntegerMatrix {
 public:
  IntegerMatrix(Index rows, Index columns) { fmpz_mat_init(matrix_, rows, columns); }
  IntegerMatrix(const IntegerMatrix&) = delete;
  IntegerMatrix& operator=(const IntegerMatrix&) = delete;
  ~IntegerMatrix() { fmpz_mat_clear(matrix_); }

  [[nodiscard]] fmpz* operator()(Index i, Index j) noexcept {
    return fmpz_mat_entry(matrix_, i, j);
  }
  [[nodiscard]] Index rank() const { return fmpz_mat_rank(matrix_); }

 private:
  fmpz_mat_t matrix_;
};

}  // namespace

Index exact_rank(const Matrix& X) {
  constexpr int digits = std::numeric_limits<double>::digits;
  IntegerMatrix integers(X.rows(), X.cols());
  for (Index j = 0; j < X.cols(); ++j) {
    // A power of two for each column does not change the rank.
    int least = std::numeric_limits<int>::max();
    for (Index i = 0; i < X.rows(); ++i) {
      int exponent = 0;
      if (std::frexp(X(i, j), &exponent) != 0.0) least = std::min(least, exponent);
    }
    for (Index i = 0; i < X.rows(); ++i) {
      int exponent = 0;
      const double fraction = std::frexp(X(i, j), &exponent);
      if (fraction == 0.0) continue;
      fmpz* const entry = integers(i, j);
      fmpz_set_d(entry, std::ldexp(fraction, digits));
      fmpz_mul_2exp(entry, entry, static_cast<ulong>(exponent - least));
    }
  }
  return integers.rank();
}

}  // namespace tautrack::proof

#endif
