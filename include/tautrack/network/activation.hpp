#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tautrack/core/types.hpp"

namespace tautrack {

/// Sigmoids sigma(u). All are increasing and bounded. tanh, arctan and erf are odd with range (-1,
/// 1) and slope one at u = 0; logistic has range (0, 1) and slope 1/4 at u = 0.
enum class Activation {
  tanh,      ///< tanh(u)
  logistic,  ///< 1 / (1 + exp(-u))
  arctan,    ///< (2/pi) atan(pi u / 2)
  erf        ///< erf(sqrt(pi) u / 2)
};

[[nodiscard]] std::string_view to_string(Activation activation) noexcept;

/// The activation of that name, or nothing.
[[nodiscard]] std::optional<Activation> activation_from_name(std::string_view name) noexcept;

/// All names, in the order of the enumeration.
[[nodiscard]] const std::vector<std::string_view>& activation_names();

/// Open range of sigma.
struct Range {
  double low;
  double high;
};
[[nodiscard]] Range range(Activation activation) noexcept;

/// sigma and its first three derivatives at one u, each to a few units in the last place relative
/// to itself, also in the tails: sigma'(u) does not cancel (tanh at u = 30: 3.5e-26, not 0) and
/// underflows to zero only where its true value is below the range of double.
struct ActivationValues {
  double value;   ///< sigma
  double first;   ///< sigma'  > 0
  double second;  ///< sigma''
  double third;   ///< sigma'''
  double tail;    ///< Distance of sigma to the end of its range on the side of u, > 0.
};
[[nodiscard]] ActivationValues evaluate(Activation activation, double u) noexcept;

/// Taylor coefficients of sigma(u(a)) and sigma'(u(a)) for L node inputs at once, order after
/// order: the support that a Taylor predictor needs. With u = sum u_k a^k, sigma = sum s_k a^k and
/// sigma' = sum d_k a^k the recurrences are (Griewank & Walther, Evaluating Derivatives, 2008,
/// section 13.2)
///
///     k s_k = sum_{j=1..k} j u_j d_{k-j},
///
/// and for d from the differential equation of each sigmoid: d' = -2 sigma d u' (tanh),
/// d' = (1 - 2 sigma) d u' (logistic), d (1 + (pi u / 2)^2) = 1 (arctan), d = exp(-pi u^2 / 4)
/// (erf).
///
/// Cost: O(k L) for order k. Memory: 4 (max_order + 1) L numbers, allocated once.
class ActivationSeries {
 public:
  /// @pre patterns >= 0, max_order >= 0.
  ActivationSeries(Activation activation, Index patterns, int max_order);

  /// Starts anew at the node inputs u_0 (L).
  void start(const Vector& u0);

  /// Appends the next coefficient u_k (L) and computes s_k and d_k. @pre order() < max_order.
  void append(const Vector& u_k);

  /// Highest order known so far; -1 before start().
  [[nodiscard]] int order() const noexcept { return order_; }
  [[nodiscard]] auto input(int k) const { return u_.col(k); }
  [[nodiscard]] auto value(int k) const { return s_.col(k); }
  [[nodiscard]] auto slope(int k) const { return d_.col(k); }

 private:
  Activation activation_;
  int order_ = -1;
  Matrix u_, s_, d_, aux_;  ///< L x (max_order + 1); column k is the coefficient of a^k.
};

}  // namespace tautrack
