#pragma once

#include "tautrack/network/activation.hpp"

namespace tautrack::inference {

/// Derivative at 0 of an activation that is scaled to (0, 1): slopes at half points are this times the distance of the
/// plateaus and the weight.
[[nodiscard]] inline double steepness(Activation activation) {
  const Range own = range(activation);
  return evaluate(activation, 0.0).first / (own.high - own.low);
}

}  // namespace tautrack::inference
