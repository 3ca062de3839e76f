#include "network/inverse.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include <boost/math/special_functions/erf.hpp>
#include <boost/math/tools/toms748_solve.hpp>

#include "network/residual.hpp"

namespace tautrack {

double inverse_sigmoid(Activation activation, double y) {
  constexpr double half_pi = 0.5 * std::numbers::pi;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Range ends = range(activation);
  if (!(y > ends.low && y < ends.high)) {
    if (y == ends.low) return -infinity;
    return y == ends.high ? infinity : std::numeric_limits<double>::quiet_NaN();
  }
  switch (activation) {
    case Activation::tanh:
      return std::atanh(y);
    case Activation::logistic:
      return std::log(y) - std::log1p(-y);
    case Activation::arctan:
      if (std::abs(y) < 0.5) return std::tan(half_pi * y) / half_pi;
      return std::copysign(1.0 / (half_pi * std::tan(half_pi * (1.0 - std::abs(y)))), y);
    case Activation::erf:
      break;
  }
  return 2.0 * std::numbers::inv_sqrtpi * boost::math::erf_inv(y);
}

double inverse_node(Activation activation, double tau, double y) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Range ends = range(activation);
  if (tau == 0.0) return y;
  if (tau == 1.0) {
    if (y >= ends.high) return infinity;
    return y <= ends.low ? -infinity : inverse_sigmoid(activation, y);
  }
  const auto error = [&](double u) { return residual(evaluate(activation, u), ends, u, tau, y); };
  const double at_zero = error(0.0);
  if (at_zero == 0.0) return 0.0;
  const double sign = at_zero < 0.0 ? 1.0 : -1.0;
  double near = 0.0, far = sign;
  while (sign * error(far) < 0.0) {
    near = far;
    far *= 2.0;
    if (std::isinf(far)) return far;
  }
  std::uintmax_t budget = 200;
  const auto [low, high] =
      boost::math::tools::toms748_solve(error, std::min(near, far), std::max(near, far),
                                        boost::math::tools::eps_tolerance<double>(), budget);
  return 0.5 * (low + high);
}

}  // namespace tautrack
