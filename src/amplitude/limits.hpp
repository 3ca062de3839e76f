#pragma once

#include <optional>
#include <vector>

#include "tautrack/core/stop_condition.hpp"

#include "amplitude/levels.hpp"

namespace tautrack::amplitude {

/// A limit of curves with fitted plateaus (docs/theory.md, section 13), in the units of Levels.
struct CurveLimit {
  /// Of an exponential offset + factor exp(rate x), rate of either sign; else zero.
  Interval rate = 0.0;
  Interval only_in = 0.0;  ///< Rates among which it is the only one.
  bool is_exponential = false;
  /// Of a step: so many levels, at least, lie on the plateau of small x; the next one is free if `has_free`. None does
  /// where the plateau is that of the level at minus infinity.
  std::size_t below = 0;
  bool has_free = false;
  bool is_flat =
      false;  ///< Of a falling step behind minus infinity: all levels are on its way, at their mean.
  bool rises = true;  ///< Known offset: the known plateau is that of small x.
  /// Whether energies nearby are larger, proven; nothing: it could not be decided.
  std::optional<bool> is_infimum;
  int count =
      0;  ///< Exponentials: what it adds to the sum over critical points, where the offset is fitted.
};

/// The stationary exponentials, and whether these are all.
struct Exponentials {
  std::vector<CurveLimit> limits;
  bool complete = true;
};

/// @param most, stop As search_chart().
[[nodiscard]] Exponentials find_exponentials(const Levels& levels, long most,
                                             const StopCondition& stop);

/// Steps with and without a free level, and the one between minus infinity and the first level. Falling ones beside a known
/// plateau and with a level at minus infinity: so many levels are below where all others are on the known plateau; all of
/// them are where the outputs are one.
struct StepLimits {
  std::vector<CurveLimit> limits;  ///< Infima, and those of which it is undecided.
  int count = 0;  ///< What all of them add to the sum over critical points (fitted offset).
  bool count_is_known = true;  ///< False where data tie, and where not all were looked at.
  bool complete = true;        ///< False: it was stopped.
};
[[nodiscard]] StepLimits find_steps(const Levels& levels, const StopCondition& stop);

}  // namespace tautrack::amplitude
