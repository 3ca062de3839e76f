#include "tautrack/events/fold.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "support/known_problems.hpp"

using namespace tautrack;
using namespace tautrack::known;

TEST_CASE("the fold of the circle is located from any segment around it") {
  for (const double before : {0.05, 0.2, 0.4}) {
    for (const double after : {0.05, 0.2, 0.4}) {
      Circle circle;
      Corrector corrector(circle, {});
      const PathPoint first = Circle::point(Circle::fold_arclength - before);
      const PathPoint second = Circle::point(Circle::fold_arclength + after);
      const auto fold = locate_fold(Segment(first, second), corrector);
      REQUIRE(fold);
      CHECK(std::abs(fold->point.tau - 1.0) <= 2.3e-16);
      CHECK(std::abs(fold->point.x(0)) <= 1e-14);
      CHECK(std::abs(fold->point.tangent(1)) <= 1e-14);
      CHECK(fold->point.kind == PointKind::fold);
      CHECK(fold->point.tau_direction == -1);
      CHECK(fold->second_derivative == doctest::Approx(-1.0).epsilon(1e-8).scale(0.0));
      CHECK(std::abs(fold->null_vector(0)) == 1.0);
      CHECK(fold->tau_error <= 1e-14);
      CHECK(fold->bracket_low <= Circle::fold_arclength);
      CHECK(fold->bracket_high >= Circle::fold_arclength);
      CHECK(fold->point.arclength ==
            doctest::Approx(Circle::fold_arclength).epsilon(1e-3).scale(0.0));
    }
  }
}

TEST_CASE("the fold in two unknowns has the null vector known by hand") {
  TiltedParabola parabola;
  Corrector corrector(parabola, {});
  const auto at = [](double p) {
    PathPoint point;
    point.x = TiltedParabola::x(p);
    point.tau = TiltedParabola::tau(p);
    // along falling p: d(p, q, tau) = (-1, 2 p, 2 p)
    const double c = std::sqrt(0.5);
    point.tangent.resize(3);
    point.tangent << c * (-1.0 + 2.0 * p), c * (-1.0 - 2.0 * p), 2.0 * p;
    point.tangent.normalize();
    point.tau_direction = p > 0.0 ? 1 : -1;
    return point;
  };
  const PathPoint first = at(0.1);
  const PathPoint second = at(-0.05);
  const auto fold = locate_fold(Segment(first, second), corrector);
  REQUIRE(fold);
  CHECK(std::abs(fold->point.tau - TiltedParabola::fold_tau) <= 2.3e-16);
  CHECK(std::abs(std::abs(fold->null_vector.sum()) - std::sqrt(2.0)) <= 1e-12);
  CHECK(fold->second_derivative == doctest::Approx(-2.0).epsilon(1e-8).scale(0.0));
}

TEST_CASE("two points of different branches enclose no fold") {
  // x^2 = (tau - 1/2)^2 + 1/100: two curves, neither of which turns in tau. After a jump from the upper
  // one, where tau rises, to the lower one, traversed the other way, the direction of tau differs.
  struct TwoCurves {
    static Index size() { return 1; }
    static void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
      const double t = tau - 0.5;
      H(0) = x(0) * x(0) - t * t - 0.01;
      H_x(0, 0) = 2.0 * x(0);
      H_tau(0) = -2.0 * t;
    }
  } curves;
  const auto at = [](double tau, double side) {
    PathPoint point;
    const double t = tau - 0.5;
    const double x = std::sqrt(t * t + 0.01);
    point.x = Vector::Constant(1, side * x);
    point.tau = tau;
    point.tangent = side * Eigen::Vector2d(side * t / x, 1.0).normalized();
    point.tau_direction = side > 0.0 ? 1 : -1;
    return point;
  };
  Corrector corrector(curves, {});
  for (const double tau : {0.45, 0.5, 0.55}) {
    CAPTURE(tau);
    const PathPoint first = at(tau, 1.0);
    const PathPoint second = at(tau, -1.0);
    CHECK_FALSE(locate_fold(Segment(first, second), corrector).has_value());
  }
}
