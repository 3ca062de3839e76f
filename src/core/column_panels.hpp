#pragma once

#include "tautrack/core/column_space.hpp"

namespace tautrack {

/// The basis of a column space as the kernels read it, and the map to weights; the space must outlive this.
class ColumnPanels {
 public:
  explicit ColumnPanels(const ColumnSpace& space) : space_(&space) {}

  /// In panels of 16 rows, [panel][column][16], the last panel filled up with zeros.
  [[nodiscard]] const double* basis() const noexcept { return space_->panels_.get(); }

  /// Norms of its rows, [panel][16].
  [[nodiscard]] const double* row_norms() const noexcept {
    return space_->panels_.get() + space_->panels_size_;
  }

  /// R^+ (s x rank, column by column): w = R^+ v.
  [[nodiscard]] const double* inverse() const noexcept { return space_->inverse_.data(); }

 private:
  const ColumnSpace* space_;
};

}  // namespace tautrack
