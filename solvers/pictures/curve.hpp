#pragma once

#include <vector>

#include "tautrack/network/perceptron.hpp"
#include "tautrack/tracker/result.hpp"

namespace tautrack::program {

/// A point of a path as a picture shows it.
struct CurvePoint {
  double tau = 0.0;
  Vector weights;  ///< s, in the user's units.
  double energy = 0.0;
};

/// The path through accepted points as a smooth curve: between two of them, points of the cubic
/// that has their positions and tangents, so that long steps do not show as corners. At most about
/// `most` points, but folds and the ends are always there. A few passes over the data for
/// an accepted point.
[[nodiscard]] std::vector<CurvePoint> smooth_curve(const Perceptron& network,
                                                   const std::vector<PathPoint>& points,
                                                   std::size_t most);

}  // namespace tautrack::program
