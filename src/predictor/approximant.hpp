#pragma once

#include <array>
#include <complex>

#include "tautrack/core/metric.hpp"
#include "tautrack/core/types.hpp"

#include "predictor/polynomial.hpp"

namespace tautrack {

/// Fewest terms that make an estimate of the remainder.
constexpr int kMinSeriesOrder = 6;

/// Degree of the denominator of a Pade approximant: a complex pair, the nearest singularity of a real
/// curve as a rule, and one more.
inline constexpr int denominator_degree = 3;

/// Terms that the denominator is fitted to.
inline constexpr int fitted_terms = 6;

/// The denominator, one at the start, may fall to this on the way.
inline constexpr double smallest_denominator = 0.1;

/// Added to the diagonal of the normal equations of the denominator, relative to their trace: above
/// their rounding, so that they can be solved where the terms determine less than a denominator.
inline constexpr double denominator_regularisation = 1e-12;

/// q_0 = 1 ... q_3
using Denominator = std::array<double, denominator_degree + 1>;

/// Inner products of the terms z_k of a series of order K, k = K - 2 - i, in the metric; zero where
/// there is no such term.
using TermProducts = std::array<std::array<double, fitted_terms>, fitted_terms>;

/// Growth of the terms from one order to the next, from the squared norms of z_1, z_{K-1} and z_K.
[[nodiscard]] double growth_of_terms(double first, double last_but_one, double last, int order);

/// q with q(0) = 1 that makes the coefficients of q z of order K - 2 and before as small as it can,
/// in the least-squares sense; 1 when that determines none. The last two are left out, to judge the
/// result by: two, for on a symmetric curve every other one vanishes.
/// @param growth Taken out of the terms for the sake of conditioning.
[[nodiscard]] Denominator fit_denominator(const TermProducts& products, double growth);

/// A piece of curve z(a) - z(0), z = (x, tau), from its Taylor coefficients z_1 .. z_K: a Pade
/// approximant p(a) / q(a) with one denominator for all components, or the plain polynomial where
/// that reaches further, and the length to which it is trusted. The zeros of q estimate the nearest
/// singularities of the curve, which are complex as a rule (vector Pade approximants in continuation:
/// Cochelin, Damil & Potier-Ferry 1994).
class Approximant {
 public:
  /// A Pade approximant is trusted to at most this multiple of the length of the plain series.
  static constexpr double furthest = 4.0;

  explicit Approximant(Index n);

  /// Coefficient of a^k, to be set for k = 1 .. order. n + 1.
  [[nodiscard]] auto term(int k) { return terms_.col(k); }
  [[nodiscard]] auto term(int k) const { return terms_.col(k); }

  /// @param excess Sizes of terms are this multiple of their metric norm, >= 1.
  /// @param tolerance Wanted error, in the metric times `excess`.
  void fit(int order, const MetricScales& scales, double excess, double tolerance);

  enum class Parameter {
    unknowns,  ///< <x_1, x(a) - x_0> / |x_1|, the length of x along its first coefficient.
    tau        ///< |tau(a) - tau_0|.
  };

  /// The same curve in another parameter, in units of the metric, in place of the one it was expanded
  /// in. Where tau turns sharply a parameter that follows tau makes a square root of what is a
  /// parabola in x; where x grows without bound it is a pole in tau. @return false when the new
  /// parameter does not move to first order.
  [[nodiscard]] bool reparametrise(const Approximant& from, int order, const MetricScales& scales,
                                   Parameter parameter = Parameter::unknowns);

  /// The zero of the denominator nearest to the start, as an estimate of the nearest singularity;
  /// infinity when the approximant is a polynomial.
  [[nodiscard]] std::complex<double> nearest_pole() const;

  [[nodiscard]] double trusted() const noexcept { return trusted_; }

  /// Error that a step of length a may have.
  [[nodiscard]] double allowed(double a) const;

  [[nodiscard]] int order() const noexcept { return order_; }
  [[nodiscard]] const Polynomial& denominator() const noexcept { return denominator_; }
  [[nodiscard]] const Polynomial& tau_numerator() const noexcept { return tau_numerator_; }
  /// Numerator of dtau/da; the denominator q^2 is positive.
  [[nodiscard]] const Polynomial& tau_slope() const noexcept { return tau_slope_; }

  /// tau(a) - tau(0).
  [[nodiscard]] double tau(double a) const { return tau_numerator_(a) / denominator_(a); }

  /// z(a) - z(0) and the unit tangent there; both n + 1.
  void at(double a, const MetricScales& scales, Vector& offset, Vector& direction) const;

  /// |z(a) - z(0)| in the metric.
  [[nodiscard]] double distance(double a, const MetricScales& scales) const;

 private:
  void fit_denominator(const MetricScales& scales);
  void set_numerator();
  [[nodiscard]] double trusted_length(const MetricScales& scales, double plain) const;
  [[nodiscard]] double plain_length(const MetricScales& scales, int k) const;

  Index n_;
  Matrix terms_;      ///< n + 1 x (order + 1), column k is the coefficient of a^k.
  Matrix numerator_;  ///< The same of q (z - z(0)).
  Polynomial denominator_, tau_numerator_, tau_slope_;
  int order_ = 0;
  double excess_ = 1.0;
  double tolerance_ = 0.0;
  double trusted_ = 0.0;
};

}  // namespace tautrack
