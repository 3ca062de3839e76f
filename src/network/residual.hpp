#pragma once

#include "tautrack/network/activation.hpp"

namespace tautrack {

/// r = f(u, tau) - y, where sigma is near an end of its range summed from the distances to that end:
/// see kernels/sigmoid.hpp.
inline double residual(const ActivationValues& sigma, const Range& ends, double u, double tau,
                       double y) {
  const double delta = 1.0 - tau;
  if (sigma.tail < 0.25 * (ends.high - ends.low)) {
    const double end = u < 0.0 ? ends.low : ends.high;
    return (end - y) + tau * (u < 0.0 ? sigma.tail : -sigma.tail) + delta * (u - end);
  }
  return delta * u + tau * sigma.value - y;
}

}  // namespace tautrack
