#include "network/log_slope.hpp"

#include <cmath>

#include <doctest/doctest.h>

namespace log_slope_test {

using namespace tautrack;

TEST_CASE("logarithms of slopes and their derivatives are those of the activations, and go on") {
  for (const auto activation :
       {Activation::tanh, Activation::logistic, Activation::arctan, Activation::erf}) {
    CAPTURE(to_string(activation));
    for (double u = -12.0; u <= 12.0; u += 0.37) {
      CAPTURE(u);
      const ActivationValues values = evaluate(activation, u);
      const LogSlope slope = log_slope(activation, u);
      CHECK(slope.log == doctest::Approx(std::log(values.first)).epsilon(1e-12).scale(1.0));
      CHECK(slope.bend == doctest::Approx(values.second / values.first).epsilon(1e-12).scale(1.0));
    }
    for (const double u : {-1e5, -800.0, 800.0, 1e5}) {
      const LogSlope slope = log_slope(activation, u);
      CHECK(std::isfinite(slope.log));
      CHECK(slope.bend * u < 0.0);
      // The one is the derivative of the other.
      const double h = 1e-4 * std::abs(u);
      const double rise = log_slope(activation, u + h).log - log_slope(activation, u - h).log;
      CHECK(rise / (2.0 * h) == doctest::Approx(slope.bend).epsilon(1e-6).scale(0.0));
    }
  }
}

}  // namespace log_slope_test
