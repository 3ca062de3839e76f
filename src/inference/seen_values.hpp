#pragma once

#include <limits>

#include "tautrack/inference/fit_statistics.hpp"

#include "fits/covariate.hpp"

namespace tautrack::inference {

/// Smallest and largest value of a parameter among curves that were looked at; low > high: there were none.
struct SeenRange {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

/// The same of all parameters of one input and a bias.
struct SeenValues {
  SeenRange slope, bias, low, high, half_point;

  [[nodiscard]] const SeenRange& of(ParameterKind kind, bool is_bias) const;
};

/// Looks at curves of a grid of slopes and half points, plateaus fitted: values of those below a threshold, plateaus as
/// far from the best ones as it allows. Not all that there are, and not what curves of constrained minima lead to: a check
/// of these.
[[nodiscard]] SeenValues look_around(const fits::Covariate& data, Activation activation,
                                     const OutputRange& range, double threshold);

/// Whether one of many curves of this slope, from those with all levels on one side of the half point to those with all on
/// the other, is below the threshold.
[[nodiscard]] bool has_curve_of_slope(const fits::Covariate& data, Activation activation,
                                      const OutputRange& range, double slope, double threshold);

}  // namespace tautrack::inference
