#pragma once

#include <limits>
#include <optional>

#include "tautrack/inference/fit_statistics.hpp"

#include "fits/covariate.hpp"

namespace tautrack::inference {

/// A curve of one input that was looked at: the value of a parameter, what it is made of, and its energy.
struct SeenCurve {
  double value = 0.0;
  double slope = 0.0, bias = 0.0;  ///< The weights.
  Range plateaus;
  double energy = std::numeric_limits<double>::infinity();
};

/// The curves with the smallest and the largest value of a parameter; nothing: there were none.
struct SeenRange {
  std::optional<SeenCurve> lowest, highest;
};

/// The same of all parameters of one input and a bias.
struct SeenValues {
  SeenRange weight, bias, low, high, half_point, slope;

  [[nodiscard]] const SeenRange& of(ParameterKind kind, bool is_bias) const;
};

/// Looks at curves of a grid of slopes and half points, plateaus fitted: values of those below a threshold, plateaus, and
/// for the slope at the half point their distance, as far from the best ones as it allows. Not all that there are, and not what curves of constrained minima lead to: a check
/// of these.
[[nodiscard]] SeenValues look_around(const fits::Covariate& data, Activation activation,
                                     const OutputRange& range, double threshold);

/// The lowest of many curves for which a parameter has this value; its energy is infinite when none of them belongs to the
/// model. Where two numbers are left that are not plateaus, the grid is that of look_around().
[[nodiscard]] SeenCurve lowest_curve(const fits::Covariate& data, Activation activation,
                                     const OutputRange& range, ParameterKind kind, bool is_bias,
                                     double value);

}  // namespace tautrack::inference
