#pragma once

#include "tautrack/geometry/data_manifold.hpp"

#include "commands/geometry.hpp"

namespace tautrack::program {

/// Moves of the parameters of a manifold that curvatures belong to.
struct CurvatureMoves {
  Matrix towards;  ///< n x n, of ExaminedPoint::curvatures; no columns where there are none.
  Vector largest;  ///< n; empty when flat.
};

/// Adds what the curvature of a manifold says about one of its points: towards y, at large, and what it means for the
/// linear approximation.
[[nodiscard]] CurvatureMoves add_curvatures(const GeometryRequest& request, const ManifoldPoint& at,
                                            ExaminedPoint& point);

}  // namespace tautrack::program
