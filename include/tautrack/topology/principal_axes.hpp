#pragma once

#include "tautrack/core/types.hpp"

namespace tautrack {

/// Axes along which points vary, the one of the largest variance first.
struct PrincipalAxes {
  Matrix axes;  ///< d x d, orthonormal columns; the entry of largest magnitude of each is positive.
  Vector
      variances;  ///< d, descending: sums of squares along the axes, of points moved to their mean.
};

/// @param points d x N, d and N > 0.
[[nodiscard]] PrincipalAxes principal_axes(const Matrix& points);

}  // namespace tautrack
