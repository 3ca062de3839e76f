#pragma once

#include <cmath>

#include "tautrack/network/activation.hpp"
#include "tautrack/network/tau.hpp"

#include "kernels/kernels.hpp"

namespace tautrack {

/// r = f(u, tau) - y and the size of what it is summed from.
struct Residual {
  double value;
  double size;
};

/// One pattern by itself; kernels/sigmoid.hpp does the same for many. Where sigma is near an end of its
/// range (kernels::near_end), r is summed from the distances to that end: a target at the end itself
/// (y = 1, u = 30) must leave the tail of the sigmoid, not zero.
inline Residual residual_and_size(const ActivationValues& sigma, const Range& ends, double u,
                                  Tau tau, double y) {
  const double delta = tau.rest();
  if (sigma.tail < kernels::near_end * (ends.high - ends.low)) {
    const double end = u < 0.0 ? ends.low : ends.high;
    const double tail = tau.value() * (u < 0.0 ? sigma.tail : -sigma.tail);
    const double wing = delta * (u - end);
    return {(end - y) + tail + wing, std::abs(end - y) + std::abs(tail) + std::abs(wing)};
  }
  const double linear = delta * u;
  const double sigmoid = tau.value() * sigma.value;
  return {linear + sigmoid - y, std::abs(linear) + std::abs(sigmoid) + std::abs(y)};
}

inline double residual(const ActivationValues& sigma, const Range& ends, double u, Tau tau,
                       double y) {
  return residual_and_size(sigma, ends, u, tau, y).value;
}

}  // namespace tautrack
