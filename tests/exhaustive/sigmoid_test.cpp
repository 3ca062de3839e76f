#include "exhaustive/sigmoid.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "exhaustive/region.hpp"
#include "exhaustive/rows.hpp"
#include "network/traits.hpp"
#include "proof/sigmoid.hpp"
#include "support/random_problem.hpp"

namespace sigmoid_test {

namespace {

using namespace tautrack;
using namespace tautrack::exhaustive;
using support::Random;

constexpr Activation kAll[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                               Activation::erf};

/// The odd sigmoid and its derivatives in long double.
struct Exact {
  long double value, first, second, tail;  ///< tail: 1 - |value|
};
Exact exact(Activation kind, double at) {
  const long double x = at, half_pi = 1.570796326794896619231321691639751442L;
  if (kind == Activation::arctan) {
    const long double slope = 1.0L / (1.0L + half_pi * half_pi * x * x);
    return {std::atan(half_pi * x) / half_pi, slope, -2.0L * half_pi * half_pi * x * slope * slope,
            std::atan2(1.0L, half_pi * std::abs(x)) / half_pi};
  }
  if (kind == Activation::erf) {
    const long double slope = std::exp(-half_pi * x * x / 2.0L);
    const long double root = std::sqrt(half_pi / 2.0L);
    return {std::erf(root * x), slope, -half_pi * x * slope, std::erfc(root * std::abs(x))};
  }
  const long double e = std::exp(-2.0L * std::abs(x));
  const long double slope = 4.0L * e / ((1.0L + e) * (1.0L + e));
  const long double value = std::tanh(x);
  return {value, slope, -2.0L * value * slope, 2.0L * e / (1.0L + e)};
}

bool holds(const Interval& interval, long double x) {
  return static_cast<long double>(interval.lower()) <= x &&
         x <= static_cast<long double>(interval.upper());
}

}  // namespace

TEST_CASE("operations on intervals enclose the exact results") {
  Random random(1);
  for (int k = 0; k < 20000; ++k) {
    const auto any = [&] { return random.normal() * std::pow(10.0, random.uniform(-12.0, 12.0)); };
    const double a = any(), b = any();
    const long double x = a, y = b;
    CHECK(holds(Interval(a) + b, x + y));
    CHECK(holds(Interval(a) - b, x - y));
    CHECK(holds(Interval(a) * b, x * y));
    CHECK(holds(Interval(a) / b, x / y));
    CHECK(holds(sqrt(Interval(std::abs(a))), std::sqrt(std::abs(x))));
    CHECK(below(a) < a);
    CHECK(above(a) > a);
  }
  CHECK(below(0.0) < 0.0);
  CHECK(above(0.0) > 0.0);
}

TEST_CASE("bounds of a pattern hold everything between the ends") {
  Random random(2);
  for (const Activation kind : kAll) {
    CAPTURE(to_string(kind));
    const OddSigmoid sigmoid(traits(kind).form);
    const Range ends = range(kind);
    for (int k = 0; k < 4000; ++k) {
      const double y =
          k % 50 == 0 ? ends.high : ends.low + (ends.high - ends.low) * random.uniform(-0.3, 1.3);
      const long double Y =
          kind == Activation::logistic ? 2.0L * static_cast<long double>(y) - 1.0L : y;
      const Target target = sigmoid.target(y);
      CHECK(holds(target.value, Y));
      const double centre = random.normal() * std::pow(10.0, random.uniform(-3.0, 1.5));
      const double radius = std::abs(random.normal()) * std::pow(10.0, random.uniform(-9.0, 1.0));
      const Interval x(centre - radius, centre + radius);
      const double lift = k % 3 == 0 ? std::min(100.0, 2.0 * mignitude(x)) : 0.0;
      const long double factor = std::exp(static_cast<long double>(lift));
      const PatternBounds bounds = sigmoid.bounds(x, target, lift);
      for (int i = 0; i <= 20; ++i) {
        const double at =
            std::clamp(x.lower() + (x.upper() - x.lower()) * i / 20.0, x.lower(), x.upper());
        const Exact S = exact(kind, at);
        const long double residual = at < 0.0 ? S.tail - (1.0L + Y) : (1.0L - Y) - S.tail;
        // The reference is rounded, too.
        const auto nearly = [&](const Interval& interval, long double value, long double size) {
          const long double slack = 1e-17L * size;
          return static_cast<long double>(interval.lower()) <= value + slack &&
                 value - slack <= static_cast<long double>(interval.upper());
        };
        const long double size = std::abs(at < 0.0 ? 1.0L + Y : 1.0L - Y) + S.tail;
        const long double first = factor * S.first;
        CHECK(nearly(bounds.residual, residual, size));
        CHECK(nearly(bounds.phi, first * residual, first * size));
        CHECK(nearly(bounds.slope, first * S.first + factor * S.second * residual,
                     first * S.first + factor * std::abs(S.second) * size));
        CHECK(nearly(sigmoid.phi(at, target, lift), first * residual, first * size));
        CHECK(nearly(sigmoid.value(at), S.value, 1.0L));
        CHECK(at * S.first <= proof::largest_moment(sigmoid.shape()));
        if (bounds.residual_sign != 0 && std::abs(at) < 15.0)
          CHECK((residual > 0.0L) == (bounds.residual_sign > 0));
      }
    }
  }
}

TEST_CASE("bounds of a short interval are short") {
  for (const Activation kind : kAll) {
    const OddSigmoid sigmoid(traits(kind).form);
    const Target target = sigmoid.target(0.25);
    const PatternBounds bounds = sigmoid.bounds(Interval(0.7, 0.7 + 1e-6), target, 0.0);
    CHECK(width_of(bounds.phi) <= 1e-5);
    CHECK(width_of(bounds.slope) <= 1e-5);
    CHECK(width_of(sigmoid.phi(0.7, target, 0.0)) <= 1e-13);
  }
}

TEST_CASE("ratios of slopes are enclosed where the slopes themselves underflow") {
  using proof::Shape;
  for (const Shape shape : {Shape::tanh, Shape::erf}) {
    const double x = 901.5, z = 901.0;
    const auto ratio = proof::slope_ratio(shape, x, -z, Interval(x) - z);
    REQUIRE(ratio);
    const long double exponent =
        shape == Shape::tanh ? -2.0L * (x - z) : -0.785398163397448309616L * (x * x - z * z);
    CHECK(holds(*ratio, std::exp(exponent)));
    CHECK(width_of(*ratio) <= 1e-9 * ratio->upper() + 1e-300);
  }
  const auto ratio = proof::slope_ratio(Shape::arctan, 20.0, -10.0, Interval(10.0));
  REQUIRE(ratio);
  CHECK(
      holds(*ratio, exact(Activation::arctan, 20.0).first / exact(Activation::arctan, 10.0).first));
  // Too large a ratio is refused.
  CHECK_FALSE(proof::slope_ratio(Shape::tanh, 1.0, 1000.0, Interval(-999.0)));
}

TEST_CASE("the inverse of a sigmoid is enclosed tightly") {
  Random random(3);
  for (const Activation kind : kAll) {
    const OddSigmoid sigmoid(traits(kind).form);
    const Range ends = range(kind);
    for (int k = 0; k < 200; ++k) {
      const double y = ends.low + (ends.high - ends.low) * random.uniform(0.001, 0.999);
      const auto root = sigmoid.inverse(sigmoid.target(y));
      REQUIRE(root);
      const double back = evaluate(kind, middle(*root) / sigmoid.input()).value;
      CHECK(back == doctest::Approx(y).epsilon(1e-11));
      CHECK(width_of(*root) <= 1e-10 * (1.0 + magnitude(*root)));
    }
    CHECK_FALSE(sigmoid.inverse(sigmoid.target(ends.high)));
    CHECK_FALSE(sigmoid.inverse(sigmoid.target(ends.low - 0.5)));
  }
}

TEST_CASE("coordinates of parallel rows are exact") {
  Matrix X(4, 2);
  X << 3, 1, 6, 2, -1, 2, 3, 1.0 + 0x1p-50;
  const Rows rows(X, Vector::Constant(4, 0.5), Vector::Ones(4), Vector(),
                  {Interval(0.0), Interval(0.0)}, proof::Sigmoid());
  Bases bases(rows);
  const BasisPointer basis = bases.find({0, 2});
  REQUIRE(basis != nullptr);
  CHECK(holds(basis->coefficients[2], 2.0L));    // row 1 is twice row 0 ...
  CHECK(basis->coefficients[3].lower() == 0.0);  // ... and nothing of row 2
  CHECK(basis->coefficients[3].upper() == 0.0);
  const Interval& tiny = basis->coefficients[7];  // what row 3 has of row 2
  CHECK(tiny.lower() > 0.0);
  CHECK(width_of(tiny) <= 1e-14 * tiny.lower());
  CHECK(bases.find({0, 1}) == nullptr);
  CHECK(bases.find({0, 3}) != nullptr);
  CHECK(bases.find({0, 2}) == basis);
}

TEST_CASE("signs alone exclude what one direction shows") {
  Matrix X(3, 2);
  X << 1, 0, 0, 1, 1, 1;
  const Rows rows(X, Vector::Constant(3, 0.5), Vector::Ones(3), Vector(),
                  {Interval(0.0), Interval(0.0)}, proof::Sigmoid());
  const SignTest signs(rows);
  // Sums of positive multiples of the rows cannot vanish in the first quadrant ...
  CHECK(signs.excludes({1, 1, 1, 0, 0}));
  // ... nor where two signs are known and the third row lies between them.
  CHECK(signs.excludes({1, -1, 0, 0, 0}));
  // x_1 + x_2 - x_3 = 0.
  CHECK_FALSE(signs.excludes({1, 1, -1, 0, 0}));
  CHECK_FALSE(signs.excludes({0, 0, 0, 0, 0}));
  // Stopped at once it has no direction, later some of them.
  CHECK_FALSE(SignTest(rows, StopCondition::after_looks(0)).excludes({1, 1, 1, 0, 0}));
  CHECK(SignTest(rows, StopCondition::after_looks(100)).excludes({1, 1, 1, 0, 0}));
}

TEST_CASE("the region holds the solutions of all square subsystems") {
  Matrix X(3, 1);
  X << 2, -4, 0.5;
  Vector y(3);
  y << 0.5, 0.25, -0.5;
  const Rows rows(X, y, Vector::Ones(3), Vector(), {Interval(0.0)}, proof::Sigmoid());
  const Region region = find_region(rows, SignTest(rows), {});
  CHECK(region.holds_all);
  const double low = std::atanh(-0.5) / 0.5, high = std::atanh(0.5) / 2.0;
  const Interval side = region.box[0] * rows.scale(0);
  CHECK(side.lower() <= low);
  CHECK(side.upper() >= high);
  CHECK(width_of(side) <= 1.01 * (high - low));
}

}  // namespace sigmoid_test
