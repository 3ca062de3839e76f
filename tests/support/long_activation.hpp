#pragma once

#include <cmath>
#include <numbers>

#include "tautrack/network/activation.hpp"

namespace tautrack::support {

/// An activation with its first two derivatives in long double, by its formula.
inline void activate(Activation activation, long double u, long double& sigma, long double& first,
                     long double& second) {
  const long double pi = std::numbers::pi_v<long double>;
  switch (activation) {
    case Activation::tanh:
      sigma = std::tanh(u);
      first = 1 / (std::cosh(u) * std::cosh(u));
      second = -2 * sigma * first;
      return;
    case Activation::logistic:
      sigma = 1 / (1 + std::exp(-u));
      first = sigma * (1 - sigma);
      second = first * (1 - 2 * sigma);
      return;
    case Activation::arctan:
      sigma = 2 / pi * std::atan(pi * u / 2);
      first = 1 / (1 + pi * pi * u * u / 4);
      second = -pi * pi * u / 2 * first * first;
      return;
    case Activation::erf:
      sigma = std::erf(std::sqrt(pi) * u / 2);
      first = std::exp(-pi * u * u / 4);
      second = -pi * u / 2 * first;
      return;
  }
}

}  // namespace tautrack::support
