#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tautrack/core/types.hpp"

#include "proof/interval.hpp"

/// Linear algebra of small matrices whose doubles are taken exactly.
namespace tautrack::proof {

/// n rows of n finite doubles each.
using RowPointers = std::vector<const double*>;

/// Most rows of enclose_inverse().
constexpr int kMostRows = 6;

/// Sign of the determinant: by intervals where they tell it (n <= 3), else in rational numbers.
[[nodiscard]] int determinant_sign(const RowPointers& rows);

/// The same in rational numbers from the start. Cost: n^3 operations on numbers of some 100 n bits.
[[nodiscard]] int exact_determinant_sign(const RowPointers& rows);

/// The inverse of a matrix in rational numbers.
class ExactInverse {
 public:
  explicit ExactInverse(const RowPointers& rows);
  ~ExactInverse();
  ExactInverse(const ExactInverse&) = delete;
  ExactInverse& operator=(const ExactInverse&) = delete;

  /// False exactly when the matrix is singular. Then the others must not be called.
  [[nodiscard]] bool exists() const noexcept;
  /// Encloses entry (i, j).
  [[nodiscard]] Interval entry(int i, int j) const;
  /// Encloses the product of a row of n doubles and column j; the point zero where it is zero.
  [[nodiscard]] Interval product(const double* row, int j) const;

 private:
  struct Numbers;
  std::unique_ptr<Numbers> numbers_;
};

/// Encloses the inverse, entry after entry of row after row, nearly as tightly as doubles can: from an
/// approximate inverse and its residual where that will do, else from the exact one. Nothing exactly when
/// the matrix is singular. @pre At most kMostRows rows.
[[nodiscard]] std::optional<std::vector<Interval>> enclose_inverse(const RowPointers& rows);

}  // namespace tautrack::proof
