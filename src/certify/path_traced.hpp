#pragma once

#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// One tube and what it claims, for tests: at each a there is exactly one solution x = centre + F b with
/// |b| <= spread. Unknowns are the coordinates v, then delta = 1 - tau.
struct TracedTube {
  bool proven = false;
  double length = 0.0;
  Matrix F;                                ///< n + 1 x n, spans the hyperplanes
  Vector normal;                           ///< n + 1, orthogonal to them
  double rate_low = 0.0, rate_high = 0.0;  ///< Of ddelta/da
  int curvature_sign = 0;                  ///< Of d2delta/da2; 0: not sure.
  struct Sample {
    double a = 0.0;
    Vector centre;  ///< n + 1
    Vector spread;  ///< n
    double delta_low = 0.0, delta_high = 0.0;
  };
  std::vector<Sample> samples;
};

/// The longest tube of length 1, 1/2, ... around the solution near the given one.
/// @param precision 53: double intervals; more: balls.
[[nodiscard]] TracedTube trace_tube(const Perceptron& network, const Vector& weights, double tau,
                                    int precision);

}  // namespace tautrack
