#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "tautrack/data/dataset.hpp"

#include "amplitude/levels.hpp"

namespace tautrack::fits {

/// In place of a level.
inline constexpr std::size_t kZeroDose = static_cast<std::size_t>(-1);

/// A problem of one input and a bias, level by level.
struct Covariate {
  Index input = 0, bias = 1;          ///< Columns of X.
  double bias_value = 1.0;            ///< What the bias column holds.
  std::vector<double> values;         ///< J, the different values of the input, ascending.
  std::vector<double> means;          ///< J, weighted mean targets.
  std::vector<double> weights;        ///< J, sums of pattern weights.
  std::vector<std::size_t> level_of;  ///< L; kZeroDose for rows at minus infinity.
  /// Rows at minus infinity (data/zero_doses.hpp), which are no level.
  std::optional<amplitude::ZeroLevel> zero;
  double energy = 0.0;  ///< 1/2 sum omega (y - mean)^2: what no curve can change.

  [[nodiscard]] std::size_t size() const { return values.size(); }
};

/// Nothing unless X has two columns of which one is constant, not zero, and the other is not.
[[nodiscard]] std::optional<Covariate> covariate_of(const Problem& problem);

}  // namespace tautrack::fits
