#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "proof/interval.hpp"

namespace tautrack::amplitude {

using proof::Interval;

/// A Taylor form of degree two: numbers
///
///     centre + first e1 + second e2 + first_squared e1^2 + mixed e1 e2 + second_squared e2^2 + e
///
/// with |e1|, |e2| <= 1 and |e| <= error, the same e1 and e2 in all forms, which are the two variables of a box (K.
/// Makino & M. Berz, Taylor models and other validated functional inclusion methods, Int. J. Pure Appl. Math. 4, 2003).
/// What quantities have in common cancels, to second order in the size of the box. Of terms of degree three what a
/// linear function accounts for is kept: e^3 = 3/4 e +- 1/4, e^2 = 1/2 +- 1/2.
///
/// An error that is not finite claims nothing. All rounding goes into the error.
class Quadratic {
 public:
  Quadratic() = default;
  Quadratic(double constant) : centre_(constant) {}  // Numbers are constants.
  Quadratic(const Interval& x)                       // NOLINT(*-explicit-*)
      : centre_(proof::middle(x)), error_(radius_about(centre_, x)) {}

  /// Coefficients of the terms, in the order above.
  /// @param error Of what they leave out.
  /// @param size Of all that was summed and multiplied to get them, by a few operations each.
  TAUTRACK_INLINE Quadratic(double centre, double first, double second, double first_squared,
                            double mixed, double second_squared, double error, double size)
      : centre_(centre),
        first_(first),
        second_(second),
        first_squared_(first_squared),
        mixed_(mixed),
        second_squared_(second_squared) {
    error_ = error + ((this->size() + size + error) * kGrowth + 64.0 * proof::kUnderflow);
  }

  /// A variable that takes the values of `side`.
  [[nodiscard]] static Quadratic variable(const Interval& side, bool is_first) {
    Quadratic form(proof::middle(side));
    (is_first ? form.first_ : form.second_) = radius_about(form.centre_, side);
    return form;
  }
  /// [-by, by], the claim that nothing more is known.
  [[nodiscard]] static Quadratic around_zero(double by) {
    Quadratic form;
    form.error_ = by;
    return form;
  }

  [[nodiscard]] double centre() const { return centre_; }
  [[nodiscard]] double first() const { return first_; }
  [[nodiscard]] double second() const { return second_; }
  [[nodiscard]] double first_squared() const { return first_squared_; }
  [[nodiscard]] double mixed() const { return mixed_; }
  [[nodiscard]] double second_squared() const { return second_squared_; }
  [[nodiscard]] double error() const { return error_; }

  [[nodiscard]] Interval range() const {
    const auto [low1, high1] = extremes(first_, first_squared_);
    const auto [low2, high2] = extremes(second_, second_squared_);
    const double rest = std::abs(mixed_) + error_;
    const double rounding = (size() + rest) * kGrowth + proof::kUnderflow;
    return {centre_ + (low1 + low2) - rest - rounding, centre_ + (high1 + high2) + rest + rounding};
  }
  [[nodiscard]] bool excludes_zero() const { return proof::excludes_zero(range()); }

  TAUTRACK_INLINE friend Quadratic operator-(const Quadratic& x) {
    Quadratic form;
    form.centre_ = -x.centre_;
    form.first_ = -x.first_;
    form.second_ = -x.second_;
    form.first_squared_ = -x.first_squared_;
    form.mixed_ = -x.mixed_;
    form.second_squared_ = -x.second_squared_;
    form.error_ = x.error_;
    return form;
  }
  TAUTRACK_INLINE friend Quadratic operator+(const Quadratic& x, const Quadratic& y) {
    return {x.centre_ + y.centre_, x.first_ + y.first_,
            x.second_ + y.second_, x.first_squared_ + y.first_squared_,
            x.mixed_ + y.mixed_,   x.second_squared_ + y.second_squared_,
            x.error_ + y.error_,   0.0};
  }
  TAUTRACK_INLINE friend Quadratic operator-(const Quadratic& x, const Quadratic& y) {
    return x + (-y);
  }
  TAUTRACK_INLINE friend Quadratic operator*(const Quadratic& x, double c) {
    const double size = std::abs(c);
    return {x.centre_ * c, x.first_ * c,          x.second_ * c,   x.first_squared_ * c,
            x.mixed_ * c,  x.second_squared_ * c, x.error_ * size, 0.0};
  }
  /// Times a number that is known to lie in c.
  TAUTRACK_INLINE friend Quadratic operator*(const Quadratic& x, const Interval& c) {
    const double middle = proof::middle(c), radius = radius_about(middle, c);
    Quadratic form = x * middle;
    form.error_ += (x.size() + x.error_) * radius * (1.0 + kGrowth) + proof::kUnderflow;
    return form;
  }
  TAUTRACK_INLINE friend Quadratic operator*(const Quadratic& x, const Quadratic& y) {
    // Of degree three: e1^3, e1^2 e2, e1 e2^2, e2^3.
    const double k30 = x.first_ * y.first_squared_ + x.first_squared_ * y.first_;
    const double k21 = (x.first_ * y.mixed_ + x.mixed_ * y.first_) +
                       (x.second_ * y.first_squared_ + x.first_squared_ * y.second_);
    const double k12 = (x.second_ * y.mixed_ + x.mixed_ * y.second_) +
                       (x.first_ * y.second_squared_ + x.second_squared_ * y.first_);
    const double k03 = x.second_ * y.second_squared_ + x.second_squared_ * y.second_;
    const double size_x = x.size(), size_y = y.size();
    const double error = (size_x * y.error_ + size_y * x.error_) + x.error_ * y.error_ +
                         0.25 * (std::abs(k30) + std::abs(k03)) +
                         0.5 * (std::abs(k21) + std::abs(k12)) + x.curved() * y.curved();
    return {x.centre_ * y.centre_,
            (x.centre_ * y.first_ + x.first_ * y.centre_) + (0.75 * k30 + 0.5 * k12),
            (x.centre_ * y.second_ + x.second_ * y.centre_) + (0.75 * k03 + 0.5 * k21),
            (x.centre_ * y.first_squared_ + x.first_squared_ * y.centre_) + x.first_ * y.first_,
            (x.centre_ * y.mixed_ + x.mixed_ * y.centre_) +
                (x.first_ * y.second_ + x.second_ * y.first_),
            (x.centre_ * y.second_squared_ + x.second_squared_ * y.centre_) + x.second_ * y.second_,
            error,
            size_x * size_y};
  }
  TAUTRACK_INLINE friend Quadratic operator/(const Quadratic& x, const Quadratic& y) {
    return x * inverse(y);
  }
  Quadratic& operator+=(const Quadratic& y) { return *this = *this + y; }

  friend Quadratic square(const Quadratic& x) { return x * x; }

  /// 1 / x = (1 - d + d^2 - d^3 + d^4 / (1 + d)) / m, x = m (1 + d), where |d| <= R < 1.
  friend Quadratic inverse(const Quadratic& x) {
    const Interval range = x.range();
    if (!proof::excludes_zero(range) || !proof::is_finite(range)) return around_zero(kInfinity);
    const double m = proof::middle(range);
    const Quadratic d = x * (1.0 / m) - 1.0;  // its own middle need not be zero
    const double R = d.reach();
    if (!(R < 1.0)) return around_zero(kInfinity);
    const double cubed = R * R * R;
    const double rest = (0.25 * cubed + cubed * R / (1.0 - R)) * (1.0 + kGrowth);
    // The rounding of 1 / m is in d.
    return ((Quadratic(1.0) - d * (1.0 + 0.75 * R * R)) + (d * d + around_zero(rest))) * (1.0 / m);
  }

  /// e^m (1 + d + d^2 / 2 + d^3 / 6 + d^4 / 24 e^R), d = x - m, where |d| <= R.
  friend Quadratic exponential(const Quadratic& x) {
    const Interval range = x.range();
    if (!proof::is_finite(range)) return around_zero(kInfinity);
    const double m = proof::middle(range);
    const Quadratic d = x - Quadratic(m);
    const double R = d.reach();
    const double size = std::exp(m), cubed = R * R * R;
    const double rest =
        (cubed / 24.0 + cubed * R / 24.0 * std::exp(R)) * (1.0 + 8.0 * proof::kLibraryError);
    if (!std::isfinite(size * rest)) return around_zero(kInfinity);
    const Quadratic sum =
        (Quadratic(1.0) + d * (1.0 + 0.125 * R * R)) + (d * d * 0.5 + around_zero(rest));
    // Where e^m underflows it is off by as much as the smallest normal number.
    const double off = 4.0 * proof::kLibraryError * size + 2.0 * proof::kUnderflow;
    return sum * size + around_zero((sum.size() + sum.error_) * off);
  }

  /// At least the sum of the sizes of all terms but the error, up to rounding.
  [[nodiscard]] TAUTRACK_INLINE double size() const {
    return std::abs(centre_) + (std::abs(first_) + std::abs(second_)) + curved();
  }

 private:
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();
  /// More than the rounding of a few operations.
  static constexpr double kGrowth = 0x1p-48;

  [[nodiscard]] TAUTRACK_INLINE double curved() const {
    return std::abs(first_squared_) + std::abs(mixed_) + std::abs(second_squared_);
  }
  /// Largest absolute value.
  [[nodiscard]] double reach() const { return proof::magnitude(range()); }

  /// The least radius about a number, moved up.
  [[nodiscard]] static double radius_about(double centre, const Interval& side) {
    const double radius = std::max(side.upper() - centre, centre - side.lower());
    return radius + ((radius + std::abs(centre)) * kGrowth + proof::kUnderflow);
  }

  /// Of a e + b e^2 on [-1, 1]: least and largest, up to rounding.
  [[nodiscard]] static std::pair<double, double> extremes(double a, double b) {
    double low = b - std::abs(a), high = b + std::abs(a);
    if (std::abs(a) < 2.0 * std::abs(b)) {
      const double top = -(a / (4.0 * b)) * a;  // a^2 might underflow
      (b > 0.0 ? low : high) = top;
    }
    return {low, high};
  }

  double centre_ = 0.0, first_ = 0.0, second_ = 0.0;
  double first_squared_ = 0.0, mixed_ = 0.0, second_squared_ = 0.0;
  double error_ = 0.0;
};

inline Interval value_of(const Quadratic& x) { return x.range(); }

}  // namespace tautrack::amplitude
