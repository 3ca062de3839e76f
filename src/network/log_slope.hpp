#pragma once

#include <cmath>
#include <numbers>

#include "tautrack/network/activation.hpp"

namespace tautrack {

/// log sigma'(u) and sigma''(u) / sigma'(u): numbers wherever u is one, also where sigma' is below all doubles.
struct LogSlope {
  double log;
  double bend;
};

inline LogSlope log_slope(Activation activation, double u) {
  const double size = std::abs(u);
  switch (activation) {
    case Activation::tanh:
      return {2.0 * (std::numbers::ln2 - size - std::log1p(std::exp(-2.0 * size))),
              -2.0 * std::tanh(u)};
    case Activation::logistic:
      return {-size - 2.0 * std::log1p(std::exp(-size)), -std::tanh(0.5 * u)};
    case Activation::arctan: {
      const double a = 0.5 * std::numbers::pi * u;
      return {-std::log1p(a * a), -std::numbers::pi * a / (1.0 + a * a)};
    }
    case Activation::erf:
      break;
  }
  return {-0.25 * std::numbers::pi * u * u, -0.5 * std::numbers::pi * u};
}

}  // namespace tautrack
