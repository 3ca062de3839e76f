#include "geometry/node_function.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include <boost/math/tools/toms748_solve.hpp>

#include "network/residual.hpp"

namespace tautrack {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Inputs beyond this, in units of the largest |sigma''|, are one cell; sigma is constant there.
constexpr double kFar = 64.0;

double largest_magnitude(const Span& u) { return std::max(std::abs(u.low), std::abs(u.high)); }

double smallest_magnitude(const Span& u) {
  return u.low <= 0.0 && u.high >= 0.0 ? 0.0 : std::min(std::abs(u.low), std::abs(u.high));
}

/// The finite part of an interval in so many cells, and what is beyond.
template <class See>
void for_each_cell(const Span& u, double far, int cells, const See& see) {
  const double low = std::clamp(u.low, -far, far), high = std::clamp(u.high, -far, far);
  if (u.low < low) see(Span{u.low, std::min(u.high, low)});
  if (u.high > high) see(Span{std::max(u.low, high), u.high});
  for (int k = 0; k < cells; ++k) {
    const double a = low + (high - low) * k / cells, b = low + (high - low) * (k + 1) / cells;
    see(Span{a, k + 1 == cells ? high : b});
  }
}

Span product(const Span& a, const Span& b) {
  const auto times = [](double x, double y) { return x == 0.0 || y == 0.0 ? 0.0 : x * y; };
  const double p = times(a.low, b.low), q = times(a.low, b.high), r = times(a.high, b.low),
               s = times(a.high, b.high);
  return {std::min({p, q, r, s}), std::max({p, q, r, s})};
}

}  // namespace

std::pair<double, double> largest_second(Activation activation) {
  double u = 0.0;
  switch (activation) {
    case Activation::tanh:
      u = std::atanh(1.0 / std::numbers::sqrt3);
      break;
    case Activation::logistic:
      u = 2.0 * std::atanh(1.0 / std::numbers::sqrt3);
      break;
    case Activation::arctan:
      u = 2.0 / (std::numbers::pi * std::numbers::sqrt3);
      break;
    case Activation::erf:
      u = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
      break;
  }
  return {u, std::abs(evaluate(activation, u).second)};
}

double largest_ratio_beyond(Activation activation, double a) {
  switch (activation) {
    case Activation::tanh:
      return 2.0;
    case Activation::logistic:
      return 1.0;
    case Activation::arctan: {
      const double x = std::max(1.0, 0.5 * std::numbers::pi * a);
      return std::numbers::pi * x / (1.0 + x * x);
    }
    case Activation::erf:
      break;
  }
  return kInfinity;
}

double largest_third(Activation activation) { return std::abs(evaluate(activation, 0.0).third); }

double NodeFunction::value(double u) const {
  return (1.0 - tau_) * u + tau_ * evaluate(activation_, u).value;
}

double NodeFunction::slope(double u) const {
  if (std::isinf(u)) return 1.0 - tau_;
  return (1.0 - tau_) + tau_ * evaluate(activation_, u).first;
}

double NodeFunction::second(double u) const {
  return std::isinf(u) ? 0.0 : tau_ * evaluate(activation_, u).second;
}

double NodeFunction::residual(double u, double y) const {
  const Range ends = range(activation_);
  if (std::isinf(u)) return tau_ < 1.0 ? u : (u > 0.0 ? ends.high : ends.low) - y;
  return tautrack::residual(evaluate(activation_, u), ends, u, tau_, y);
}

double NodeFunction::inverse(double y) const {
  const Range ends = range(activation_);
  if (tau_ == 1.0 && y >= ends.high) return kInfinity;
  if (tau_ == 1.0 && y <= ends.low) return -kInfinity;
  if (residual(0.0, y) == 0.0) return 0.0;
  const double sign = residual(0.0, y) < 0.0 ? 1.0 : -1.0;
  double near = 0.0, far = sign;
  while (sign * residual(far, y) < 0.0) {
    near = far;
    far *= 2.0;
    if (std::isinf(far)) return far;
  }
  std::uintmax_t budget = 200;
  const auto [low, high] = boost::math::tools::toms748_solve(
      [&](double u) { return residual(u, y); }, std::min(near, far), std::max(near, far),
      boost::math::tools::eps_tolerance<double>(), budget);
  return 0.5 * (low + high);
}

Span NodeFunction::slopes(const Span& u) const {
  return {slope(largest_magnitude(u)), slope(smallest_magnitude(u))};
}

Span NodeFunction::seconds(const Span& u) const {
  // f'' is odd, negative for u > 0, and monotonic between the places of its extrema.
  const double peak = largest_second(activation_).first;
  Span result{std::min(second(u.low), second(u.high)), std::max(second(u.low), second(u.high))};
  for (const double at : {-peak, peak})
    if (u.low < at && at < u.high) {
      result.low = std::min(result.low, second(at));
      result.high = std::max(result.high, second(at));
    }
  return result;
}

double NodeFunction::least_convexity(const Span& u, double y, int cells) const {
  const double far = kFar * largest_second(activation_).first;
  double least = kInfinity;
  for_each_cell(u, far, cells, [&](const Span& cell) {
    const double slope = slopes(cell).low;
    // Where f grows for ever, f'' falls faster: sup |f''| |f| beyond is that at the near end.
    Span residuals{residual(cell.low, y), residual(cell.high, y)};
    double bent = product(seconds(cell), residuals).low;
    if (std::isinf(bent)) {
      const double near = smallest_magnitude(cell);
      bent = -std::abs(second(near)) * (std::abs(y) + 1.0 + near) * 2.0;
    }
    least = std::min(least, slope * slope + bent);
  });
  return least;
}

double NodeFunction::convexity_loss(const Span& u, double y, double theta, int cells) const {
  const double far = kFar * largest_second(activation_).first;
  const double at_theta = slope(theta) * slope(theta);
  double loss = 0.0;
  for_each_cell(u, far, cells, [&](const Span& cell) {
    const double least = least_convexity(cell, y, 1);
    if (at_theta <= least) return;
    // The mean value theorem in r = f - y, d(f'^2 + f'' r) / dr = 3 f'' + f''' r / f', is good near
    // theta, the quotient itself away from it.
    const Span with_theta{std::min(cell.low, theta), std::max(cell.high, theta)};
    const Span second = seconds(with_theta);
    const double residuals =
        std::max(std::abs(residual(with_theta.low, y)), std::abs(residual(with_theta.high, y)));
    double bound = 3.0 * std::max(std::abs(second.low), std::abs(second.high)) +
                   tau_ * largest_third(activation_) * residuals / slopes(with_theta).low;
    if (std::isnan(bound)) bound = kInfinity;
    double nearest = 0.0;
    if (cell.low > theta) nearest = residual(cell.low, y);
    if (cell.high < theta) nearest = -residual(cell.high, y);
    if (nearest > 0.0) bound = std::min(bound, (at_theta - least) / nearest);
    loss = std::max(loss, bound);
  });
  return loss;
}

Span NodeFunction::pulls(const Span& u, double y, double theta, int cells) const {
  const double far = kFar * largest_second(activation_).first;
  Span result{kInfinity, 0.0};
  for_each_cell(u, far, cells, [&](const Span& cell) {
    const Span slope = slopes(cell);
    Span secant = slopes({std::min(cell.low, theta), std::max(cell.high, theta)});
    // Away from theta the quotient of the residual itself is sharper.
    const double from = cell.low - theta, to = cell.high - theta;
    if (from > 0.0 && std::isfinite(to)) {
      secant.low = std::max(secant.low, residual(cell.low, y) / to);
      secant.high = std::min(secant.high, residual(cell.high, y) / from);
    } else if (to < 0.0 && std::isfinite(from)) {
      secant.low = std::max(secant.low, residual(cell.high, y) / from);
      secant.high = std::min(secant.high, residual(cell.low, y) / to);
    }
    result.low = std::min(result.low, slope.low * secant.low);
    result.high = std::max(result.high, slope.high * secant.high);
  });
  return result;
}

}  // namespace tautrack
