#pragma once

#include <array>

#include "proof/interval.hpp"
#include "proof/sigmoid.hpp"

/// Taylor coefficients along a curve of what one pattern contributes to the equations, in double, in
/// double intervals and in balls. With delta = 1 - tau, sigma = e - k q where e is the end of the range on
/// the side k = +-1 of u, and h = u - sigma,
///
///     r = delta h + (e - y) - k q,   f_u = delta (1 - sigma') + sigma',   f_uu = (1 - delta) sigma'':
///
/// nothing cancels where sigma saturates, and delta is as accurate as a double can be near tau = 1.
namespace tautrack::tube {

using proof::Interval;

/// Degree of the centre curve of a tube.
constexpr int kDegree = 5;

/// Coefficients of order 0 ... kDegree + 1.
template <class S>
using Series = std::array<S, kDegree + 2>;

/// One pattern of the problem, its doubles taken exactly.
struct Pattern {
  proof::Sigmoid sigmoid;
  double target = 0.0;
  double omega = 1.0;
};

/// Whether the end of the range on the side of negative inputs is the near one.
[[nodiscard]] inline bool is_negative(double u) { return u < 0.0; }
[[nodiscard]] inline bool is_negative(const Interval& u) { return proof::middle(u) < 0.0; }
#ifdef TAUTRACK_WITH_FLINT
[[nodiscard]] inline bool is_negative(const proof::Real& u) {
  return arf_sgn(arb_midref(u.get())) < 0;
}
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
  using proof::scaled;
  const bool negative = is_negative(u[0]);
  const double side = negative ? -1.0 : 1.0;
  const proof::Sigmoid& sigmoid = pattern.sigmoid;
  const double end = sigmoid.end(negative);
  const proof::Tail<S> at = proof::tail_over(sigmoid, negative, u[0]);
  tail_[0] = at.distance;
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
    const S signed_tail = scaled(tail_[k], side);
    const S v = m == 0 ? scaled(sigmoid.height - tail_[0], side) : -signed_tail;
    ratio_[k] = bend(sigmoid, u[k], v, [&] { return product(u, slope_, m); });
    second_[k] = product(ratio_, slope_, m);
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
  const S third = slope * proof::third(pattern.sigmoid, u, slope);
  const S f_uuu = (S(1.0) - delta) * third;
  by_uu = (f_u_[0] * f_uu_[0] * 3.0 + f_uuu * residual_[0]) * pattern.omega;
  by_ud =
      (f_u_[0] * rest_[0] * 2.0 - second_[0] * residual_[0] + f_uu_[0] * lag_[0]) * pattern.omega;
  by_dd = rest_[0] * lag_[0] * (2.0 * pattern.omega);
}

}  // namespace tautrack::tube
