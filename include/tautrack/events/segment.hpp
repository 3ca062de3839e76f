#pragma once

#include "tautrack/core/metric.hpp"
#include "tautrack/core/path_point.hpp"
#include "tautrack/core/types.hpp"

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

  /// x part of the chord minus length() times the mean of the tangents: of third order in the
  /// length on a smooth curve. defect is n.
  void chord_defect(Vector& defect) const;

  /// Point and unit tangent of the interpolant at theta in [0, 1]. x is n, direction n + 1.
  void at(double theta, Vector& x, double& tau, Vector& direction) const;

  /// Whether tau may turn and turn back within the segment although both ends have the same
  /// direction of tau: dtau/da of the interpolant, times `direction`, falls below `fraction` of the
  /// smaller of its values at the ends. At a fold, where it is zero, it may not fall below zero by
  /// more than rounding of the interpolant: a twentieth of its value at the other end.
  [[nodiscard]] bool tau_may_turn_twice(int direction, double fraction) const;

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
