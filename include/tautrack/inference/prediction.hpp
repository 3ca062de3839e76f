#pragma once

#include <optional>

#include "tautrack/data/single_input.hpp"
#include "tautrack/inference/fit_statistics.hpp"

namespace tautrack {

/// The value of the input at which the output has a given value, and an interval for it.
struct InversePrediction {
  std::optional<double> estimate;   ///< Nothing where no output has that value.
  std::optional<double> low, high;  ///< Nothing where the interval is unbounded, or is none.
  bool is_empty =
      false;  ///< The interval is none: not even the band of the outputs has that value.
};

/// Inverse prediction (calibration) with the interval
///
///     { x : (z(x) - response)^2 <= factor^2 (var z(x) + variance) },
///
/// var z from the linearised covariance (Seber & Wild, Nonlinear Regression, 1989, section 5.3: inversion of the
/// region). What it comes to is the hull of that set: near a plateau it is unbounded, since the outputs there do not tell
/// one input from another.
/// @param covariance Of the fitted numbers, as FitStatistics has it.
/// @param factor See t_factor().
/// @param variance Of the response itself: s^2 of the residuals over the number of measurements that it is the mean
/// of; zero for an exact value.
[[nodiscard]] InversePrediction inverse_prediction(const SigmoidModel& model,
                                                   const FittedSigmoid& fit,
                                                   const Matrix& covariance,
                                                   const SingleInput& columns, double factor,
                                                   double response, double variance);

}  // namespace tautrack
