#include "proof/interval.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>
#include <doctest/doctest.h>

#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace {

using namespace tautrack;
using proof::Interval;
using support::Random;
using Rational = boost::multiprecision::cpp_rational;

constexpr double kLargest = std::numeric_limits<double>::max();
constexpr double kNormal = std::numeric_limits<double>::min();
constexpr double kTiny = std::numeric_limits<double>::denorm_min();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Ends from which the nasty operands are made.
constexpr std::array<double, 15> kNasty{0.0,    kTiny,   3.0 * kTiny, 0.5 * kNormal, kNormal,
                                        1e-300, 0x1p-53, 1.0 / 3.0,   1.0,           1.0 + 0x1p-52,
                                        3.0,    0x1p53,  1e300,       kLargest,      0.7e-160};

double any_end(Random& random) {
  switch (random.integer(0, 4)) {
    case 0: {
      const double end =
          kNasty[static_cast<std::size_t>(random.integer(0, static_cast<Index>(kNasty.size())))];
      return random.integer(0, 2) == 0 ? end : -end;
    }
    case 1:
      return random.normal();
    case 2:
      return random.normal() * std::pow(10.0, random.uniform(-300.0, 300.0));
    default:
      return random.normal() * std::pow(10.0, random.uniform(-12.0, 12.0));
  }
}

/// A point, a short interval or a long one; sometimes around zero.
Interval any_interval(Random& random) {
  const double a = any_end(random);
  switch (random.integer(0, 4)) {
    case 0:
      return a;
    case 1: {
      const double b = std::nextafter(a, kInfinity);
      return {a, std::isfinite(b) ? b : a};
    }
    default: {
      const double b = any_end(random);
      return {std::min(a, b), std::max(a, b)};
    }
  }
}

/// Infinities and NaN are no claim: is_finite() refuses them.
bool is_below(double bound, const Rational& exact) {
  return !std::isfinite(bound) || Rational(bound) <= exact;
}
bool is_above(double bound, const Rational& exact) {
  return !std::isfinite(bound) || Rational(bound) >= exact;
}

/// Four units in the last place and 2^-1021 further out at most, unless the exact end is near overflow.
bool is_tight(double bound, const Rational& exact) {
  const Rational size = abs(exact);
  if (size > Rational(kLargest) / 2) return true;
  return std::isfinite(bound) &&
         abs(Rational(bound) - exact) <= size * Rational(0x1p-50) + Rational(2.0 * kNormal);
}

/// `computed` encloses [low, high], and is not much larger.
void check(const Interval& computed, const Rational& low, const Rational& high) {
  CHECK(is_below(computed.lower(), low));
  CHECK(is_above(computed.upper(), high));
  CHECK(is_tight(computed.lower(), low));
  CHECK(is_tight(computed.upper(), high));
}

using Rationals = std::vector<Rational>;
void check(const Interval& computed, const Rationals& corners) {
  check(computed, *std::min_element(corners.begin(), corners.end()),
        *std::max_element(corners.begin(), corners.end()));
}

}  // namespace

TEST_CASE("one operation on doubles and the step outward bound the exact result") {
  Random random(1);
  for (int k = 0; k < tautrack::support::sampled(4000); ++k) {
    const double a = any_end(random), b = any_end(random);
    const Rational x(a), y(b);
    const auto holds = [](double rounded, const Rational& exact) {
      CHECK(is_below(proof::below(rounded), exact));
      CHECK(is_above(proof::above(rounded), exact));
      CHECK(is_tight(proof::below(rounded), exact));
      CHECK(is_tight(proof::above(rounded), exact));
    };
    holds(a + b, x + y);
    holds(a - b, x - y);
    holds(a * b, x * y);
    if (b != 0.0) holds(a / b, x / y);
  }
  CHECK(proof::below(0.0) < 0.0);
  CHECK(proof::above(0.0) > 0.0);
}

TEST_CASE("sums, differences, products and quotients of intervals enclose all exact results") {
  Random random(2);
  for (int k = 0; k < tautrack::support::sampled(4000); ++k) {
    const Interval x = any_interval(random), y = any_interval(random);
    CAPTURE(x.lower());
    CAPTURE(x.upper());
    CAPTURE(y.lower());
    CAPTURE(y.upper());
    const Rational a(x.lower()), b(x.upper()), c(y.lower()), d(y.upper());
    check(x + y, a + c, b + d);
    check(x - y, a - d, b - c);
    check(-x, -b, -a);
    check(x * y, Rationals{a * c, a * d, b * c, b * d});
    check(x * y.lower(), Rationals{a * c, b * c});
    if (proof::excludes_zero(y)) {
      check(x / y, Rationals{a / c, a / d, b / c, b / d});
      check(1.0 / y, Rationals{1 / c, 1 / d});
    }
  }
}

TEST_CASE("squares, roots, sizes and scaling of intervals enclose all exact results") {
  Random random(3);
  for (int k = 0; k < tautrack::support::sampled(4000); ++k) {
    const Interval x = any_interval(random);
    CAPTURE(x.lower());
    CAPTURE(x.upper());
    const Rational a(x.lower()), b(x.upper());
    const bool around_zero = a <= 0 && b >= 0;
    check(square(x), around_zero ? Rational(0) : std::min<Rational>(a * a, b * b),
          std::max<Rational>(a * a, b * b));
    check(abs(x), around_zero ? Rational(0) : std::min<Rational>(abs(a), abs(b)),
          std::max<Rational>(abs(a), abs(b)));
    for (const double factor : {0.5, 2.0, -0.25, -1.0}) {
      const Interval scaled = proof::scaled(x, factor);
      check(scaled, std::min<Rational>(factor * a, factor * b),
            std::max<Rational>(factor * a, factor * b));
      if (x.lower() == 0.0 && x.upper() == 0.0) CHECK(proof::magnitude(scaled) == 0.0);
    }
    if (x.lower() >= 0.0) {
      const Interval root = sqrt(x);
      CHECK(root.lower() >= 0.0);
      const Rational low(root.lower()), high(root.upper());
      CHECK(low * low <= a);
      CHECK(high * high >= b);
      // Tight, too: a little inward is not enough.
      const Rational inward_low = low * Rational(1 + 0x1p-49) + Rational(2.0 * kNormal);
      const Rational inward_high = high * Rational(1 - 0x1p-49) - Rational(2.0 * kNormal);
      CHECK(inward_low * inward_low >= a);
      CHECK((inward_high < 0 || inward_high * inward_high <= b));
    }
  }
}

TEST_CASE("intervals with infinite ends claim nothing that is wrong") {
  Random random(4);
  for (int k = 0; k < tautrack::support::sampled(2000); ++k) {
    const auto half_line = [&] {
      const double a = any_end(random);
      switch (random.integer(0, 3)) {
        case 0:
          return Interval(a, kInfinity);
        case 1:
          return Interval(-kInfinity, a);
        default:
          return Interval(-kInfinity, kInfinity);
      }
    };
    const Interval x = half_line();
    const Interval y = random.integer(0, 2) == 0 ? half_line() : any_interval(random);
    const auto member = [&](const Interval& z) {
      for (;;) {
        const double at = any_end(random);
        if (z.lower() <= at && at <= z.upper()) return Rational(at);
        if (std::isfinite(z.lower())) return Rational(z.lower());
        if (std::isfinite(z.upper())) return Rational(z.upper());
      }
    };
    const auto holds = [](const Interval& computed, const Rational& exact) {
      CHECK(is_below(computed.lower(), exact));
      CHECK(is_above(computed.upper(), exact));
      CHECK_FALSE(proof::is_finite(computed));
    };
    for (int i = 0; i < 3; ++i) {
      const Rational p = member(x), q = member(y);
      holds(x + y, p + q);
      holds(x - y, p - q);
      const Interval product = x * y;
      CHECK(is_below(product.lower(), p * q));
      CHECK(is_above(product.upper(), p * q));
    }
  }
}

TEST_CASE("what is read off an interval is right") {
  Random random(5);
  for (int k = 0; k < tautrack::support::sampled(4000); ++k) {
    const Interval x = any_interval(random);
    const double a = x.lower(), b = x.upper();
    CHECK(proof::magnitude(x) == std::max(std::abs(a), std::abs(b)));
    CHECK(proof::mignitude(x) == (a <= 0.0 && b >= 0.0 ? 0.0 : std::min(std::abs(a), std::abs(b))));
    CHECK(proof::sign_of(x) == (a > 0.0 ? 1 : (b < 0.0 ? -1 : 0)));
    CHECK(proof::excludes_zero(x) == (proof::sign_of(x) != 0));
    // Subnormal ends cannot be halved.
    CHECK(proof::middle(x) >= a - kTiny);
    CHECK(proof::middle(x) <= b + kTiny);
    const Interval y = any_interval(random);
    const bool have_common = std::max(a, y.lower()) <= std::min(b, y.upper());
    Interval both = x;
    CHECK(proof::meet(both, y) == have_common);
    CHECK(both.lower() == (have_common ? std::max(a, y.lower()) : a));
    CHECK(both.upper() == (have_common ? std::min(b, y.upper()) : b));
    const double by = std::abs(any_end(random));
    const Interval wide = proof::widened(x, by);
    CHECK(is_below(wide.lower(), Rational(a) - Rational(by)));
    CHECK(is_above(wide.upper(), Rational(b) + Rational(by)));
  }
}
