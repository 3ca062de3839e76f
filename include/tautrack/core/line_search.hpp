#pragma once

#include <cmath>
#include <limits>

#include "tautrack/core/types.hpp"

namespace tautrack {

/// A point with the value of a function there and its gradient.
struct LinePoint {
  Vector x, gradient;
  double value = -std::numeric_limits<double>::infinity();
};

/// Constants of search_line().
struct LineSearchOptions {
  double rise = 1e-4;  ///< Least rise, in parts of what the slope promises. In (0, 1).
  double slope = 0.9;  ///< Largest slope at the end, in parts of that at the start. In (rise, 1).
  double rounding = 1e-14;  ///< Rises below are lost in the rounding of the value. >= 0.
  int trials = 40;          ///< Points that are looked at. > 0.
};

/// Looks for a point `to` = from + t way that meets both Wolfe conditions, where a function rises, by
/// doubling and halving of t (Lewis & Overton, Nonsmooth optimization via quasi-Newton methods, Math.
/// Program. 141, 2013), which copes with a barrier. Where the rise is lost in rounding the slopes
/// decide (Hager & Zhang, SIAM J. Optim. 16, 2005).
/// @param function double(const Vector& x, Vector& gradient); the value is -infinity outside the
///        domain, where the gradient is not read.
/// @param t The first trial, > 0.
/// @return False if there is no such point; `to` is then the last one that was looked at, if any was.
template <class Function>
bool search_line(Function&& function, const LinePoint& from, const Vector& way, double t,
                 LinePoint& to, const LineSearchOptions& options = {}) {
  const double slope = from.gradient.dot(way);
  if (!(slope > 0.0)) return false;
  double low = 0.0, high = std::numeric_limits<double>::infinity();
  for (int trial = 0; trial < options.trials; ++trial) {
    to.x = from.x + t * way;
    to.value = function(to.x, to.gradient);
    const bool is_number = to.value > -std::numeric_limits<double>::infinity();
    const double new_slope = is_number ? to.gradient.dot(way) : 0.0;
    const bool is_level = is_number && to.value >= from.value - options.rounding &&
                          std::abs(new_slope) <= options.slope * slope;
    if (is_level && slope * t <= options.rounding / options.rise) return true;
    if (!is_number || to.value < from.value + options.rise * t * slope)
      high = t;
    else if (new_slope > options.slope * slope)
      low = t;
    else
      return true;
    t = std::isfinite(high) ? 0.5 * (low + high) : 2.0 * low;
  }
  return false;
}

}  // namespace tautrack
