#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/data/output_range.hpp"
#include "tautrack/network/activation.hpp"

namespace tautrack {

/// One fit: weights, and the plateaus of its outputs low + (high - low) sigma01(X w + offset), where sigma01 is the
/// activation scaled to (0, 1). All in the user's units.
struct FittedSigmoid {
  Vector weights;  ///< s
  Range range;     ///< low < high
};

/// The model that a fit belongs to.
struct SigmoidModel {
  const Problem& problem;
  Activation activation = Activation::tanh;
  OutputRange range;  ///< Its free ends are fitted.
};

/// Outputs of a fit for other inputs, or for those of the model. Inputs of minus infinity (data/zero_doses.hpp) have the
/// plateau there for their output here and in all that follows.
/// @param X Any number of rows, s columns. @param offset As Problem::offset: empty, or one for each row.
[[nodiscard]] Vector sigmoid_outputs(const FittedSigmoid& fit, Activation activation,
                                     const Matrix& X, const Vector& offset = {});

/// Derivatives of these outputs by the fitted numbers: the weights, then the low plateau where it is free, then the
/// high one where it is.
/// @return rows x p
[[nodiscard]] Matrix sigmoid_jacobian(const SigmoidModel& model, const FittedSigmoid& fit,
                                      const Matrix& X, const Vector& offset = {});

/// What a reported number is. The last two exist where X has two columns of which one is constant: the value of the
/// other one at which the output is half way between the plateaus, and the slope of the output there.
enum class ParameterKind { weight, low, high, half_point, slope };

/// A number that a fit comes to, with its uncertainty.
struct FitParameter {
  ParameterKind kind = ParameterKind::weight;
  Index column = 0;  ///< Of a weight.
  std::string name;  ///< Of the column, "low", "high", "half point", "slope".
  double estimate = 0.0;
  /// Standard error of the linearised model, from s^2 (J'J)^-1 (Seber & Wild, Nonlinear Regression, 1989, section 2.1);
  /// nothing without degrees of freedom, and where the Jacobian J has not its full rank to rounding.
  std::optional<double> standard_error;
  /// The same with the Hessian of the energy in place of J'J; nothing also where that is not positive definite.
  std::optional<double> hessian_standard_error;
};

/// Whether the linearised model is one for the region that intervals are about.
struct Linearisation {
  /// Relative curvature of parameter effects: s sqrt(p) times the largest acceleration that is tangent to the data manifold,
  /// along unit tangent vectors, when the fitted numbers move straight on (Bates & Watts, J. R. Stat. Soc. B 42, 1980). By
  /// ascent from many directions.
  double parameter_effects = 0.0;
  double threshold =
      0.0;  ///< 1 / (2 sqrt(F(p, L - p; 0.95))): below it a relative curvature is small.

  [[nodiscard]] bool is_usable() const { return parameter_effects < threshold; }
};

/// What is usually said about a fit by least squares.
struct FitStatistics {
  std::vector<FitParameter>
      parameters;  ///< Weights in the order of the columns, fitted plateaus, half point, slope.
  Matrix
      covariance;  ///< p x p, s^2 (J'J)^-1 of weights and fitted plateaus; empty where there is none.
  Vector fitted;     ///< L
  Vector residuals;  ///< L, y - fitted.
  Index degrees_of_freedom =
      0;  ///< L - p, p the rank of X and the fitted plateaus; may be negative.
  double sum_of_squares = 0.0;  ///< sum omega r^2
  double rmse = 0.0;            ///< sqrt(sum omega r^2 / sum omega)
  std::optional<double>
      r_squared;  ///< About the weighted mean; nothing when all targets are equal.
  std::optional<double>
      standard_error;  ///< s of the residuals, sqrt(sum omega r^2 / (L - p)); see `reason`.
  std::string reason;  ///< One sentence why there are no standard errors; empty when there are.
  /// Nothing without standard errors, and for more than 8 fitted numbers, for which it would take long.
  std::optional<Linearisation> linearisation;
};

/// @param fit A stationary point of the model, or nearly one.
/// @param ridge What the fit was penalised with: standard errors are those of unpenalised fits, and there are none
/// unless it is zero.
/// @throws std::invalid_argument when sizes disagree or low < high does not hold; DataError as check().
[[nodiscard]] FitStatistics fit_statistics(const SigmoidModel& model, const FittedSigmoid& fit,
                                           double ridge = 0.0);

/// Standard errors of the outputs of a fit for other inputs, from its covariance, linearised.
/// @param X Any number of rows, s columns. @pre statistics.covariance is there.
/// @return One for each row.
[[nodiscard]] Vector output_errors(const SigmoidModel& model, const FittedSigmoid& fit,
                                   const FitStatistics& statistics, const Matrix& X,
                                   const Vector& offset = {});

/// Quantile by which standard errors are multiplied for intervals of this level: Student's t.
/// @pre 0 < level < 1, degrees_of_freedom > 0.
[[nodiscard]] double t_factor(double level, Index degrees_of_freedom);

}  // namespace tautrack
