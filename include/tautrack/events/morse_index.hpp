#pragma once

#include <limits>
#include <optional>
#include <utility>

#include "tautrack/core/types.hpp"

namespace tautrack {

/// Counts the negative eigenvalues of symmetric matrices, with a statement of what is too small to
/// tell.
class MorseIndex {
 public:
  /// @param H_x n x n, symmetric; the lower triangle is read.
  /// @param relative_error Error of H_x relative to its largest eigenvalue; an eigenvalue below it
  /// has no sign. Rounding of the eigenvalues themselves is added.
  /// @return Negative eigenvalues, or nothing when one has no sign.
  ///
  /// A Cholesky factor of H_x, shifted down by that error, proves an index of zero; triangular factors of H_x, shifted up and
  /// down, prove another one if they agree and are not too large for it, and that there is none. Only else are the eigenvalues computed.
  [[nodiscard]] std::optional<int> count(const Matrix& H_x, double relative_error = 0.0);

  /// The same at a fold, where one eigenvalue is zero: the one smallest in size is left out.
  /// Nothing when a second one has no sign either.
  [[nodiscard]] std::optional<int> count_without_smallest(const Matrix& H_x);

  /// An n x n matrix is positive definite beyond doubt if it is with its diagonal reduced by this
  /// multiple of a bound on its largest eigenvalue.
  [[nodiscard]] static double margin(Index n) noexcept {
    return 4.0 * static_cast<double>(n) * std::numeric_limits<double>::epsilon();
  }

  /// All eigenvalues, ascending; empty when an entry is not finite.
  [[nodiscard]] const Vector& eigenvalues(const Matrix& H_x);

 private:
  [[nodiscard]] bool is_positive(const Matrix& H_x, double margin);
  [[nodiscard]] std::optional<int> count_below(const Matrix& H_x, double shift, double allowed);
  /// Below -shift and below shift.
  [[nodiscard]] std::optional<std::pair<int, int>> count_below_both(const Matrix& H_x, double shift,
                                                                    double allowed);

  Vector eigenvalues_;
  Matrix factor_;
};

}  // namespace tautrack
