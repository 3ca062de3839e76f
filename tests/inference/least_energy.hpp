#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "tautrack/inference/profile.hpp"

/// Least energies by a search that knows nothing of derivatives or curves.
namespace tautrack::least_energy {

/// A sigmoid from 0 to 1, symmetric about (0, 1/2), and its derivative at 0.
struct Shape {
  std::function<double(double)> share = [](double u) { return 1.0 / (1.0 + std::exp(-u)); };
  double steepness = 0.25;
};

/// The energy of a curve of rows (x, 1) with the free plateaus where they fit best; `range` may hold one for a
/// while, and `height` their distance.
inline double energy_of(const Problem& problem, const OutputRange& range, double w, double c,
                        const std::optional<double>& height = std::nullopt,
                        const Shape& shape = {}) {
  double aa = 0.0, ab = 0.0, bb = 0.0, ya = 0.0, yb = 0.0, yy = 0.0;
  for (Index i = 0; i < problem.y.size(); ++i) {
    const double u = std::isfinite(problem.X(i, 0)) ? w * problem.X(i, 0) + c : -w * 1e300;
    const double b = shape.share(u), a = shape.share(-u), y = problem.y(i);
    aa += a * a;
    ab += a * b;
    bb += b * b;
    ya += y * a;
    yb += y * b;
    yy += y * y;
  }
  double low = range.low.value_or(0.0), high = range.high.value_or(0.0);
  if (height) {
    const double total = aa + 2.0 * ab + bb;
    low = range.low    ? *range.low
          : range.high ? *range.high - *height
                       : (ya + yb - *height * (ab + bb)) / total;
    high = low + *height;
  } else if (!range.low && !range.high) {
    low = (ya * bb - yb * ab) / (aa * bb - ab * ab);
    high = (yb * aa - ya * ab) / (aa * bb - ab * ab);
  } else if (!range.low) {
    low = (ya - ab * high) / aa;
  } else if (!range.high) {
    high = (yb - ab * low) / bb;
  }
  return 0.5 * (yy - 2.0 * low * ya - 2.0 * high * yb + low * low * aa + 2.0 * low * high * ab +
                high * high * bb);
}

/// The least energy with a parameter at a value, with the sign of w: a search that narrows, from the curve (w, c) or the
/// best one of a grid.
inline double least_with(const Problem& problem, OutputRange range,
                         const ProfileInterval& parameter, double value, double w, double c,
                         const Shape& shape = {}) {
  const bool is_slope = parameter.kind == ParameterKind::weight && parameter.column == 0;
  const bool is_bias = parameter.kind == ParameterKind::weight && parameter.column == 1;
  const bool is_half = parameter.kind == ParameterKind::half_point;
  const bool is_steepness = parameter.kind == ParameterKind::slope;
  if (parameter.kind == ParameterKind::low) range.low = value;
  if (parameter.kind == ParameterKind::high) range.high = value;
  // log |w| and the half point, one of which the parameter may determine.
  double p = std::log(std::abs(w)), h = -c / w;
  const double sign = w > 0.0 ? 1.0 : -1.0;
  const auto energy = [&](double log_slope, double half) {
    double slope = sign * std::exp(log_slope);
    if (is_slope) slope = value;
    if (is_half) half = value;
    if (is_bias) half = -value / slope;
    // The steepness times the weight and the distance of the plateaus.
    std::optional<double> height;
    if (is_steepness && range.is_known())
      slope = value / (shape.steepness * (*range.high - *range.low));
    else if (is_steepness)
      height = value / (shape.steepness * slope);
    return energy_of(problem, range, slope, -slope * half, height, shape);
  };
  double best = energy(p, h);
  // The lowest of a grid to begin with.
  double first = std::numeric_limits<double>::infinity(), last = -first;
  for (Index i = 0; i < problem.y.size(); ++i) {
    if (!std::isfinite(problem.X(i, 0))) continue;
    first = std::min(first, problem.X(i, 0));
    last = std::max(last, problem.X(i, 0));
  }
  for (int a = 0; a <= 40; ++a)
    for (int b = 0; b <= 60; ++b) {
      const double log_slope = std::log(0.05 * std::pow(2000.0, a / 40.0) / (last - first));
      const double half = first + (last - first) * (b / 20.0 - 1.0);
      const double other = energy(log_slope, half);
      if (!(other < best)) continue;
      best = other;
      p = log_slope;
      h = half;
    }
  for (double step = 0.3; step > 1e-8; step *= 0.6)
    for (int round = 0; round < 2000; ++round) {
      bool moved = false;
      for (const auto& [dp, dh] : {std::pair(1.0, 0.0), std::pair(-1.0, 0.0), std::pair(0.0, 1.0),
                                   std::pair(0.0, -1.0), std::pair(1.0, 1.0), std::pair(1.0, -1.0),
                                   std::pair(-1.0, 1.0), std::pair(-1.0, -1.0)}) {
        const double other = energy(p + step * dp, h + step * dh);
        if (!(other < best)) continue;
        best = other;
        p += step * dp;
        h += step * dh;
        moved = true;
      }
      if (!moved) break;
    }
  return best;
}

}  // namespace tautrack::least_energy
