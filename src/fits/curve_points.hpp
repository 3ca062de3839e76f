#pragma once

#include <cstddef>
#include <vector>

#include "tautrack/data/output_range.hpp"
#include "tautrack/infinity/infinite_point.hpp"
#include "tautrack/network/activation.hpp"
#include "tautrack/network/stationary_point.hpp"

#include "amplitude/curve_fits.hpp"
#include "fits/covariate.hpp"

namespace tautrack::fits {

/// What the search for curves found, in the terms of the user: weights, plateaus and energies.
class CurveTerms {
 public:
  CurveTerms(const Covariate& data, Activation activation, const OutputRange& range);

  /// The data as the search takes them: a known high end becomes a known low one, upside down.
  [[nodiscard]] const amplitude::Levels& levels() const { return levels_; }

  [[nodiscard]] StationaryPoint point(const amplitude::StationaryCurve& curve) const;
  [[nodiscard]] InfinitePoint limit(const amplitude::CurveLimit& limit) const;

  /// Leaves out the proven infima among steps that have the largest energies, but for so many, and says how many that are.
  [[nodiscard]] std::size_t keep_lowest(std::vector<amplitude::CurveLimit>& limits,
                                        std::size_t most) const;

  /// The limit of a vanishing height, where one end is known and no sigmoid away from it is nearer to the targets.
  [[nodiscard]] InfinitePoint vanishing() const;
  [[nodiscard]] bool vanishes() const;

  /// In words: "a step between 573 and 623", "the exponential 1.2 - 0.3 exp(0.5 x)".
  [[nodiscard]] std::string words(const amplitude::CurveLimit& limit,
                                  const InfinitePoint& point) const;

 private:
  struct Fitted;

  /// @param at_zero phi at minus infinity.
  [[nodiscard]] Fitted fit(const std::vector<long double>& phi, long double at_zero) const;
  [[nodiscard]] InfinitePoint exponential(const amplitude::CurveLimit& limit) const;
  [[nodiscard]] InfinitePoint step(const amplitude::CurveLimit& limit) const;
  /// Energies of these steps but for rounding; of other limits minus infinity.
  [[nodiscard]] std::vector<double> rough_energies(
      const std::vector<amplitude::CurveLimit>& limits) const;
  /// The weights of u = slope x + intercept, logistic's units, in those of the activation and of the columns.
  [[nodiscard]] Vector weights(double slope, double intercept) const;
  [[nodiscard]] std::vector<int> signs(const std::vector<int>& of_level, int of_zero) const;

  const Covariate& data_;
  double input_scale_;  ///< Node inputs of the logistic function over those of the activation.
  OutputRange range_;
  bool upside_down_;
  amplitude::Levels levels_;
  std::vector<double> targets_;  ///< J, less the known end, upside down where that is the high one.
  double zero_target_ = 0.0;     ///< The same of doses of zero.
};

}  // namespace tautrack::fits
