#pragma once

#include <cassert>
#include <span>
#include <utility>
#include <vector>

#include <boost/math/differentiation/autodiff.hpp>

#include "tautrack/core/types.hpp"

namespace tautrack {

/// A homotopy from one function, written once for any scalar type: derivatives and Taylor series
/// come by automatic differentiation (Boost.Math, forward mode; Griewank & Walther, Evaluating
/// Derivatives, 2008, chapter 13), so that the Taylor predictor follows it.
///
///     struct Equations {
///       template <class Scalar>
///       void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
///         using std::exp;  // plain and Boost's functions alike
///         H[0] = exp(x[0]) - 1.0 - tau;
///       }
///     };
///     GenericHomotopy homotopy(1, Equations{});
///
/// Cost: n + 1 evaluations with first derivatives for derivatives(), one evaluation in series of order
/// max_series_order for each term of a series. Include this header only where Boost is installed.
template <class F>
class GenericHomotopy {
 public:
  static constexpr std::size_t order = max_series_order;

  /// @param n > 0 unknowns, and equations.
  GenericHomotopy(Index n, F equations)
      : equations_(std::move(equations)), n_(n), terms_(Matrix::Zero(n + 1, order + 1)) {
    assert(n > 0);
  }

  [[nodiscard]] Index size() const noexcept { return n_; }

  void residual(const Vector& x, double tau, Vector& H) {
    set_point(x, tau);
    std::vector<double> values(static_cast<std::size_t>(n_));
    equations_(std::span<const double>(x.data(), static_cast<std::size_t>(n_)), tau,
               std::span<double>(values));
    H = Eigen::Map<const Vector>(values.data(), n_);
  }

  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    using First = boost::math::differentiation::autodiff_v1::detail::fvar<double, 1>;
    set_point(x, tau);
    std::vector<First> at(static_cast<std::size_t>(n_)), values(at.size());
    for (Index j = 0; j <= n_; ++j) {
      for (Index i = 0; i < n_; ++i) at[static_cast<std::size_t>(i)] = First(x(i), i == j);
      equations_(std::span<const First>(at), First(tau, j == n_), std::span<First>(values));
      for (Index i = 0; i < n_; ++i) {
        const First& value = values[static_cast<std::size_t>(i)];
        (j < n_ ? H_x(i, j) : H_tau(i)) = value.derivative(1);
        if (j == 0) H(i) = static_cast<double>(value);
      }
    }
  }

  double append_series(int k, const Vector& x_k, double tau_k, Vector& rest) {
    using Series = boost::math::differentiation::autodiff_v1::detail::fvar<double, order>;
    assert(k >= 1 && k < max_series_order);
    terms_.col(k) << x_k, tau_k;
    const Series a(0.0, true);
    const auto series = [&](Index row) {
      Series sum(terms_(row, k), false);
      for (int j = k - 1; j >= 0; --j) sum = sum * a + terms_(row, j);
      return sum;
    };
    std::vector<Series> at(static_cast<std::size_t>(n_)), values(at.size());
    for (Index i = 0; i < n_; ++i) at[static_cast<std::size_t>(i)] = series(i);
    equations_(std::span<const Series>(at), series(n_), std::span<Series>(values));
    double factorial = 1.0;
    for (int j = 2; j <= k + 1; ++j) factorial *= j;
    for (Index i = 0; i < n_; ++i)
      rest(i) = values[static_cast<std::size_t>(i)].derivative(static_cast<std::size_t>(k + 1)) /
                factorial;
    return 0.0;  // no opinion on sizes
  }

 private:
  void set_point(const Vector& x, double tau) { terms_.col(0) << x, tau; }

  F equations_;
  Index n_;
  Matrix terms_;  ///< n + 1 x (order + 1): Taylor coefficients of (x, tau) so far.
};

}  // namespace tautrack
