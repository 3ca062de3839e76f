#include "events/fold.hpp"

#include <cmath>
#include <limits>
#include <optional>

#include <doctest/doctest.h>

#include "support/known_problems.hpp"

namespace fold_test {

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

namespace {

/// A guess of the fold of the circle that is off by dx and dtau and turned by this angle.
Prediction circle_guess(double dx, double dtau, double turned, double agreement,
                        double agreement_angle) {
  Prediction guess;
  guess.x = Vector::Constant(1, dx);
  guess.tau = 1.0 + dtau;
  guess.direction = Vector{{-std::cos(turned), std::sin(turned)}};
  guess.step = 0.2;
  guess.agreement = agreement;
  guess.agreement_angle = agreement_angle;
  return guess;
}

/// From 0.2 before the fold of the circle.
std::optional<Fold> polished(const Prediction& guess, int tau_direction = 1) {
  Circle circle;
  Corrector corrector(circle, {});
  PathPoint from = Circle::point(Circle::fold_arclength - 0.2);
  from.tau_direction = tau_direction;
  return polish_fold(from, guess, corrector);
}

}  // namespace

TEST_CASE("a good guess of a fold is polished to full accuracy") {
  for (const double off : {0.0, 1e-10, 1e-6, 1e-3, -1e-3}) {
    CAPTURE(off);
    const auto fold = polished(circle_guess(off, 0.5 * off, 0.3 * off, 0.01, 0.01));
    REQUIRE(fold);
    CHECK(std::abs(fold->point.tau - 1.0) <= 2.3e-16);
    CHECK(std::abs(fold->point.x(0)) <= 1e-14);
    CHECK(std::abs(fold->point.tangent(1)) <= 1e-14);
    CHECK(fold->point.tangent(0) == doctest::Approx(-1.0).epsilon(1e-14).scale(0.0));
    CHECK(fold->point.kind == PointKind::fold);
    CHECK(fold->point.tau_direction == -1);
    CHECK(fold->point.orientation == 1);
    CHECK(fold->second_derivative == doctest::Approx(-1.0).epsilon(1e-8).scale(0.0));
    CHECK(std::abs(fold->null_vector(0)) == 1.0);
    CHECK(fold->precision <= 1e-7);
    CHECK(fold->tau_error <= 1e-13);
    CHECK(fold->point.arclength ==
          doctest::Approx(Circle::fold_arclength).epsilon(1e-6).scale(0.0));
    CHECK(fold->bracket_low < fold->point.arclength);
    CHECK(fold->bracket_high > fold->point.arclength);
    CHECK(fold->bracket_high - fold->bracket_low <= 0.01);
  }
}

TEST_CASE("a minimum of tau is polished as well as a maximum") {
  Circle circle;
  Corrector corrector(circle, {});
  const PathPoint from = Circle::point(3.0 * Circle::fold_arclength - 0.2);
  REQUIRE(from.tau_direction == -1);
  Prediction guess = circle_guess(1e-4, -2.0, 0.0, 0.01, 0.01);
  guess.direction = Vector{{1.0, 0.0}};
  const auto fold = polish_fold(from, guess, corrector);
  REQUIRE(fold);
  CHECK(std::abs(fold->point.tau + 1.0) <= 2.3e-16);
  CHECK(fold->point.tau_direction == 1);
  CHECK(fold->second_derivative == doctest::Approx(1.0).epsilon(1e-8).scale(0.0));
  // The same place, met while tau is said to grow, is no maximum.
  PathPoint rising = from;
  rising.tau_direction = 1;
  CHECK_FALSE(polish_fold(rising, guess, corrector).has_value());
}

TEST_CASE("a fold farther from the guess than its error explains is not taken") {
  for (const double off : {1e-3, 1e-2, 0.1}) {
    CAPTURE(off);
    CHECK(polished(circle_guess(off, 0.0, 0.0, 1.1 * off, 1.0)).has_value());
    CHECK_FALSE(polished(circle_guess(off, 0.0, 0.0, 0.9 * off, 1.0)).has_value());
    CHECK(polished(circle_guess(0.0, off, 0.0, 1.1 * off, 1.0)).has_value());
    CHECK_FALSE(polished(circle_guess(0.0, off, 0.0, 0.9 * off, 1.0)).has_value());
  }
  // The distance is one of the metric.
  Circle circle;
  Corrector corrector(circle, {});
  PathPoint from = Circle::point(Circle::fold_arclength - 0.2);
  from.scales = {0.1, 1.0};
  from.tangent /= metric_norm(from.tangent, from.scales);
  const Prediction guess = [] {
    Prediction scaled = circle_guess(1e-3, 0.0, 0.0, 5e-3, 1.0);
    scaled.direction = Vector{{-0.1, 0.0}};
    return scaled;
  }();
  CHECK_FALSE(polish_fold(from, guess, corrector).has_value());
}

TEST_CASE("a fold whose tangent is turned away from the guess is not taken") {
  for (const double turned : {1e-3, 0.01, 0.1, -0.1}) {
    CAPTURE(turned);
    CHECK(polished(circle_guess(0.0, 0.0, turned, 0.01, 1.1 * std::abs(turned))).has_value());
    CHECK_FALSE(polished(circle_guess(0.0, 0.0, turned, 0.01, 0.9 * std::abs(turned))).has_value());
  }
}

TEST_CASE("a fold at which tau turns the other way is not taken") {
  CHECK(polished(circle_guess(0.0, 0.0, 0.0, 0.01, 0.01), 1).has_value());
  CHECK_FALSE(polished(circle_guess(0.0, 0.0, 0.0, 0.01, 0.01), -1).has_value());
}

TEST_CASE("where there is no fold nothing is polished") {
  struct Line {
    static Index size() { return 1; }
    static void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
      H(0) = x(0) - tau;
      H_x(0, 0) = 1.0;
      H_tau(0) = -1.0;
    }
  } line;
  struct Nowhere {
    static Index size() { return 1; }
    static void derivatives(const Vector&, double, Vector& H, Matrix& H_x, Vector& H_tau) {
      H(0) = H_x(0, 0) = H_tau(0) = std::numeric_limits<double>::quiet_NaN();
    }
  } nowhere;
  const double infinity = std::numeric_limits<double>::infinity();
  PathPoint from;
  from.x = Vector::Constant(1, 0.4);
  from.tau = 0.4;
  from.tangent = Vector{{1.0, 1.0}} / std::sqrt(2.0);
  from.tau_direction = 1;
  Prediction guess = circle_guess(0.5, -0.5, 0.0, infinity, infinity);
  guess.direction = from.tangent;
  Corrector on_line(line, {}), undefined(nowhere, {});
  CHECK_FALSE(polish_fold(from, guess, on_line).has_value());
  CHECK_FALSE(polish_fold(from, guess, undefined).has_value());
}

TEST_CASE("of two folds close by the one that is guessed is polished") {
  for (const double eps : {1e-1, 1e-2, 1e-4}) {
    CAPTURE(eps);
    CubicFolds cubic(eps);
    Corrector corrector(cubic, {});
    const double r = cubic.fold_x();
    const auto at = [&](double x) {
      PathPoint point;
      point.x = Vector::Constant(1, x);
      point.tau = cubic.tau(x);
      point.tangent = Vector{{1.0, 3.0 * x * x - eps}}.normalized();
      point.tau_direction = point.tangent(1) < 0.0 ? -1 : 1;
      return point;
    };
    const auto guess_at = [&](double x) {
      Prediction guess;
      guess.x = Vector::Constant(1, x);
      guess.tau = cubic.tau(x);
      guess.direction = Vector{{1.0, 0.0}};
      guess.step = 0.5 * r;
      guess.agreement = 0.1 * r;
      guess.agreement_angle = 0.1;
      return guess;
    };
    const auto first = polish_fold(at(-1.5 * r), guess_at(-0.97 * r), corrector);
    REQUIRE(first);
    CHECK(std::abs(first->point.x(0) + r) <= 1e-13);
    CHECK(std::abs(first->point.tau - cubic.first_fold_tau()) <= 2.3e-16);
    CHECK(first->index_before == 0);
    CHECK(first->index_after == 1);
    const auto second = polish_fold(at(0.5 * r), guess_at(1.03 * r), corrector);
    REQUIRE(second);
    CHECK(std::abs(second->point.x(0) - r) <= 1e-13);
    CHECK(std::abs(second->point.tau - cubic.second_fold_tau()) <= 2.3e-16);
    CHECK(second->index_before == 1);
    CHECK(second->index_after == 0);
    // From between them the first is not ahead: tau turns there, but not from falling.
    CHECK_FALSE(polish_fold(at(0.0), guess_at(-0.97 * r), corrector).has_value());
  }
}

TEST_CASE("in two unknowns the polished fold has the null vector known by hand") {
  TiltedParabola parabola;
  Corrector corrector(parabola, {});
  const auto tangent = [](double p) {
    const double c = std::sqrt(0.5);
    return Vector(Vector{{c * (-1.0 + 2.0 * p), c * (-1.0 - 2.0 * p), 2.0 * p}}.normalized());
  };
  PathPoint from;
  from.x = TiltedParabola::x(0.2);
  from.tau = TiltedParabola::tau(0.2);
  from.tangent = tangent(0.2);
  from.tau_direction = 1;
  Prediction guess;
  guess.x = TiltedParabola::x(1e-3) + Vector{{1e-4, -2e-4}};
  guess.tau = TiltedParabola::tau(1e-3);
  guess.direction = tangent(1e-3);
  guess.step = 0.2;
  guess.agreement = guess.agreement_angle = 0.01;
  const auto fold = polish_fold(from, guess, corrector);
  REQUIRE(fold);
  CHECK(std::abs(fold->point.tau - TiltedParabola::fold_tau) <= 2.3e-16);
  CHECK((fold->point.x - TiltedParabola::x(0.0)).norm() <= 1e-13);
  CHECK(std::abs(std::abs(fold->null_vector.sum()) - std::sqrt(2.0)) <= 1e-12);
  CHECK(fold->second_derivative == doctest::Approx(-2.0).epsilon(1e-8).scale(0.0));
  CHECK(fold->index_before == 0);
  CHECK(fold->index_after == 1);
}

}  // namespace fold_test
