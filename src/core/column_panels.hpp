#pragma once

#include <memory>
#include <mutex>

#include "tautrack/core/column_space.hpp"

namespace tautrack {

/// Where A is implied: X, and A once somebody has asked for it.
struct ColumnSpace::Implied {
  std::shared_ptr<const Matrix> X;
  mutable std::once_flag is_formed;
  mutable std::shared_ptr<const double[]> panels;  ///< As in ColumnSpace.
};

/// The basis of a column space as the kernels read it, and the map to weights; the space must outlive this.
class ColumnPanels {
 public:
  explicit ColumnPanels(const ColumnSpace& space) : space_(&space) {}

  /// In panels of 16 rows, [panel][column][16], the last panel filled up with zeros. Formed where it is implied.
  [[nodiscard]] const double* basis() const;

  /// Norms of its rows, [panel][16].
  [[nodiscard]] const double* row_norms() const;

  /// R^+ (s x rank, column by column): w = R^+ v.
  [[nodiscard]] const double* inverse() const noexcept { return space_->inverse_.data(); }

  /// The same as a matrix.
  [[nodiscard]] const Matrix& inverse_matrix() const noexcept { return space_->inverse_; }

 private:
  const ColumnSpace* space_;
};

}  // namespace tautrack
