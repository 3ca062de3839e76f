#include "core/bracketed_zero.hpp"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

namespace bracketed_zero_test {

using tautrack::Bracket;
using tautrack::narrowed;

TEST_CASE("zeros of known functions to rounding, in a bracket that has them") {
  int evaluations = 0;
  const auto check = [&](const auto& f, double low, double high, double zero) {
    CAPTURE(zero);
    evaluations = 0;
    const auto counted = [&](double x) {
      ++evaluations;
      return f(x);
    };
    const Bracket found = narrowed(counted, {low, high}, f(low), f(high));
    CHECK(found.low <= zero);
    CHECK(zero <= found.high);
    CHECK(found.width() <= 2.3e-16 * (std::abs(zero) + 1e-300));
    CHECK(found.middle() == doctest::Approx(zero).epsilon(1e-15));
    CHECK(evaluations <= 200);
  };
  check([](double x) { return x * x * x - 8.0; }, 0.0, 11.0, 2.0);
  check([](double x) { return 8.0 - x * x * x; }, 0.0, 11.0, 2.0);
  // Flat at the zero, and steep beside it.
  check([](double x) { return std::pow(x - 1.0, 9.0); }, 0.0, 4.5, 1.0);
  check([](double x) { return std::exp(40.0 * (x - 0.25)) - 1.0; }, -1.0, 1.0, 0.25);
  // At an end.
  check([](double x) { return x - 3.0; }, 3.0, 5.0, 3.0);
  check([](double x) { return x - 5.0; }, 3.0, 5.0, 5.0);
  CHECK(evaluations == 0);
}

TEST_CASE("a jump is bracketed, and where there are no values the search ends") {
  const auto jump = [](double x) { return x < 0.7 ? -1.0 : 1.0; };
  const Bracket at = narrowed(jump, {0.0, 1.0}, -1.0, 1.0);
  CHECK(at.low < 0.7);
  CHECK(at.high >= 0.7);
  CHECK(at.width() <= 2e-16);
  const auto hole = [](double x) {
    return x > 0.5 && x < 0.6 ? std::numeric_limits<double>::quiet_NaN() : x - 0.55;
  };
  const Bracket around = narrowed(hole, {0.0, 1.0}, -0.55, 0.45);
  CHECK(around.low <= 0.5);
  CHECK(around.high >= 0.6);
  // No zero is promised between values of one sign.
  const Bracket none = narrowed([](double x) { return 1.0 + x * x; }, {-1.0, 1.0}, 2.0, 2.0);
  CHECK(none.low == -1.0);
  CHECK(none.high == 1.0);
}

}  // namespace bracketed_zero_test
