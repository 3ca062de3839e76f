#pragma once

#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/network/stationary_point.hpp"

namespace tautrack::fits {

/// What descents of an amplitude model came to.
struct CurveDescents {
  std::vector<StationaryPoint> minima;  ///< By energy, each once, low < high.
  int starts = 0;
  int ran_off =
      0;  ///< Descents whose weights or plateaus grew without bound, or stood still far out.
  double lowest_off = 0.0;  ///< The lowest energy that one of those came to.
};

/// Descends by Newton's method with a damping, from starts of random directions and slopes.
/// @param network One unit, one linear output.
[[nodiscard]] CurveDescents descend_curves(const HiddenLayer& network, int starts,
                                           unsigned long seed, const StopCondition& stop);

}  // namespace tautrack::fits
