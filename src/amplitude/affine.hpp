#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "proof/interval.hpp"

namespace tautrack::amplitude {

using proof::Interval;

/// An affine form: numbers centre + first e1 + second e2 + e with |e1|, |e2| <= 1 and |e| <= error, the same e1 and e2
/// in all forms, which are the two variables of a box (L. H. de Figueiredo & J. Stolfi, Affine arithmetic,
/// Numer. Algorithms 37, 2004). What quantities have in common cancels, to first order in the size of the box.
///
/// An error that is not finite claims nothing. All rounding goes into the error.
class Affine {
 public:
  Affine() = default;
  Affine(double constant) : centre_(constant) {}  // Numbers are constants.
  Affine(const Interval& x)                       // NOLINT(*-explicit-*)
      : centre_(proof::middle(x)),
        error_(grown(std::max(x.upper() - centre_, centre_ - x.lower()), centre_)) {}

  /// A variable that takes the values of `side`.
  [[nodiscard]] static Affine variable(const Interval& side, bool is_first) {
    Affine form(proof::middle(side));
    const double radius =
        grown(std::max(side.upper() - form.centre_, form.centre_ - side.lower()), form.centre_);
    (is_first ? form.first_ : form.second_) = radius;
    return form;
  }

  [[nodiscard]] double centre() const { return centre_; }
  [[nodiscard]] double first() const { return first_; }
  [[nodiscard]] double second() const { return second_; }
  [[nodiscard]] double error() const { return error_; }

  /// Of all that is not the centre.
  [[nodiscard]] double radius() const {
    return grown(std::abs(first_) + std::abs(second_) + error_, 0.0);
  }
  [[nodiscard]] Interval range() const {
    const double r = radius();
    return {proof::below(centre_ - r), proof::above(centre_ + r)};
  }
  [[nodiscard]] bool excludes_zero() const { return std::abs(centre_) > radius(); }

  TAUTRACK_INLINE friend Affine operator-(const Affine& x) {
    return {-x.centre_, -x.first_, -x.second_, x.error_};
  }
  TAUTRACK_INLINE friend Affine operator+(const Affine& x, const Affine& y) {
    return with_rounding(x.centre_ + y.centre_, x.first_ + y.first_, x.second_ + y.second_,
                         x.error_ + y.error_, 0.0);
  }
  TAUTRACK_INLINE friend Affine operator-(const Affine& x, const Affine& y) { return x + (-y); }
  TAUTRACK_INLINE friend Affine operator*(const Affine& x, const Affine& y) {
    // Products of two variables: e1^2 = 1/2 +- 1/2, e1 e2 = +-1.
    const double a = x.first_ * y.first_, b = x.second_ * y.second_;
    const double cross = x.first_ * y.second_ + x.second_ * y.first_;
    const double size_x = std::abs(x.first_) + std::abs(x.second_);
    const double size_y = std::abs(y.first_) + std::abs(y.second_);
    const double error = (std::abs(x.centre_) + size_x) * y.error_ +
                         (std::abs(y.centre_) + size_y) * x.error_ + x.error_ * y.error_ +
                         0.5 * (std::abs(a) + std::abs(b)) + std::abs(cross);
    return with_rounding(x.centre_ * y.centre_ + 0.5 * (a + b),
                         x.centre_ * y.first_ + y.centre_ * x.first_,
                         x.centre_ * y.second_ + y.centre_ * x.second_, error,
                         (std::abs(x.centre_) + size_x) * (std::abs(y.centre_) + size_y));
  }
  TAUTRACK_INLINE friend Affine operator/(const Affine& x, const Affine& y) {
    return x * inverse(y);
  }
  Affine& operator+=(const Affine& y) { return *this = *this + y; }

  friend Affine square(const Affine& x) { return x * x; }

  /// 1 / x: the line through the ends less half of the largest distance to it.
  friend Affine inverse(const Affine& x) {
    const Interval range = x.range();
    if (!proof::excludes_zero(range)) return {0.0, 0.0, 0.0, kInfinity};
    if (range.upper() < 0.0) return -inverse(-x);
    const Interval low = range.lower(), high = range.upper();
    const double slope = -1.0 / (range.lower() * range.upper());
    // 1/t - slope t is largest at the ends; its least value is 2 sqrt(-slope).
    const double most =
        std::max((1.0 / low - slope * low).upper(), (1.0 / high - slope * high).upper());
    const double least = (2.0 * proof::sqrt(Interval(-slope))).lower();
    return line(x, slope, {least, most});
  }

  /// e^c (1 + d + q), d = x - c, where q is in [0, e^R - 1 - R] for |d| <= R.
  friend Affine exponential(const Affine& x) {
    const double radius = x.radius();
    const double size = std::exp(x.centre_);
    // Both functions are off by kLibraryError, and so is what is made of them.
    const double most = std::expm1(radius) * (1.0 + 4.0 * proof::kLibraryError) - radius;
    const double half = 0.5 * (most + (most + 2.0 * radius) * 4.0 * proof::kLibraryError);
    const double error = (half + x.error_) + (1.0 + radius + half) * 4.0 * proof::kLibraryError;
    if (!std::isfinite(size * (1.0 + radius + half))) return {0.0, 0.0, 0.0, kInfinity};
    // Where e^c underflows it is off by as much as the smallest normal number.
    return with_rounding(size * (1.0 + half), size * x.first_, size * x.second_,
                         (size + proof::kUnderflow) * error,
                         (size + 0x1p50 * proof::kUnderflow) * (1.0 + radius + half));
  }

 private:
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Affine(double centre, double first, double second, double error)
      : centre_(centre), first_(first), second_(second), error_(error) {}

  /// Moved up by more than the rounding of a few operations on numbers of these sizes.
  [[nodiscard]] static double grown(double x, double size) {
    return x + ((x + std::abs(size)) * 0x1p-48 + proof::kUnderflow);
  }
  /// @param size Of what was summed and multiplied, beside the coefficients themselves.
  [[nodiscard]] TAUTRACK_INLINE static Affine with_rounding(double centre, double first,
                                                            double second, double error,
                                                            double size) {
    const double coefficients = std::abs(centre) + std::abs(first) + std::abs(second);
    return {centre, first, second,
            error + ((coefficients + size + error) * 0x1p-49 + 4.0 * proof::kUnderflow)};
  }
  /// slope x + a number in `rest`.
  [[nodiscard]] static Affine line(const Affine& x, double slope, const Interval& rest) {
    return x * Affine(slope) + Affine(rest);
  }

  double centre_ = 0.0, first_ = 0.0, second_ = 0.0, error_ = 0.0;
};

inline Interval value_of(const Affine& x) { return x.range(); }

}  // namespace tautrack::amplitude
