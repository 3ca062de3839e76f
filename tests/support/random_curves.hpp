#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "support/random_problem.hpp"

namespace tautrack::support {

enum class CurveKind { s_shape, noisy_s_shape, hook, noise, rounded };

/// Responses at rising doses, with replicates next to each other.
struct RandomCurve {
  CurveKind kind = CurveKind::s_shape;
  std::vector<double> x, y;
  bool is_even = false;  ///< Equal spacing.
};

/// The means of replicates, and how many there are.
struct CurveLevels {
  std::vector<double> x, y, weights;
  double energy = 0.0;  ///< Half the sum of squares about the means.
};

inline CurveLevels levels_of(const RandomCurve& curve) {
  CurveLevels levels;
  for (std::size_t i = 0; i < curve.x.size();) {
    std::size_t end = i;
    double sum = 0.0;
    for (; end < curve.x.size() && curve.x[end] == curve.x[i]; ++end) sum += curve.y[end];
    const double mean = sum / static_cast<double>(end - i);
    levels.x.push_back(curve.x[i]);
    levels.y.push_back(mean);
    levels.weights.push_back(static_cast<double>(end - i));
    for (; i < end; ++i) levels.energy += 0.5 * (curve.y[i] - mean) * (curve.y[i] - mean);
  }
  return levels;
}

/// J 5..15 levels, equally spaced or not, one to three replicates: S-shapes with 5 and 20 % noise, hooks, pure noise,
/// and S-shapes rounded to integers.
inline RandomCurve random_curve(std::uint64_t seed) {
  Random random(seed + 1000);
  RandomCurve curve;
  curve.kind = static_cast<CurveKind>(random.integer(0, 5));
  curve.is_even = random.uniform(0.0, 1.0) < 0.5;
  const Index J = random.integer(5, 16), replicates = std::max<Index>(1, random.integer(-1, 4));
  std::vector<double> places;
  double at = curve.is_even ? 1.0 : random.uniform(-3.0, 3.0);
  for (Index j = 0; j < J; ++j) {
    places.push_back(at);
    at += curve.is_even ? 1.0 : std::exp(random.uniform(-1.5, 1.0));
  }
  const double range = places.back() - places.front();
  const double half = places.front() + range * random.uniform(0.1, 0.9);
  const double slope =
      (random.uniform(0.0, 1.0) < 0.5 ? 1.0 : -1.0) * std::exp(random.uniform(0.7, 3.5)) / range;
  const double noise = curve.kind == CurveKind::s_shape         ? 0.05
                       : curve.kind == CurveKind::noisy_s_shape ? 0.2
                       : curve.kind == CurveKind::hook          ? 0.05
                                                                : 0.1;
  for (const double x : places)
    for (Index k = 0; k < replicates; ++k) {
      const double s = 1.0 / (1.0 + std::exp(-slope * (x - half)));
      double y = s + noise * random.normal();
      if (curve.kind == CurveKind::hook)
        y -= 0.4 * std::max(0.0, s - 0.5) * (x - half) / range * 4.0;
      if (curve.kind == CurveKind::noise) y = random.normal();
      if (curve.kind == CurveKind::rounded) y = std::round(5.0 * y);
      curve.x.push_back(x);
      curve.y.push_back(y);
    }
  return curve;
}

}  // namespace tautrack::support
