#pragma once

#include <array>

#include "tautrack/network/activation.hpp"

#include "certify/path_real.hpp"
#include "exhaustive/interval.hpp"

/// Taylor coefficients along a curve of what one pattern contributes to the equations, in double, in
/// double intervals and in balls. With delta = 1 - tau, sigma = e - k q where e is the end of the range on
/// the side k = +-1 of u, and h = u - sigma,
///
///     r = delta h + (e - y) - k q,   f_u = delta (1 - sigma') + sigma',   f_uu = (1 - delta) sigma'':
///
/// nothing cancels where sigma saturates, and delta is as accurate as a double can be near tau = 1.
namespace tautrack::tube {

using exhaustive::Interval;

/// Degree of the centre curve of a tube.
constexpr int kDegree = 5;

/// Coefficients of order 0 ... kDegree + 1.
template <class S>
using Series = std::array<S, kDegree + 2>;

/// One pattern of the problem, its doubles taken exactly.
struct Pattern {
  Activation activation = Activation::tanh;
  double target = 0.0;
  double omega = 1.0;
};

/// q and sigma' over u, q = k (e - sigma).
template <class S>
struct Ends {
  S tail, slope;
};
[[nodiscard]] Ends<double> ends(Activation activation, bool negative, double u);
[[nodiscard]] Ends<Interval> ends(Activation activation, bool negative, const Interval& u);

[[nodiscard]] bool is_negative(double u);
[[nodiscard]] bool is_negative(const Interval& u);

/// pi / 2 of the kind and precision of `like`.
[[nodiscard]] double half_pi(double like);
[[nodiscard]] Interval half_pi(const Interval& like);

#ifdef TAUTRACK_WITH_FLINT
[[nodiscard]] Ends<ball::Real> ends(Activation activation, bool negative, const ball::Real& u);
[[nodiscard]] bool is_negative(const ball::Real& u);
[[nodiscard]] ball::Real half_pi(const ball::Real& like);
#endif

/// The coefficient of order k of the product.
template <class S>
S product(const Series<S>& x, const Series<S>& y, int k) {
  S sum = x[0] * y[static_cast<std::size_t>(k)];
  for (int j = 1; j <= k; ++j)
    sum += x[static_cast<std::size_t>(j)] * y[static_cast<std::size_t>(k - j)];
  return sum;
}

template <class S>
struct PatternSeries {
  Series<S> force;        ///< g = omega f_u r
  Series<S> stiffness;    ///< dg/du = omega (f_u^2 + f_uu r)
  Series<S> by_delta;     ///< dg/ddelta = omega ((1 - sigma') r + f_u h)
  S by_uu, by_ud, by_dd;  ///< Second derivatives of g, of order 0.

  /// @param u, delta  Coefficients of order 0 ... order. @param order Of `force`.
  /// @param slope_order Of the derivatives, <= order.
  void evaluate(const Pattern& pattern, const Series<S>& u, const Series<S>& delta, int order,
                int slope_order);
  /// The second derivatives at the point of the last evaluate().
  void differentiate(const Pattern& pattern, const S& u, const S& delta);

 private:
  Series<S> tail_, slope_, second_, ratio_;       ///< q, sigma', sigma'', sigma'' / sigma'
  Series<S> residual_, f_u_, f_uu_, lag_, rest_;  ///< r, f_u, f_uu, h, 1 - sigma'
};

template <class S>
void PatternSeries<S>::evaluate(const Pattern& pattern, const Series<S>& u, const Series<S>& delta,
                                int order, int slope_order) {
  const bool negative = is_negative(u[0]);
  const double side = negative ? -1.0 : 1.0;
  const Range range = tautrack::range(pattern.activation);
  const double end = negative ? range.low : range.high;
  const Ends<S> at = ends(pattern.activation, negative, u[0]);
  tail_[0] = at.tail;
  slope_[0] = at.slope;
  for (int m = 0; m <= order; ++m) {
    const auto k = static_cast<std::size_t>(m);
    if (m > 0) {
      // sigma' and q by their derivatives sigma'' u' and -k sigma' u'.
      S slope(0.0);
      S tail(0.0);
      for (int j = 1; j <= m; ++j) {
        const S rate = u[static_cast<std::size_t>(j)] * static_cast<double>(j);
        slope += rate * second_[static_cast<std::size_t>(m - j)];
        tail += rate * slope_[static_cast<std::size_t>(m - j)];
      }
      slope_[k] = slope / S(static_cast<double>(m));
      tail_[k] = tail / S(-side * static_cast<double>(m));
    }
    switch (pattern.activation) {
      case Activation::tanh:
        ratio_[k] = m == 0 ? (S(1.0) - tail_[0]) * (-2.0 * side) : tail_[k] * (2.0 * side);
        break;
      case Activation::logistic:
        ratio_[k] = m == 0 ? (S(1.0) - tail_[0] * 2.0) * -side : tail_[k] * (2.0 * side);
        break;
      case Activation::arctan: {
        const S half = half_pi(u[0]);
        ratio_[k] = half * half * product(u, slope_, m) * -2.0;
        break;
      }
      case Activation::erf:
        ratio_[k] = half_pi(u[0]) * u[k] * -1.0;
        break;
    }
    second_[k] = product(ratio_, slope_, m);
    const S signed_tail = tail_[k] * side;
    lag_[k] = u[k] + signed_tail;
    rest_[k] = slope_[k] * -1.0;
    if (m == 0) {
      lag_[0] = lag_[0] - S(end);
      rest_[0] = S(1.0) - slope_[0];
    }
    residual_[k] = product(delta, lag_, m) - signed_tail;
    if (m == 0) residual_[0] = residual_[0] + (S(end) - S(pattern.target));
    f_u_[k] = product(delta, rest_, m) + slope_[k];
    force[k] = product(f_u_, residual_, m) * pattern.omega;
    if (m > slope_order) continue;
    f_uu_[k] = second_[k] - product(delta, second_, m);
    stiffness[k] = (product(f_u_, f_u_, m) + product(f_uu_, residual_, m)) * pattern.omega;
    by_delta[k] = (product(rest_, residual_, m) + product(f_u_, lag_, m)) * pattern.omega;
  }
}

template <class S>
void PatternSeries<S>::differentiate(const Pattern& pattern, const S& u, const S& delta) {
  const S& slope = slope_[0];
  S third(0.0);
  switch (pattern.activation) {
    case Activation::tanh:
      third = slope * (S(4.0) - slope * 6.0);
      break;
    case Activation::logistic:
      third = slope * (S(1.0) - slope * 6.0);
      break;
    case Activation::arctan: {
      const S half = half_pi(u);
      const S p = half * u;
      third = half * half * slope * slope * slope * (p * p * 3.0 - S(1.0)) * 2.0;
      break;
    }
    case Activation::erf:
      third = slope * (ratio_[0] * ratio_[0] - half_pi(u));
      break;
  }
  const S f_uuu = (S(1.0) - delta) * third;
  by_uu = (f_u_[0] * f_uu_[0] * 3.0 + f_uuu * residual_[0]) * pattern.omega;
  by_ud =
      (f_u_[0] * rest_[0] * 2.0 - second_[0] * residual_[0] + f_uu_[0] * lag_[0]) * pattern.omega;
  by_dd = rest_[0] * lag_[0] * (2.0 * pattern.omega);
}

}  // namespace tautrack::tube
