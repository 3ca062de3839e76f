#include "exhaustive/contribution.hpp"

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "network/traits.hpp"
#include "support/random_problem.hpp"

namespace contribution_test {

namespace {

using namespace tautrack;
using namespace tautrack::exhaustive;
using support::Random;

constexpr Activation kAll[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                               Activation::erf};

/// phi of the odd sigmoid of an activation in long double.
long double phi(Activation kind, long double x, long double y) {
  const long double half_pi = 1.570796326794896619231321691639751442L;
  if (kind == Activation::arctan)
    return (std::atan(half_pi * x) / half_pi - y) / (1.0L + half_pi * half_pi * x * x);
  if (kind == Activation::erf)
    return (std::erf(std::sqrt(half_pi / 2.0L) * x) - y) * std::exp(-half_pi * x * x / 2.0L);
  const long double e = std::exp(-2.0L * std::abs(x));
  const long double S = std::copysign((1.0L - e) / (1.0L + e), x);
  return 4.0L * e / ((1.0L + e) * (1.0L + e)) * (S - y);
}

}  // namespace

TEST_CASE("strips hold the contribution of a pattern everywhere in the interval") {
  Random random(1);
  for (const Activation kind : kAll) {
    CAPTURE(to_string(kind));
    const OddSigmoid sigmoid(traits(kind).form);
    const Range ends = range(kind);
    for (int k = 0; k < 60; ++k) {
      // Targets beyond the range, too.
      const double y = ends.low + (ends.high - ends.low) * random.uniform(-0.2, 1.2);
      const Target target = sigmoid.target(y);
      const long double Y = 0.5L * (static_cast<long double>(target.value.lower()) +
                                    static_cast<long double>(target.value.upper()));
      const Contribution contribution(sigmoid, target);
      for (int m = 0; m < 40; ++m) {
        const double low = random.uniform(-5.0, 5.0) * (m % 5 == 0 ? 20.0 : 1.0);
        const double width = std::pow(10.0, random.uniform(-6.0, 2.0));
        const Interval x(low, low + width);
        const Strip strip = contribution.strip(x);
        for (int j = 0; j <= 40; ++j) {
          const long double at =
              static_cast<long double>(low) +
              (static_cast<long double>(x.upper()) - static_cast<long double>(low)) * j / 40;
          const long double rest = phi(kind, at, Y) - strip.slope * at;
          // Y is known to half a unit in its last place.
          const long double error = 1e-16L + 1e-18L * std::abs(strip.slope * at);
          REQUIRE(rest >= strip.rest.lower() - error);
          REQUIRE(rest <= strip.rest.upper() + error);
        }
      }
    }
  }
}

TEST_CASE("the strip is as narrow as a parabola's, and falls with the square of the width") {
  // Over a width h the best two lines around a function with second derivative b are h^2 |b| / 8 apart.
  for (const Activation kind : kAll) {
    const OddSigmoid sigmoid(traits(kind).form);
    const Range ends = range(kind);
    const Target target = sigmoid.target(ends.low + 0.7 * (ends.high - ends.low));
    const long double Y = 0.5L * (static_cast<long double>(target.value.lower()) +
                                  static_cast<long double>(target.value.upper()));
    const Contribution contribution(sigmoid, target);
    for (double x = -2.0; x < 2.0; x += 0.37) {
      const long double step = 1e-4L;
      const long double bend =
          (phi(kind, x + step, Y) - 2.0L * phi(kind, x, Y) + phi(kind, x - step, Y)) /
          (step * step);
      if (std::abs(bend) < 0.05L) continue;
      for (const double half : {0.02, 0.002}) {
        const double width = proof::width_of(contribution.strip({x - half, x + half}).rest);
        CHECK(width <= 1.2 * static_cast<double>(std::abs(bend)) * half * half / 2.0);
      }
    }
  }
}

TEST_CASE("between its knots the contribution is convex or concave, as is said") {
  Random random(2);
  for (const Activation kind : kAll) {
    const OddSigmoid sigmoid(traits(kind).form);
    const Range ends = range(kind);
    const Target target =
        sigmoid.target(ends.low + (ends.high - ends.low) * random.uniform(0.1, 0.9));
    const long double Y = 0.5L * (static_cast<long double>(target.value.lower()) +
                                  static_cast<long double>(target.value.upper()));
    const Contribution contribution(sigmoid, target);
    const std::vector<double>& knots = contribution.knots();
    REQUIRE(contribution.signs().size() == knots.size() + 1);
    int changes = 0, last = 0;
    for (std::size_t k = 1; k < knots.size(); ++k) {
      const int sign = contribution.signs()[k];
      if (sign == 0) continue;
      if (last != 0 && sign != last) ++changes;
      last = sign;
      // Where doubles tell it.
      const double low = std::max(knots[k - 1], -4.0), high = std::min(knots[k], 4.0);
      for (int j = 1; j < 8 && low < high; ++j) {
        const long double x = low + (high - low) * j / 8.0L, step = (high - low) / 16.0L;
        const long double bend =
            phi(kind, x + step, Y) - 2.0L * phi(kind, x, Y) + phi(kind, x - step, Y);
        CHECK(static_cast<double>(bend) * sign > 0.0);
      }
    }
    CHECK(changes == 3);  // concave, convex around the minimum, concave around the maximum, convex
  }
}

}  // namespace contribution_test
