#include "predictor/approximant.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace approximant_test {

namespace {

using tautrack::Approximant;
using tautrack::Index;
using tautrack::metric_norm;
using tautrack::MetricScales;
using tautrack::Vector;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// One component z(a) - z(0) of a curve and its coefficient of a^k, k >= 1.
struct Component {
  std::function<double(int)> coefficient;
  std::function<double(double)> value;
};
using Curve = std::vector<Component>;  // n unknowns and tau

double factorial(int k) { return std::tgamma(k + 1.0); }

/// e over k.
double binomial(double e, int k) {
  double b = 1.0;
  for (int j = 0; j < k; ++j) b *= (e - j) / (j + 1.0);
  return b;
}

Component line(double slope) {
  return {[=](int k) { return k == 1 ? slope : 0.0; }, [=](double a) { return slope * a; }};
}
/// r a / (1 - r a): a pole at 1 / r.
Component pole(double r) {
  return {[=](int k) { return std::pow(r, k); }, [=](double a) { return r * a / (1.0 - r * a); }};
}
Component sine(double rate = 1.0) {
  return {[=](int k) {
            return k % 2 == 0 ? 0.0 : (k % 4 == 1 ? 1.0 : -1.0) * std::pow(rate, k) / factorial(k);
          },
          [=](double a) { return std::sin(rate * a); }};
}
Component cosine(double rate = 1.0) {
  return {[=](int k) {
            return k % 2 == 1 ? 0.0 : (k % 4 == 0 ? 1.0 : -1.0) * std::pow(rate, k) / factorial(k);
          },
          [=](double a) { return std::cos(rate * a) - 1.0; }};
}
Component exponential(double rate) {
  return {[=](int k) { return std::pow(rate, k) / factorial(k); },
          [=](double a) { return std::expm1(rate * a); }};
}
/// (1 + r a)^(1/2): a branch point at -1 / r.
Component square_root(double r) {
  return {[=](int k) { return binomial(0.5, k) * std::pow(r, k); },
          [=](double a) { return std::sqrt(1.0 + r * a) - 1.0; }};
}
/// (1 + a^2)^(1/2): branch points at +-i.
Component complex_square_roots() {
  return {[](int k) { return k % 2 == 0 ? binomial(0.5, k / 2) : 0.0; },
          [](double a) { return std::sqrt(1.0 + a * a) - 1.0; }};
}
Component logarithm(double r) {
  return {[=](int k) { return (k % 2 == 1 ? 1.0 : -1.0) * std::pow(r, k) / k; },
          [=](double a) { return std::log1p(r * a); }};
}

/// ((1 - a^2) / (1 + a^2), 2 a / (1 + a^2)): the circle with poles at +-i.
Curve rational_circle() {
  return {{[](int k) { return k % 2 == 1 ? 0.0 : 2.0 * (k % 4 == 0 ? 1.0 : -1.0); },
           [](double a) { return (1.0 - a * a) / (1.0 + a * a) - 1.0; }},
          {[](int k) { return k % 2 == 0 ? 0.0 : 2.0 * (k % 4 == 1 ? 1.0 : -1.0); },
           [](double a) { return 2.0 * a / (1.0 + a * a); }}};
}
Curve circle() { return {cosine(), sine()}; }
Curve three_poles() { return {pole(0.8), pole(-1.0), pole(0.5), line(1.0)}; }

Approximant with_terms(const Curve& curve, int order) {
  const Index n = static_cast<Index>(curve.size()) - 1;
  Approximant result(n);
  for (int k = 1; k <= order; ++k)
    for (Index i = 0; i <= n; ++i)
      result.term(k)(i) = curve[static_cast<std::size_t>(i)].coefficient(k);
  return result;
}

Approximant fitted(const Curve& curve, int order, double tolerance, const MetricScales& scales = {},
                   double excess = 1.0) {
  Approximant result = with_terms(curve, order);
  result.fit(order, scales, excess, tolerance);
  return result;
}

Vector exact(const Curve& curve, double a) {
  Vector z(static_cast<Index>(curve.size()));
  for (std::size_t i = 0; i < curve.size(); ++i) z(static_cast<Index>(i)) = curve[i].value(a);
  return z;
}

Vector value(const Approximant& approximant, double a, const MetricScales& scales = {}) {
  Vector offset, direction;
  approximant.at(a, scales, offset, direction);
  return offset;
}

/// The circle by its arclength along the tangent at that angle: (a, (1 - a^2)^(1/2) - 1), turned.
/// Every other coefficient is rounding.
Curve circle_by_tangent(double angle) {
  const auto normal = [](int k) {
    return k % 2 == 1 ? 0.0 : binomial(0.5, k / 2) * (k % 4 == 0 ? 1.0 : -1.0);
  };
  const auto turned = [=](double c, double s) {
    return Component{[=](int k) { return c * normal(k) - s * (k == 1 ? 1.0 : 1e-17 / k); },
                     [=](double a) { return c * (std::sqrt(1.0 - a * a) - 1.0) - s * a; }};
  };
  return {turned(std::cos(angle), std::sin(angle)), turned(std::sin(angle), -std::cos(angle))};
}

/// Largest error over the trusted piece of curve, in units of what is allowed there.
double largest_error(const Curve& curve, const Approximant& approximant,
                     const MetricScales& scales = {}, double excess = 1.0) {
  double worst = 0.0;
  for (int i = 1; i <= 20; ++i) {
    const double a = approximant.trusted() * i / 20.0;
    const double error = metric_norm(value(approximant, a, scales) - exact(curve, a), scales);
    const double ratio = excess * error / (approximant.allowed(a) + 64.0 * epsilon);
    worst = std::isfinite(ratio) ? std::max(worst, ratio) : not_a_number;
  }
  return worst;
}

struct Case {
  std::string name;
  Curve curve;
};

/// Nothing happens on the real axis ahead.
std::vector<Case> smooth_curves() {
  return {{"rational circle", rational_circle()},
          {"circle", circle()},
          {"decay", {exponential(-1.0), line(1.0)}},
          {"pole behind", {pole(-1.0), line(1.0)}},
          {"root behind", {square_root(1.0), line(1.0)}},
          {"complex roots", {complex_square_roots(), line(1.0)}},
          {"logarithm behind", {logarithm(1.0), line(1.0)}},
          {"three poles", three_poles()},
          {"four poles", {pole(0.8), pole(-1.0), pole(0.5), pole(-0.7)}},
          {"two unknowns", {cosine(0.5), square_root(1.0), line(1.0)}}};
}

/// Branch points that no approximant of this kind represents, straight ahead, growth, and a wave
/// fast for its order.
std::vector<Case> hard_curves() {
  return {{"root ahead", {square_root(-1.0), line(1.0)}},
          {"logarithm ahead", {logarithm(-1.0), line(1.0)}},
          {"growth", {exponential(1.0), line(1.0)}},
          {"fast wave", {sine(10.0), cosine(3.0), line(1.0)}}};
}

}  // namespace

TEST_CASE("the error over the trusted length stays within what is allowed, for every order") {
  for (const Case& c : smooth_curves()) {
    CAPTURE(c.name);
    for (const double tolerance : {1e-2, 1e-4, 1e-5, 1e-8}) {
      for (int order = 6; order <= 24; ++order) {
        CAPTURE(tolerance);
        CAPTURE(order);
        const Approximant approximant = fitted(c.curve, order, tolerance);
        CHECK(approximant.order() == order);
        CHECK(approximant.trusted() > 0.0);
        CHECK(largest_error(c.curve, approximant) <= 1.1);
      }
    }
  }
}

TEST_CASE("with a singularity ahead the error is a multiple that the predictor reckons with") {
  for (const Case& c : hard_curves()) {
    CAPTURE(c.name);
    for (const double tolerance : {1e-4, 1e-5, 1e-8}) {
      for (int order = 6; order <= 24; ++order) {
        CAPTURE(tolerance);
        CAPTURE(order);
        const Approximant approximant = fitted(c.curve, order, tolerance);
        CHECK(approximant.trusted() > 0.0);
        CHECK(largest_error(c.curve, approximant) <= 25.0);
      }
    }
  }
}

TEST_CASE("a curve with every other coefficient zero is judged right by odd orders, too") {
  for (const double angle : {0.1, 0.4, 1.5, 2.4, 3.14}) {
    for (const double tolerance : {1e-4, 1e-5, 1e-8}) {
      for (int order = 6; order <= 24; ++order) {
        CAPTURE(angle);
        CAPTURE(tolerance);
        CAPTURE(order);
        const Curve curve = circle_by_tangent(angle);
        const Approximant approximant = fitted(curve, order, tolerance);
        CHECK(approximant.trusted() > 0.0);
        CHECK(approximant.trusted() < 1.0);
        CHECK(largest_error(curve, approximant) <= 25.0);
      }
    }
  }
}

TEST_CASE("the trusted length ends before a singularity on the real axis") {
  for (int order = 6; order <= 24; ++order) {
    CAPTURE(order);
    for (const double tolerance : {1e-4, 1e-8}) {
      CHECK(fitted({pole(1.0), line(1.0)}, order, tolerance).trusted() < 1.0);
      CHECK(fitted({pole(-4.0), pole(2.0), line(1.0)}, order, tolerance).trusted() < 0.5);
      CHECK(fitted({square_root(-1.0), line(1.0)}, order, tolerance).trusted() < 1.0);
      CHECK(fitted({logarithm(-1.0), line(1.0)}, order, tolerance).trusted() < 1.0);
    }
  }
}

TEST_CASE("rational curves are met beyond the radius of convergence of their series") {
  for (const Curve& curve : {rational_circle(), Curve{pole(-1.0), line(1.0)}}) {
    for (int order = 9; order <= 24; order += 3) {
      CAPTURE(order);
      const double tolerance = 1e-4;
      const Approximant approximant = fitted(curve, order, tolerance);
      CHECK(approximant.denominator().degree() == 3);
      CHECK(approximant.trusted() > 1.3);
      // Where the partial sum of the series is useless.
      const double a = approximant.trusted();
      Vector sum = Vector::Zero(2);
      for (int k = order; k >= 1; --k) sum = a * (sum + Vector(approximant.term(k)));
      CHECK((sum - exact(curve, a)).norm() > 10.0 * tolerance);
      CHECK((value(approximant, a) - exact(curve, a)).norm() <= tolerance);
    }
  }
}

TEST_CASE("within its trusted length a rational curve is far more exact than wanted") {
  for (int order = 9; order <= 24; ++order) {
    CAPTURE(order);
    const Curve curve = three_poles();
    const Approximant approximant = fitted(curve, order, 1e-4);
    CHECK((value(approximant, 0.3) - exact(curve, 0.3)).norm() <= 1e-7);
  }
}

TEST_CASE("a tighter tolerance shortens the trusted length, a higher order lengthens it") {
  for (const Case& c : smooth_curves()) {
    CAPTURE(c.name);
    for (const int order : {8, 12, 18, 24}) {
      CAPTURE(order);
      double before = std::numeric_limits<double>::infinity();
      for (const double tolerance : {1e-3, 1e-5, 1e-7, 1e-9}) {
        const double trusted = fitted(c.curve, order, tolerance).trusted();
        CHECK(trusted <= 1.3 * before);
        before = trusted;
      }
      CHECK(before < fitted(c.curve, order, 1e-3).trusted());
    }
    CHECK(fitted(c.curve, 24, 1e-8).trusted() > fitted(c.curve, 6, 1e-8).trusted());
  }
}

TEST_CASE("a straight line goes on for ever, and exactly") {
  for (const int order : {6, 12, 24}) {
    const Curve curve{line(0.6), line(-2.0), line(0.8)};
    const Approximant approximant = fitted(curve, order, 1e-5);
    CHECK(approximant.trusted() > 1e6);
    CHECK((value(approximant, 1e3) - exact(curve, 1e3)).norm() <= 1e-9);
    CHECK(approximant.tau_slope()(5.0) > 0.0);
  }
}

TEST_CASE("a polynomial of lower degree than the series is exact") {
  // (a^2, a - a^3): the fold of tau at a = 3^(-1/2)
  const Curve curve{{[](int k) { return k == 2 ? 1.0 : 0.0; }, [](double a) { return a * a; }},
                    {[](int k) { return k == 1   ? 1.0
                                        : k == 3 ? -1.0
                                                 : 0.0; },
                     [](double a) { return a - a * a * a; }}};
  for (const int order : {6, 9, 12, 24}) {
    CAPTURE(order);
    const Approximant approximant = fitted(curve, order, 1e-5);
    CHECK(approximant.trusted() > 1.0);
    for (const double a : {0.1, 0.5, 0.9}) {
      CHECK((value(approximant, a) - exact(curve, a)).norm() <= 1e-14);
      CHECK(approximant.tau(a) == doctest::Approx(a - a * a * a).epsilon(1e-13).scale(0.0));
    }
    const auto fold = approximant.tau_slope().first_root(0.0, 0.9);
    REQUIRE(fold.has_value());
    CHECK(*fold == doctest::Approx(std::sqrt(1.0 / 3.0)).epsilon(1e-10).scale(0.0));
  }
}

TEST_CASE("a short step is allowed a smaller error") {
  const Approximant approximant = fitted(circle(), 12, 1e-5);
  CHECK(approximant.allowed(1.0) == 1e-5);
  CHECK(approximant.allowed(0.5) == 1e-5);
  CHECK(approximant.allowed(1e-3) < 1e-6);
  CHECK(approximant.allowed(1e-3) ==
        doctest::Approx(10.0 * approximant.allowed(1e-4)).epsilon(1e-14).scale(0.0));
}

TEST_CASE("position, tau, distance and tangent of the circle") {
  for (const int order : {12, 18, 24}) {
    CAPTURE(order);
    const Approximant approximant = fitted(circle(), order, 1e-6);
    for (const double share : {0.01, 0.3, 0.7, 1.0}) {
      const double a = share * approximant.trusted();
      CAPTURE(a);
      Vector offset, direction;
      approximant.at(a, {}, offset, direction);
      REQUIRE(offset.size() == 2);
      REQUIRE(direction.size() == 2);
      CHECK(std::abs(offset(0) - (std::cos(a) - 1.0)) <= 1e-6);
      CHECK(std::abs(offset(1) - std::sin(a)) <= 1e-6);
      CHECK(approximant.tau(a) == doctest::Approx(offset(1)).epsilon(1e-12).scale(0.0));
      CHECK(approximant.distance(a, {}) ==
            doctest::Approx(offset.norm()).epsilon(1e-12).scale(0.0));
      // The derivative of an error of tolerance that grows like a^K.
      const double tilt = 1e-6 * order / a + 1e-12;
      CHECK(std::abs(direction(0) + std::sin(a)) <= tilt);
      CHECK(std::abs(direction(1) - std::cos(a)) <= tilt);
      CHECK(direction.norm() == doctest::Approx(1.0).epsilon(1e-14).scale(0.0));
    }
  }
}

TEST_CASE("the direction is the derivative of the position") {
  for (const Curve& curve : {rational_circle(), three_poles(), hard_curves()[0].curve}) {
    const Approximant approximant = fitted(curve, 12, 1e-4);
    for (const double share : {0.2, 0.6, 0.95}) {
      const double a = share * approximant.trusted();
      const double h = 1e-4 * approximant.trusted();
      const Vector difference =
          (8.0 * (value(approximant, a + h) - value(approximant, a - h)) -
           (value(approximant, a + 2.0 * h) - value(approximant, a - 2.0 * h)))
              .normalized();
      Vector offset, direction;
      approximant.at(a, {}, offset, direction);
      CHECK((direction - difference).norm() <= 1e-9);
    }
  }
}

TEST_CASE("the sign of the slope is that of dtau/da, and its zero the fold") {
  const Approximant approximant = fitted(circle(), 24, 1e-6);
  const double fold = std::acos(0.0);
  REQUIRE(approximant.trusted() > fold);
  for (const double a : {0.0, 0.5, 1.5}) CHECK(approximant.tau_slope()(a) > 0.0);
  for (const double a : {1.65, 2.0, 3.0}) CHECK(approximant.tau_slope()(a) < 0.0);
  const auto found = approximant.tau_slope().first_root(0.0, approximant.trusted());
  REQUIRE(found.has_value());
  CHECK(std::abs(*found - fold) <= 1e-6);
  // The rational circle turns at a = 1, the radius of convergence.
  const Approximant rational = fitted(rational_circle(), 12, 1e-4);
  REQUIRE(rational.trusted() > 1.5);
  const auto turn = rational.tau_slope().first_root(0.0, rational.trusted());
  REQUIRE(turn.has_value());
  CHECK(std::abs(*turn - 1.0) <= 1e-6);
}

TEST_CASE("lengths are those of the metric") {
  const MetricScales scales{2.0, 0.25};
  const Curve scaled{{[](int k) { return 2.0 * cosine().coefficient(k); },
                      [](double a) { return 2.0 * cosine().value(a); }},
                     {[](int k) { return 0.25 * sine().coefficient(k); },
                      [](double a) { return 0.25 * sine().value(a); }}};
  for (const int order : {8, 15, 24}) {
    CAPTURE(order);
    const Approximant plain = fitted(circle(), order, 1e-5);
    const Approximant other = fitted(scaled, order, 1e-5, scales);
    CHECK(other.trusted() == doctest::Approx(plain.trusted()).epsilon(1e-9).scale(0.0));
    const double a = 0.8 * plain.trusted();
    CHECK(other.distance(a, scales) ==
          doctest::Approx(plain.distance(a, {})).epsilon(1e-9).scale(0.0));
    Vector offset, direction;
    other.at(a, scales, offset, direction);
    CHECK(metric_norm(direction, scales) == doctest::Approx(1.0).epsilon(1e-14).scale(0.0));
    CHECK(largest_error(scaled, other, scales) <= 1.1);
  }
}

TEST_CASE("an excess of the sizes makes the tolerance stricter") {
  for (const double excess : {1.0, 10.0, 1e4}) {
    CAPTURE(excess);
    for (const int order : {8, 12, 20}) {
      const Approximant approximant = fitted(rational_circle(), order, 1e-4, {}, excess);
      CHECK(largest_error(rational_circle(), approximant, {}, excess) <= 1.1);
      const Approximant stricter = fitted(rational_circle(), order, 1e-4 / excess);
      CHECK(approximant.trusted() == doctest::Approx(stricter.trusted()).epsilon(1e-6).scale(0.0));
    }
  }
}

TEST_CASE("terms that are no numbers are not trusted far") {
  for (const double bad : {not_a_number, std::numeric_limits<double>::infinity()}) {
    Approximant approximant = with_terms(circle(), 12);
    approximant.term(12)(0) = bad;
    approximant.fit(12, {}, 1.0, 1e-5);
    CHECK_FALSE(approximant.trusted() > 0.0);
  }
}

TEST_CASE("tau = 1 - x^2 in a parameter that follows tau becomes a polynomial") {
  for (const double x_0 : {1.0, 0.1, 1e-2}) {
    CAPTURE(x_0);
    // x = (x_0^2 - a)^(1/2), tau = 1 - x_0^2 + a: a root ahead, at a = x_0^2.
    const double r = -1.0 / (x_0 * x_0);
    const Curve curve{{[=](int k) { return x_0 * square_root(r).coefficient(k); },
                       [=](double a) { return x_0 * square_root(r).value(a); }},
                      line(1.0)};
    for (const int order : {6, 10, 16, 24}) {
      CAPTURE(order);
      const Approximant slow = fitted(curve, order, 1e-5);
      CHECK(slow.trusted() < x_0 * x_0);
      Approximant fast(1);
      REQUIRE(fast.reparametrise(slow, order, {}));
      // b = x_0 - x: tau - tau_0 = 2 x_0 b - b^2
      CHECK(fast.term(1)(0) == doctest::Approx(-1.0).epsilon(1e-14).scale(0.0));
      CHECK(fast.term(1)(1) == doctest::Approx(2.0 * x_0).epsilon(1e-13).scale(0.0));
      CHECK(std::abs(fast.term(2)(0)) <= 1e-12 / x_0);
      CHECK(fast.term(2)(1) == doctest::Approx(-1.0).epsilon(1e-12).scale(0.0));
      for (int k = 3; k <= order; ++k) {
        CAPTURE(k);
        // Against the size of what cancels.
        CHECK(std::abs(fast.term(k)(0)) <= 1e-12 * std::pow(4.0 / x_0, k));
        CHECK(std::abs(fast.term(k)(1)) <= 1e-12 * std::pow(4.0 / x_0, k));
      }
      fast.fit(order, {}, 1.0, 1e-5);
      CHECK(fast.trusted() > x_0);  // through the fold
      const auto fold = fast.tau_slope().first_root(0.0, std::min(fast.trusted(), 3.0 * x_0));
      REQUIRE(fold.has_value());
      CHECK(*fold == doctest::Approx(x_0).epsilon(1e-6).scale(0.0));
      CHECK(fast.tau(*fold) == doctest::Approx(x_0 * x_0).epsilon(1e-6).scale(0.0));
    }
  }
}

TEST_CASE("the denominator has no zero within the trusted length, also when fitted to rounding") {
  const auto smallest = [](const Approximant& approximant) {
    double least = 1.0;
    const double length = std::min(approximant.trusted(), 10.0);
    for (int i = 0; i <= 2000; ++i)
      least = std::min(least, approximant.denominator()(length * i / 2000.0));
    return least;
  };
  for (const double x_0 : {1.0, 0.3, 0.1, 0.03, 1e-2}) {
    const double r = -1.0 / (x_0 * x_0);
    const Curve curve{{[=](int k) { return x_0 * square_root(r).coefficient(k); },
                       [=](double a) { return x_0 * square_root(r).value(a); }},
                      line(1.0)};
    for (int order = 6; order <= 24; ++order) {
      CAPTURE(x_0);
      CAPTURE(order);
      const Approximant slow = fitted(curve, order, 1e-5);
      CHECK(smallest(slow) >= 0.09);
      Approximant fast(1);
      REQUIRE(fast.reparametrise(slow, order, {}));
      fast.fit(order, {}, 1.0, 1e-5);
      CHECK(smallest(fast) >= 0.09);
    }
  }
  for (const auto& cases : {smooth_curves(), hard_curves()})
    for (const Case& c : cases)
      for (int order = 6; order <= 24; ++order) {
        CAPTURE(c.name);
        CAPTURE(order);
        CHECK(smallest(fitted(c.curve, order, 1e-5)) >= 0.09);
      }
}

TEST_CASE("a curve that is reparametrised is the same curve") {
  // By the angle; then by -x sin(0.7) direction: the first coefficient of x alone.
  const MetricScales scales{3.0, 0.5};
  const double start = 0.7;
  const Curve curve{
      {[=](int k) {
         return std::cos(start) * cosine().coefficient(k) - std::sin(start) * sine().coefficient(k);
       },
       [=](double a) { return std::cos(start + a) - std::cos(start); }},
      {[](int k) { return exponential(0.5).coefficient(k); },
       [](double a) { return exponential(0.5).value(a); }},
      {[=](int k) {
         return std::sin(start) * cosine().coefficient(k) + std::cos(start) * sine().coefficient(k);
       },
       [=](double a) { return std::sin(start + a) - std::sin(start); }}};
  for (const int order : {10, 16, 24}) {
    CAPTURE(order);
    const Approximant from = fitted(curve, order, 1e-8, scales);
    Approximant to(2);
    REQUIRE(to.reparametrise(from, order, scales));
    to.fit(order, scales, 1.0, 1e-8);
    const Vector first = Vector(from.term(1)).head(2);
    for (const double a : {0.02, 0.1, 0.2}) {
      CAPTURE(a);
      const Vector z = exact(curve, a);
      const double b = first.dot(z.head(2)) / (first.norm() * scales.unknown);
      if (b > to.trusted()) continue;
      CHECK(metric_norm(value(to, b, scales) - z, scales) <= 1.1e-8);
    }
    CHECK(to.trusted() > 0.02);
    // x moves by b along its first coefficient, whatever else it does.
    for (const double b : {0.01, 0.05, 0.1})
      CHECK(first.dot(value(to, b, scales).head(2)) / (first.norm() * scales.unknown) ==
            doctest::Approx(b).epsilon(1e-7).scale(0.0));
  }
}

TEST_CASE("x that does not move to first order is no parameter") {
  const Curve parabola{{[](int k) { return k == 2 ? 1.0 : 0.0; }, [](double a) { return a * a; }},
                       line(1.0)};
  Approximant to(1);
  CHECK_FALSE(to.reparametrise(fitted(parabola, 12, 1e-5), 12, {}));
  // A move far below the scale of x is none either.
  const Curve slow{line(1e-9), line(1.0)};
  CHECK_FALSE(to.reparametrise(fitted(slow, 12, 1e-5), 12, {}));
  CHECK(to.reparametrise(fitted(slow, 12, 1e-5), 12, {1e-9, 1.0}));
  CHECK(to.reparametrise(fitted(circle(), 12, 1e-5), 12, {1.0, 1.0}) == false);
  Approximant broken = with_terms({line(1.0), line(1.0)}, 12);
  broken.term(5)(0) = not_a_number;
  CHECK_FALSE(to.reparametrise(broken, 12, {}));
}

}  // namespace approximant_test
