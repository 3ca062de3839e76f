#pragma once

#include <optional>

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
  [[nodiscard]] std::optional<int> count(const Matrix& H_x, double relative_error = 0.0);

  /// Of the last count(), ascending.
  [[nodiscard]] const Vector& eigenvalues() const noexcept { return eigenvalues_; }

 private:
  Vector eigenvalues_;
};

}  // namespace tautrack
