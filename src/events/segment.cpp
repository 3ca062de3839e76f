#include "tautrack/events/segment.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace tautrack {

namespace {

/// Tangents that turn more than this, nearly half a circle, are no longer taken for those of an arc.
constexpr double kLargestTurn = 3.0;

/// Half a turn up to this makes the arc longer than its chord by less than 2e-9 of it: none at all.
constexpr double kStraightHalf = 1e-4;

/// Rounding of the difference of two tau, relative to tau: four times that of both.
constexpr double kTauNoise = 4.0 * std::numeric_limits<double>::epsilon();

/// Behind a fold, where dtau/da starts from zero, the cubic dips a little by its own error: by
/// experience no more than this part of dtau/da at the end.
constexpr double kFoldDip = 0.05;

/// Halvings of [0, 1] for a starting guess: 1e-12.
constexpr int kThetaHalvings = 40;

}  // namespace

Segment::Segment(const PathPoint& first, const PathPoint& second)
    : first_(first),
      second_(second),
      to_second_metric_(1.0 / metric_norm(second.tangent, first.scales)) {
  const Index n = first.x.size();
  const double inverse_unknown = 1.0 / scales().unknown;
  const double inverse_parameter = 1.0 / scales().parameter;
  // One sweep gathers all inner products of the chord d and the tangents t0, t1.
  double dd = 0.0, d0 = 0.0, d1 = 0.0, t01 = 0.0, difference = 0.0;
  const auto add = [&](double d, double t0, double t1) {
    dd += d * d;
    d0 += d * t0;
    d1 += d * t1;
    t01 += t0 * t1;
    difference += (t1 - t0) * (t1 - t0);
  };
  for (Index j = 0; j < n; ++j)
    add((second.x(j) - first.x(j)) * inverse_unknown, first.tangent(j) * inverse_unknown,
        second.tangent(j) * to_second_metric_ * inverse_unknown);
  add((second.tau - first.tau) * inverse_parameter, first.tangent(n) * inverse_parameter,
      second.tangent(n) * to_second_metric_ * inverse_parameter);
  const double chord = std::sqrt(dd);
  // From |t1 - t0| = 2 sin(angle / 2): accurate for small angles.
  angle_ = 2.0 * std::asin(std::min(1.0, 0.5 * std::sqrt(difference)));
  const double half = 0.5 * std::min(angle_, kLargestTurn);
  length_ = half > kStraightHalf ? chord * half / std::sin(half) : chord;
  const double mean = std::sqrt(std::max(0.0, 2.0 + 2.0 * t01));
  if (chord > 0.0 && mean > 0.0) {
    // Distance of two unit vectors: 2 sin(skew / 2).
    double gap = 0.0;
    const auto widen = [&](double d, double t0, double t1) {
      const double e = d / chord - (t0 + t1) / mean;
      gap += e * e;
    };
    for (Index j = 0; j < n; ++j)
      widen((second.x(j) - first.x(j)) * inverse_unknown, first.tangent(j) * inverse_unknown,
            second.tangent(j) * to_second_metric_ * inverse_unknown);
    widen((second.tau - first.tau) * inverse_parameter, first.tangent(n) * inverse_parameter,
          second.tangent(n) * to_second_metric_ * inverse_parameter);
    skew_ = 2.0 * std::asin(std::min(1.0, 0.5 * std::sqrt(gap)));
  } else {
    skew_ = std::acos(-1.0);
  }
}

void Segment::chord_defect(Vector& defect) const {
  const Index n = first_.x.size();
  defect = second_.x - first_.x -
           (0.5 * length_) * (first_.tangent.head(n) + to_second_metric_ * second_.tangent.head(n));
}

void Segment::at(double theta, Vector& x, double& tau, Vector& direction) const {
  const Index n = first_.x.size();
  const double h = length_;
  const double value = theta * theta * (3.0 - 2.0 * theta);  // weight of the second position
  const double slope = 6.0 * theta * (1.0 - theta);
  const double left = theta * (1.0 - theta) * (1.0 - theta) * h;
  const double right = -theta * theta * (1.0 - theta) * h * to_second_metric_;
  const double left_slope = (1.0 - theta) * (1.0 - 3.0 * theta) * h;
  const double right_slope = theta * (3.0 * theta - 2.0) * h * to_second_metric_;
  const auto t0 = first_.tangent.head(n);
  const auto t1 = second_.tangent.head(n);
  x = first_.x + value * (second_.x - first_.x) + left * t0 + right * t1;
  tau = first_.tau + value * (second_.tau - first_.tau) + left * first_.tangent(n) +
        right * second_.tangent(n);
  direction.head(n) = slope * (second_.x - first_.x) + left_slope * t0 + right_slope * t1;
  direction(n) = slope * (second_.tau - first_.tau) + left_slope * first_.tangent(n) +
                 right_slope * second_.tangent(n);
  direction /= metric_norm(direction, scales());
}

bool Segment::tau_may_turn_twice(int direction, double fraction) const {
  const Index n = first_.x.size();
  const bool at_fold = first_.kind == PointKind::fold;
  const double g0 = at_fold ? 0.0 : direction * first_.tangent(n);
  const double g1 = direction * second_.tangent(n) * to_second_metric_;
  const double mean = direction * (second_.tau - first_.tau) / length_;
  // g(theta) = g0 + (6 mean - 4 g0 - 2 g1) theta + 3 (g0 + g1 - 2 mean) theta^2
  const double b = 6.0 * mean - 4.0 * g0 - 2.0 * g1;
  const double c = 3.0 * (g0 + g1 - 2.0 * mean);
  if (!(c > 0.0)) return false;
  const double theta = -0.5 * b / c;
  if (!(theta > 0.0 && theta < 1.0)) return false;
  // The rounding of tau and the distance of the ends to the curve, over the length, are in the mean.
  const double noise =
      (kTauNoise * std::abs(first_.tau) / scales().parameter + first_.error + second_.error) /
      length_;
  // Of the mean g has 6 theta (1 - theta), at most 1.5.
  const double smallest = g0 + 0.5 * b * theta + 1.5 * noise;
  return smallest < (at_fold ? -kFoldDip * g1 : fraction * std::min(g0, g1));
}

double Segment::tau_offset(double theta) const {
  const Index n = first_.x.size();
  return theta * theta * (3.0 - 2.0 * theta) * (second_.tau - first_.tau) +
         length_ * theta * (1.0 - theta) *
             ((1.0 - theta) * first_.tangent(n) - theta * to_second_metric_ * second_.tangent(n));
}

double Segment::theta_at_tau(double tau) const {
  const double sign = second_.tau >= first_.tau ? 1.0 : -1.0;
  const double wanted = sign * (tau - first_.tau);
  assert(wanted >= 0.0 && wanted <= sign * (second_.tau - first_.tau));
  // The first turn of the cubic, if it has one within the segment, may lie beyond the wanted tau.
  const Index n = first_.x.size();
  const double rise = second_.tau - first_.tau;
  const double g0 = length_ * first_.tangent(n);
  const double g1 = length_ * to_second_metric_ * second_.tangent(n);
  // derivative: g0 + (6 rise - 4 g0 - 2 g1) theta + 3 (g0 + g1 - 2 rise) theta^2
  const double b = 6.0 * rise - 4.0 * g0 - 2.0 * g1;
  const double c = 3.0 * (g0 + g1 - 2.0 * rise);
  double high = 1.0;
  const double discriminant = b * b - 4.0 * c * g0;
  if (discriminant > 0.0) {
    const double q = -0.5 * (b + std::copysign(std::sqrt(discriminant), b));
    for (const double turn : {q / c, g0 / q})
      if (turn > 0.0 && turn < high && sign * tau_offset(turn) >= wanted) high = turn;
  }
  double low = 0.0;
  for (int k = 0; k < kThetaHalvings; ++k) {
    const double middle = 0.5 * (low + high);
    (sign * tau_offset(middle) < wanted ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace tautrack
