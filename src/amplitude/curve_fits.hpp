#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/stop_condition.hpp"

#include "amplitude/limits.hpp"

namespace tautrack::amplitude {

/// A stationary curve low + (high - low) sigma(slope x + intercept), in the units of Levels.
struct StationaryCurve {
  Interval slope, intercept;  ///< Enclosures of the one that is proven to exist.
  /// Negative eigenvalues of the Hessian of the energy by (slope, intercept) with the plateaus fitted, which are
  /// those of the whole Hessian; nothing when it could not be decided.
  std::optional<int> index;
};

/// All of them, as far as it is known.
struct CurveFits {
  std::vector<StationaryCurve> curves;
  std::vector<CurveLimit> limits;
  bool complete = false;         ///< Proven: there are no others.
  std::string reason;            ///< One sentence: why it is not complete, or how that was proven.
  std::optional<int> index_sum;  ///< Fitted offset: of curves and limits, 1 if nothing is missing.
  long boxes = 0;                ///< Looked at.
  double largest_slope = 0.0;    ///< From here on tails exclude everything.
};

/// Finds all stationary curves and limits by bisection in the charts, with the tails excluded.
/// @param most Boxes to look at.
/// @pre As many levels as unknowns at least, that at minus infinity included: 4, 3 with a known offset.
[[nodiscard]] CurveFits find_curve_fits(const Levels& levels, long most, const StopCondition& stop);

}  // namespace tautrack::amplitude
