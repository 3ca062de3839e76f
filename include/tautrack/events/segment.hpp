#pragma once

#include "tautrack/core/bordered.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/tracker/result.hpp"

namespace tautrack {

/// The piece of a curve between two accepted points, as the cubic Hermite interpolant of their
/// positions and tangents, in the metric of the first point. Keeps references to both points.
class Segment {
 public:
  /// @pre the points differ.
  Segment(const PathPoint& first, const PathPoint& second);

  [[nodiscard]] const PathPoint& first() const noexcept { return first_; }
  [[nodiscard]] const PathPoint& second() const noexcept { return second_; }
  [[nodiscard]] const MetricScales& scales() const noexcept { return first_.scales; }

  /// Arclength, from the chord and the turn of the tangent.
  [[nodiscard]] double length() const noexcept { return length_; }

  /// Angle between the tangents at the ends, in [0, pi].
  [[nodiscard]] double angle() const noexcept { return angle_; }

  /// Angle between the chord and the mean of the tangents: zero on a circle.
  [[nodiscard]] double skew() const noexcept { return skew_; }

  /// Point and unit tangent of the interpolant at theta in [0, 1]. x is n, direction n + 1.
  void at(double theta, Vector& x, double& tau, Vector& direction) const;

  /// Smallest value over the segment of (dtau/da of the interpolant) * sign, relative to the larger
  /// of its values at the ends and in the mean. Negative: tau turns within the segment although its
  /// ends may not show it.
  [[nodiscard]] double smallest_tau_slope(double sign) const;

  /// theta at which the interpolant first has this tau. @pre tau lies between those of the ends.
  [[nodiscard]] double theta_at_tau(double tau) const;

 private:
  [[nodiscard]] double tau_offset(double theta) const;

  const PathPoint& first_;
  const PathPoint& second_;
  double to_second_metric_;  ///< Factor that makes second().tangent a unit vector in scales().
  double length_ = 0.0;
  double angle_ = 0.0;
  double skew_ = 0.0;
};

}  // namespace tautrack
