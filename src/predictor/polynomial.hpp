#pragma once

#include <array>
#include <optional>

namespace tautrack {

/// A real polynomial of bounded degree, sum c_k a^k; lives on the stack.
class Polynomial {
 public:
  static constexpr int max_degree = 30;

  /// Zero, with room for `degree`. @pre 0 <= degree <= max_degree.
  explicit Polynomial(int degree = 0) : degree_(degree) {}

  [[nodiscard]] int degree() const noexcept { return degree_; }
  double& operator[](int k) { return c_[static_cast<std::size_t>(k)]; }
  double operator[](int k) const { return c_[static_cast<std::size_t>(k)]; }

  [[nodiscard]] double operator()(double a) const;

  /// p(a) / a without the remainder: the coefficients moved down by one. @pre degree() > 0.
  [[nodiscard]] Polynomial over_argument() const;

  /// Numerator of the derivative of p / q^power over q^(power + 1): p' q - power p q'.
  [[nodiscard]] static Polynomial quotient_derivative(const Polynomial& p, const Polynomial& q,
                                                      int power = 1);

  /// The smallest zero in (low, high) at which the polynomial changes its sign, to rounding; nothing
  /// when there is none. Isolated by the variation diminishing property of Bernstein coefficients
  /// (Lane & Riesenfeld 1981): no zero goes unseen but for pairs nearer to each other than 1e-9 of
  /// the interval.
  [[nodiscard]] std::optional<double> first_root(double low, double high) const;

 private:
  int degree_;
  std::array<double, max_degree + 1> c_{};
};

}  // namespace tautrack
