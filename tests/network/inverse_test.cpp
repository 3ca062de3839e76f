#include "network/inverse.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include <doctest/doctest.h>

namespace inverse_test {

namespace {

using tautrack::Activation;
using tautrack::activation_from_name;
using tautrack::activation_names;
using tautrack::evaluate;
using tautrack::inverse_node;
using tautrack::inverse_sigmoid;
using tautrack::Range;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Closed forms of the inverses at the doubles nearest to the ends of the range, inside of it.
struct NearEnds {
  Activation activation;
  double at_low;   ///< At the double behind the lower end.
  double at_high;  ///< At the double before the upper end, 1 - 2^-53.
};

constexpr NearEnds near_ends[] = {
    // atanh(1 - d) = log((2 - d) / d) / 2 with d = 2^-53
    {Activation::tanh, -27.0 * std::numbers::ln2, 27.0 * std::numbers::ln2},
    // log(y / (1 - y)): the lower end is 0, and the next double 2^-1074
    {Activation::logistic, -1074.0 * std::numbers::ln2, 53.0 * std::numbers::ln2},
    // (2/pi) cot(pi d / 2) = (2/pi)^2 / d
    {Activation::arctan, -3650480359170959.857, 3650480359170959.857},
    // 2 / sqrt(pi) erfc^-1(d): mpmath, 40 digits
    {Activation::erf, -6.616346874994306744, 6.616346874994306744},
};

}  // namespace

TEST_CASE("the inverse of an activation is infinite at the ends of the range and NaN beyond") {
  for (const NearEnds& known : near_ends) {
    CAPTURE(to_string(known.activation));
    const Range ends = range(known.activation);
    const auto inverse = [&](double y) { return inverse_sigmoid(known.activation, y); };
    CHECK(inverse(ends.low) == -infinity);
    CHECK(inverse(ends.high) == infinity);
    CHECK(inverse(std::nextafter(ends.low, infinity)) ==
          doctest::Approx(known.at_low).epsilon(4.0 * epsilon));
    CHECK(inverse(std::nextafter(ends.high, -infinity)) ==
          doctest::Approx(known.at_high).epsilon(4.0 * epsilon));
    for (const double y : {std::nextafter(ends.low, -infinity), ends.low - 0.25, -2.5, -1e300,
                           -infinity, std::nextafter(ends.high, infinity), ends.high + 0.25, 2.5,
                           1e300, infinity, std::numeric_limits<double>::quiet_NaN()}) {
      CAPTURE(y);
      CHECK(std::isnan(inverse(y)));
    }
  }
  CHECK(std::size(near_ends) == activation_names().size());
}

TEST_CASE("the inverse of an activation takes its values back to where they are from") {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> input(-4.0, 4.0);
  for (const auto name : activation_names()) {
    CAPTURE(name);
    const Activation activation = *activation_from_name(name);
    const Range ends = range(activation);
    CHECK(inverse_sigmoid(activation, 0.5 * (ends.low + ends.high)) == 0.0);
    for (int k = 0; k < 200; ++k) {
      const double u = input(random);
      CAPTURE(u);
      const auto s = evaluate(activation, u);
      // The value is rounded, by half a unit in the last place of 1 at most.
      const double allowed = 4.0 * epsilon * (std::abs(u) + 1.0 / s.first);
      CHECK(std::abs(inverse_sigmoid(activation, s.value) - u) <= allowed);
    }
  }
}

TEST_CASE(
    "the inverse of the node function is finite before tau = 1 and infinite from the ends on") {
  for (const auto name : activation_names()) {
    CAPTURE(name);
    const Activation activation = *activation_from_name(name);
    const Range ends = range(activation);
    for (const double beyond : {0.0, epsilon, 0.25, 1e10}) {
      CAPTURE(beyond);
      CHECK(inverse_node(activation, 1.0, ends.high + beyond) == infinity);
      CHECK(inverse_node(activation, 1.0, ends.low - beyond) == -infinity);
      for (const double tau : {0.0, 0.5, 1.0 - epsilon}) {
        CAPTURE(tau);
        CHECK(std::isfinite(inverse_node(activation, tau, ends.high + beyond)));
        CHECK(std::isfinite(inverse_node(activation, tau, ends.low - beyond)));
      }
    }
  }
}

}  // namespace inverse_test
