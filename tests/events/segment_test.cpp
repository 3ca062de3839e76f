#include "tautrack/events/segment.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include <doctest/doctest.h>

#include "support/known_problems.hpp"

namespace segment_test {

namespace {

using std::numbers::pi;
using tautrack::Index;
using tautrack::metric_norm;
using tautrack::MetricScales;
using tautrack::PathPoint;
using tautrack::Segment;
using tautrack::Vector;
using tautrack::known::Circle;

constexpr double epsilon = std::numeric_limits<double>::epsilon();

/// A point with one unknown and its tangent.
PathPoint point_at(double x, double tau, double x_slope, double tau_slope) {
  PathPoint point;
  point.x = Vector::Constant(1, x);
  point.tau = tau;
  point.tangent = Vector{{x_slope, tau_slope}}.normalized();
  return point;
}

/// From (0, 0) to (x, tau) with both tangents along tau: a chord of length one where x^2 + tau^2 =
/// 1, so that dtau/da of the cubic is 1 - 6 (1 - tau) theta (1 - theta).
struct Along {
  explicit Along(double tau)
      : first(point_at(0.0, 0.0, 0.0, 1.0)),
        second(point_at(std::sqrt((1.0 - tau) * (1.0 + tau)), tau, 0.0, 1.0)) {}
  PathPoint first, second;
};

/// Where a segment is at theta.
struct At {
  Vector x;
  double tau = 0.0;
  Vector direction;
};

At at(const Segment& segment, double theta) {
  At result;
  result.x.resize(segment.first().x.size());
  result.direction.resize(segment.first().x.size() + 1);
  segment.at(theta, result.x, result.tau, result.direction);
  return result;
}

/// Largest distance of the interpolant of an arc of the circle from the circle, by its angle.
double largest_error(double from, double to) {
  const PathPoint first = Circle::point(from), second = Circle::point(to);
  const Segment segment(first, second);
  double largest = 0.0;
  for (double theta = 0.05; theta < 1.0; theta += 0.05) {
    const At where = at(segment, theta);
    const double a = from + theta * (to - from);
    largest = std::max(largest, std::hypot(where.x(0) - std::cos(a), where.tau - std::sin(a)));
  }
  return largest;
}

}  // namespace

TEST_CASE("an arc of the circle: length and angle are its own, the skew is zero") {
  for (const double angle : {1e-9, 1e-6, 1e-3, 0.1, 1.0, 2.0, 2.9}) {
    CAPTURE(angle);
    const PathPoint first = Circle::point(0.4), second = Circle::point(0.4 + angle);
    const Segment segment(first, second);
    CHECK(&segment.first() == &first);
    CHECK(&segment.second() == &second);
    CHECK(std::abs(segment.length() - angle) <= 1e-8 * angle + 4.0 * epsilon);
    CHECK(std::abs(segment.angle() - angle) <= 20.0 * epsilon);
    CHECK(segment.skew() <= 8.0 * epsilon * (1.0 + 1.0 / angle));
  }
}

TEST_CASE("a straight segment has the length of its chord and neither angle nor skew") {
  const PathPoint first = point_at(1.0, 0.0, 3.0, 4.0), second = point_at(1.3, 0.4, 3.0, 4.0);
  const Segment segment(first, second);
  CHECK(segment.length() == doctest::Approx(0.5).epsilon(1e-14).scale(0.0));
  CHECK(segment.angle() == 0.0);
  CHECK(segment.skew() <= 4.0 * epsilon);
}

TEST_CASE("the skew is the angle between the chord and the mean of the tangents") {
  // Two parallel lines: tangents along x, a chord at 45 degrees, as after a jump to another branch.
  const PathPoint first = point_at(0.0, 0.0, 1.0, 0.0), second = point_at(1.0, 1.0, 1.0, 0.0);
  const Segment jump(first, second);
  CHECK(jump.skew() == doctest::Approx(pi / 4.0).epsilon(1e-14).scale(0.0));
  CHECK(jump.angle() == 0.0);
  CHECK(jump.length() == doctest::Approx(std::sqrt(2.0)).epsilon(1e-14).scale(0.0));
  // Tangents at 0 and 60 degrees, the chord at 40: mean 30, skew 10 degrees.
  const double degree = pi / 180.0;
  const PathPoint other = point_at(std::cos(40.0 * degree), std::sin(40.0 * degree),
                                   std::cos(60.0 * degree), std::sin(60.0 * degree));
  const Segment bent(first, other);
  CHECK(bent.skew() == doctest::Approx(10.0 * degree).epsilon(1e-13).scale(0.0));
  CHECK(bent.angle() == doctest::Approx(60.0 * degree).epsilon(1e-13).scale(0.0));
}

TEST_CASE("opposite tangents: the angle is pi and so is the skew, as there is no mean") {
  const PathPoint first = point_at(0.0, 0.0, 1.0, 0.0), second = point_at(0.0, 1.0, -1.0, 0.0);
  const Segment segment(first, second);
  CHECK(segment.angle() == doctest::Approx(pi).epsilon(1e-7).scale(0.0));
  CHECK(segment.skew() >= pi / 2.0);
  CHECK(std::isfinite(segment.length()));
}

TEST_CASE("lengths and angles are taken in the metric of the first point") {
  // The arc of the circle in other units: x = 2 x', tau = 0.1 tau'.
  const double from = 0.3, to = 0.8;
  PathPoint first = Circle::point(from), second = Circle::point(to);
  const MetricScales scales{2.0, 0.1};
  for (PathPoint* point : {&first, &second}) {
    point->x *= 2.0;
    point->tau *= 0.1;
    point->tangent(0) *= 2.0;
    point->tangent(1) *= 0.1;
    point->scales = scales;
  }
  const Segment segment(first, second);
  CHECK(segment.scales().unknown == 2.0);
  CHECK(segment.length() == doctest::Approx(0.5).epsilon(1e-14).scale(0.0));
  CHECK(segment.angle() == doctest::Approx(0.5).epsilon(1e-14).scale(0.0));
  CHECK(segment.skew() <= 10.0 * epsilon);
  CHECK(metric_norm(at(segment, 0.3).direction, scales) ==
        doctest::Approx(1.0).epsilon(1e-14).scale(0.0));

  // A second point whose tangent is a unit vector in another metric makes no difference.
  PathPoint other = second;
  other.scales = MetricScales{7.0, 0.01};
  other.tangent /= metric_norm(other.tangent, other.scales);
  CHECK(other.tangent.norm() != doctest::Approx(second.tangent.norm()).epsilon(0.1).scale(0.0));
  const Segment same(first, other);
  CHECK(same.length() == doctest::Approx(segment.length()).epsilon(1e-14).scale(0.0));
  CHECK(same.angle() == doctest::Approx(segment.angle()).epsilon(1e-13).scale(0.0));
  Vector defect(1), same_defect(1);
  segment.chord_defect(defect);
  same.chord_defect(same_defect);
  CHECK(std::abs(defect(0) - same_defect(0)) <= 1e-15);
  for (const double theta : {0.0, 0.3, 0.8, 1.0}) {
    const At a = at(segment, theta), b = at(same, theta);
    CHECK((a.x - b.x).norm() + std::abs(a.tau - b.tau) + (a.direction - b.direction).norm() <=
          1e-14);
  }
}

TEST_CASE("the interpolant starts and ends at the points with their tangents") {
  const PathPoint first = Circle::point(0.4), second = Circle::point(0.9);
  const Segment segment(first, second);
  for (const PathPoint* point : {&first, &second}) {
    const At end = at(segment, point == &first ? 0.0 : 1.0);
    CHECK((end.x - point->x).norm() <= 2.0 * epsilon);
    CHECK(std::abs(end.tau - point->tau) <= 2.0 * epsilon);
    CHECK((end.direction - point->tangent).norm() <= 8.0 * epsilon);
  }
}

TEST_CASE("the interpolant has order four: half the arc, a sixteenth of the error") {
  // Cubic Hermite interpolation of a function with fourth derivative of size one: h^4 / 384.
  for (const double h : {0.8, 0.4, 0.2}) {
    CAPTURE(h);
    CHECK(largest_error(0.4, 0.4 + h) ==
          doctest::Approx(std::pow(h, 4) / 384.0).epsilon(0.1).scale(0.0));
    CHECK(largest_error(0.4, 0.4 + h) / largest_error(0.4, 0.4 + 0.5 * h) ==
          doctest::Approx(16.0).epsilon(0.1).scale(0.0));
  }
}

TEST_CASE("the direction is the unit tangent of the interpolant") {
  const PathPoint first = Circle::point(0.4), second = Circle::point(0.7);
  const Segment segment(first, second);
  const double small = 1e-6;
  for (const double theta : {0.1, 0.5, 0.9}) {
    CAPTURE(theta);
    const At here = at(segment, theta), before = at(segment, theta - small),
             after = at(segment, theta + small);
    const Vector difference{{after.x(0) - before.x(0), after.tau - before.tau}};
    CHECK((here.direction - difference.normalized()).norm() <= 1e-8);
    CHECK(here.direction.norm() == doctest::Approx(1.0).epsilon(1e-14).scale(0.0));
    CHECK((here.direction - Circle::point(0.4 + 0.3 * theta).tangent).norm() <= 1e-3);
  }
}

TEST_CASE("a point of given tau is found on rising and on falling segments") {
  for (const double from : {0.2, 2.0}) {
    CAPTURE(from);
    const PathPoint first = Circle::point(from), second = Circle::point(from + 0.5);
    const Segment segment(first, second);
    for (const double share : {0.001, 0.3, 0.5, 0.99}) {
      const double tau = first.tau + share * (second.tau - first.tau);
      const double theta = segment.theta_at_tau(tau);
      CHECK(theta > 0.0);
      CHECK(theta < 1.0);
      CHECK(std::abs(at(segment, theta).tau - tau) <= 1e-11);
      CHECK(std::abs(from + 0.5 * theta - (from < 1.0 ? std::asin(tau) : pi - std::asin(tau))) <=
            1e-3);
    }
    CHECK(segment.theta_at_tau(first.tau) <= 1e-11);
    CHECK(segment.theta_at_tau(second.tau) >= 1.0 - 1e-11);
  }
}

TEST_CASE("of several points with this tau the first is found") {
  // tau(theta) = 0.1 theta^2 (3 - 2 theta) + theta (1 - theta) (1 - 2 theta) overshoots and comes
  // back.
  const Along along(0.1);
  const Segment segment(along.first, along.second);
  for (const double tau : {0.01, 0.03, 0.05, 0.07, 0.09}) {
    CAPTURE(tau);
    double first = 0.0;
    while (at(segment, first).tau < tau) first += 1e-4;
    REQUIRE(first < 0.25);
    CHECK(segment.theta_at_tau(tau) == doctest::Approx(first).epsilon(0.02).scale(0.0));
  }
}

TEST_CASE("the chord defect of an arc of the circle is of third order") {
  // (2 sin(h/2) - h cos(h/2)) times the x part of the tangent in the middle: h^3 / 12 of it.
  for (const double h : {0.8, 0.2, 0.05}) {
    CAPTURE(h);
    const PathPoint first = Circle::point(0.4), second = Circle::point(0.4 + h);
    Vector defect(1);
    Segment(first, second).chord_defect(defect);
    const double expected =
        (2.0 * std::sin(0.5 * h) - h * std::cos(0.5 * h)) * -std::sin(0.4 + 0.5 * h);
    CHECK(std::abs(defect(0) - expected) <= 1e-15);
    CHECK(expected ==
          doctest::Approx(-h * h * h / 12.0 * std::sin(0.4 + 0.5 * h)).epsilon(0.02).scale(0.0));
  }
  // After a jump to a parallel line it is the jump itself: here by 0.3 in x beside 1 along tau.
  const PathPoint first = point_at(0.0, 0.0, 0.0, 1.0), second = point_at(0.3, 1.0, 0.0, 1.0);
  Vector defect(1);
  Segment(first, second).chord_defect(defect);
  CHECK(defect(0) == doctest::Approx(0.3).epsilon(1e-14).scale(0.0));
}

TEST_CASE("tau may turn twice where its slope falls below a fraction of that at both ends") {
  // The smallest slope of these cubics lies in the middle: 1 - 1.5 (1 - tau) = 1.5 tau - 0.5.
  for (const double tau : {0.9, 0.68, 0.66, 0.5, 0.38, 0.36, 0.34, 0.33, 0.2, -0.5}) {
    CAPTURE(tau);
    const Along along(tau);
    const Segment segment(along.first, along.second);
    const double smallest = 1.5 * tau - 0.5;
    for (const double fraction : {0.0, 0.05, 0.5})
      CHECK(segment.tau_may_turn_twice(1, fraction) == (smallest < fraction));
  }
}

TEST_CASE("tau may turn twice on a falling segment as well") {
  // The cubics of the last case upside down.
  for (const double tau : {0.9, 0.38, 0.36, 0.2}) {
    CAPTURE(tau);
    Along along(tau);
    for (PathPoint* point : {&along.first, &along.second}) {
      point->tau *= -1.0;
      point->tangent(1) *= -1.0;
    }
    const Segment segment(along.first, along.second);
    CHECK(segment.tau_may_turn_twice(-1, 0.05) == (1.5 * tau - 0.5 < 0.05));
  }
}

TEST_CASE("the fraction is that of the smaller slope of the two ends") {
  // A chord at 20 degrees towards tau, tangents at 30 and 60 degrees: the slope dips to 0.15.
  const double degree = pi / 180.0;
  for (const bool reversed : {false, true}) {
    CAPTURE(reversed);
    const double low = 30.0 * degree, high = 60.0 * degree, middle = 20.0 * degree;
    const PathPoint first =
        point_at(0.0, 0.0, std::cos(reversed ? high : low), std::sin(reversed ? high : low));
    const PathPoint second =
        point_at(std::cos(middle), std::sin(middle), std::cos(reversed ? low : high),
                 std::sin(reversed ? low : high));
    const Segment segment(first, second);
    double smallest = 1.0;
    for (double theta = 1e-4; theta < 1.0; theta += 1e-3) {
      const double step = 1e-5;
      smallest =
          std::min(smallest, (at(segment, theta + step).tau - at(segment, theta - step).tau) /
                                 (2.0 * step * segment.length()));
    }
    REQUIRE(smallest > 0.0);
    REQUIRE(smallest < std::sin(low));
    CHECK_FALSE(segment.tau_may_turn_twice(1, 0.98 * smallest / std::sin(low)));
    CHECK(segment.tau_may_turn_twice(1, 1.02 * smallest / std::sin(low)));
  }
}

TEST_CASE("on an arc of the circle that does not pass its fold tau does not turn twice") {
  const double fold = Circle::fold_arclength;
  for (const double near : {0.1, 0.01, 1e-4}) {
    CAPTURE(near);
    const PathPoint before = Circle::point(fold - 0.4), close = Circle::point(fold - near);
    CHECK_FALSE(Segment(before, close).tau_may_turn_twice(1, 0.05));
    const PathPoint behind = Circle::point(fold + near), after = Circle::point(fold + 0.4);
    CHECK_FALSE(Segment(behind, after).tau_may_turn_twice(-1, 0.05));
  }
}

TEST_CASE("from a fold the slope may dip by a twentieth of that at the other end and no further") {
  // Tangents along x and then along tau: the length is pi/4 / sin(pi/4) of the chord. With
  // m = dtau / length the dip is (6 m - 2)^2 / (12 (1 - 2 m)): a twentieth at m = 0.2403.
  const auto turns = [](tautrack::PointKind kind, double m) {
    const double tau = m * 0.25 * pi / std::sin(0.25 * pi);
    PathPoint first = point_at(0.0, 0.0, 1.0, 0.0);
    first.kind = kind;
    const PathPoint second = point_at(std::sqrt(1.0 - tau * tau), tau, 0.0, 1.0);
    const Segment segment(first, second);
    CHECK(segment.length() * m == doctest::Approx(tau).epsilon(1e-14).scale(0.0));
    return segment.tau_may_turn_twice(1, 0.05);
  };
  using tautrack::PointKind;
  CHECK_FALSE(turns(PointKind::fold, 0.4));
  CHECK_FALSE(turns(PointKind::fold, 0.242));
  CHECK(turns(PointKind::fold, 0.238));
  // At a point that is no fold any dip below zero counts: below m = 1/3.
  CHECK_FALSE(turns(PointKind::regular, 0.34));
  CHECK(turns(PointKind::regular, 0.32));
  CHECK(turns(PointKind::regular, 0.242));

  PathPoint fold = Circle::point(Circle::fold_arclength);
  fold.kind = PointKind::fold;
  fold.tangent(1) = 1e-7;  // as located, not exactly zero, and against the direction
  const PathPoint after = Circle::point(Circle::fold_arclength + 0.3);
  CHECK_FALSE(Segment(fold, after).tau_may_turn_twice(-1, 0.05));
}

TEST_CASE("a segment on which tau turns twice is one where a search finds it falling back") {
  std::mt19937_64 engine(1);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  int turning = 0, passing = 0, wrong = 0;
  for (int k = 0; k < 2000; ++k) {
    PathPoint first = point_at(uniform(engine), uniform(engine), uniform(engine), uniform(engine));
    PathPoint second = point_at(uniform(engine), uniform(engine), uniform(engine), uniform(engine));
    first.scales = MetricScales{1.0, 0.5};
    first.tangent /= metric_norm(first.tangent, first.scales);
    if (first.tangent(1) * second.tangent(1) < 0.0) continue;  // asked only of ends that agree
    const int direction = first.tangent(1) > 0.0 ? 1 : -1;
    const Segment segment(first, second);
    double smallest = 1.0;  // of the direction's tau part: the same sign as the slope
    for (int i = 0; i <= 400; ++i)
      smallest = std::min(smallest, direction * at(segment, i / 400.0).direction(1));
    if (std::abs(smallest) < 1e-3) continue;  // too close to call
    (smallest < 0.0 ? turning : passing) += 1;
    if ((smallest < 0.0) != segment.tau_may_turn_twice(direction, 0.0)) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(turning > 100);
  CHECK(passing > 100);
}

}  // namespace segment_test
