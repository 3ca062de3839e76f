#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "proof/rounding.hpp"

/// Rigorous interval arithmetic in doubles (Moore, Kearfott & Cloud, Introduction to Interval Analysis, 2009,
/// chapter 2), rounded outward by addition: see below() and above(). The rounding mode of the processor is
/// never touched, so that neither the compiler's optimisation nor other threads or libraries matter.
///
/// An end that is infinite or NaN, as after an overflow, claims nothing: whatever is computed from it claims
/// nothing on that side either, meet() passes it over, and is_finite() refuses it.
namespace tautrack::proof {

/// The numbers from lower() to upper(); two doubles, to be passed by value.
class Interval {
 public:
  constexpr Interval() = default;
  constexpr Interval(double point) : low_(point), high_(point) {}  // Numbers are intervals.
  /// @pre low <= high.
  constexpr Interval(double low, double high) : low_(low), high_(high) {}

  [[nodiscard]] constexpr double lower() const { return low_; }
  [[nodiscard]] constexpr double upper() const { return high_; }
  [[nodiscard]] constexpr bool is_point() const { return low_ == high_; }

  Interval& operator+=(Interval y) { return *this = *this + y; }
  Interval& operator-=(Interval y) { return *this = *this - y; }
  Interval& operator*=(Interval y) { return *this = *this * y; }

  TAUTRACK_INLINE friend Interval operator-(Interval x) { return {-x.high_, -x.low_}; }
  TAUTRACK_INLINE friend Interval operator+(Interval x, Interval y) {
    return {below(x.low_ + y.low_), above(x.high_ + y.high_)};
  }
  TAUTRACK_INLINE friend Interval operator-(Interval x, Interval y) {
    return {below(x.low_ - y.high_), above(x.high_ - y.low_)};
  }
  /// Without looking at signs, which no processor foresees: the ends are among four products.
  TAUTRACK_INLINE friend Interval operator*(Interval x, Interval y) {
    const double a = x.low_ * y.low_, b = x.low_ * y.high_;
    const double c = x.high_ * y.low_, d = x.high_ * y.high_;
    const double low = std::min(std::min(a, b), std::min(c, d));
    const double high = std::max(std::max(a, b), std::max(c, d));
    const double sum = (a + b) + (c + d);  // NaN where one of them is
    if (std::abs(sum) > 0.0) return {below(low), above(high)};
    if (x.is_zero() || y.is_zero()) return 0.0;
    if (sum == 0.0) return {below(low), above(high)};
    return careful_product(x, y);
  }
  /// The whole line where y contains zero.
  TAUTRACK_INLINE friend Interval operator/(Interval x, Interval y) {
    if (!(y.low_ > 0.0 || y.high_ < 0.0) || !(y.low_ <= y.high_)) [[unlikely]]
      return {-kInfinity, kInfinity};
    const double a = x.low_ / y.low_, b = x.low_ / y.high_;
    const double c = x.high_ / y.low_, d = x.high_ / y.high_;
    const double sum = (a + b) + (c + d);
    if (sum != sum) [[unlikely]]
      return {-kInfinity, kInfinity};
    if (x.is_zero()) return x;
    return {below(std::min(std::min(a, b), std::min(c, d))),
            above(std::max(std::max(a, b), std::max(c, d)))};
  }

 private:
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();

  [[nodiscard]] bool is_zero() const { return low_ == 0.0 && high_ == 0.0; }
  /// The product where there are infinities or NaN.
  [[nodiscard]] static Interval careful_product(Interval x, Interval y);

  double low_ = 0.0, high_ = 0.0;
};

/// How far the C library's exp, erfc and atan may be off: glibc and the other common libraries stay
/// below 3 units in the last place, 8 are allowed for (2^-52 relative each).
constexpr double kLibraryError = 8.0 * 0x1p-52;

/// Encloses the exact value that a library function, to kLibraryError, rounded to x >= 0.
TAUTRACK_INLINE Interval from_library(double x) {
  const double error = 2.0 * kLibraryError * x + kUnderflow;
  return {std::max(0.0, x - error), x + error};
}

inline Interval one_plus(Interval x) { return 1.0 + x; }
TAUTRACK_INLINE Interval inverse(Interval x) {
  return x.lower() > 0.0 ? Interval(below(1.0 / x.upper()), above(1.0 / x.lower())) : 1.0 / x;
}

/// Encloses exp(x) over x.
TAUTRACK_INLINE Interval exponential(Interval x) {
  const Interval high = from_library(std::exp(x.upper()));
  return x.is_point() ? high : Interval(from_library(std::exp(x.lower())).lower(), high.upper());
}
/// Encloses pi / 2 - atan(x) over x.
inline Interval arccotangent(Interval x) {
  const Interval low = from_library(std::atan2(1.0, x.upper()));
  return x.is_point() ? low
                      : Interval(low.lower(), from_library(std::atan2(1.0, x.lower())).upper());
}
/// Encloses erfc(x) over x.
inline Interval error_complement(Interval x) {
  const Interval low = from_library(std::erfc(x.upper()));
  return x.is_point() ? low : Interval(low.lower(), from_library(std::erfc(x.lower())).upper());
}

/// x times a power of two (or its negative), moved outward only where that is not exact: below the normal
/// range.
TAUTRACK_INLINE Interval scaled(Interval x, double power_of_two) {
  const bool turned = power_of_two < 0.0;
  double low = power_of_two * (turned ? x.upper() : x.lower());
  double high = power_of_two * (turned ? x.lower() : x.upper());
  if (std::abs(low) < kUnderflow && (turned ? x.upper() : x.lower()) != 0.0) low -= kUnderflow;
  if (std::abs(high) < kUnderflow && (turned ? x.lower() : x.upper()) != 0.0) high += kUnderflow;
  return {low, high};
}

inline double middle(Interval x) { return 0.5 * x.lower() + 0.5 * x.upper(); }
inline double width_of(Interval x) { return x.upper() - x.lower(); }
inline bool is_finite(Interval x) { return std::isfinite(x.lower()) && std::isfinite(x.upper()); }
/// Largest absolute value; NaN or infinite where an end is.
TAUTRACK_INLINE double magnitude(Interval x) {
  const double turned = -x.lower();
  return turned > x.upper() || turned != turned ? turned : x.upper();
}
/// Smallest absolute value.
TAUTRACK_INLINE double mignitude(Interval x) {
  return std::max(0.0, x.lower() > 0.0 ? x.lower() : -x.upper());
}
/// Sign of all members; 0 when there is no common one.
inline int sign_of(Interval x) {
  if (x.lower() > 0.0) return 1;
  return x.upper() < 0.0 ? -1 : 0;
}
inline bool excludes_zero(Interval x) { return x.lower() > 0.0 || x.upper() < 0.0; }

/// Encloses |x|, x^2 and the root of what of x is not negative.
inline Interval abs(Interval x) { return {mignitude(x), magnitude(x)}; }
TAUTRACK_INLINE Interval square(Interval x) {
  const double least = mignitude(x), most = magnitude(x);
  return {std::max(0.0, below(least * least)), above(most * most)};
}
inline Interval sqrt(Interval x) {
  return {x.lower() > 0.0 ? std::max(0.0, below(std::sqrt(x.lower()))) : 0.0,
          above(std::sqrt(x.upper()))};
}

/// The smallest interval with all members of both.
TAUTRACK_INLINE Interval hull(Interval x, Interval y) {
  return {x.lower() >= y.lower() || y.lower() != y.lower() ? y.lower() : x.lower(),
          x.upper() <= y.upper() || y.upper() != y.upper() ? y.upper() : x.upper()};
}

/// True where a number may be in both.
inline bool overlap(Interval x, Interval y) {
  return !(x.upper() < y.lower() || y.upper() < x.lower());
}

/// x = intersection of x and y; false, and x as it was, when that is empty.
TAUTRACK_INLINE bool meet(Interval& x, Interval y) {
  if (!overlap(x, y)) return false;
  // An end that is NaN gives way to the other.
  x = {y.lower() <= x.lower() ? x.lower() : (y.lower() == y.lower() ? y.lower() : x.lower()),
       y.upper() >= x.upper() ? x.upper() : (y.upper() == y.upper() ? y.upper() : x.upper())};
  return true;
}

/// True if every member of `inner` is one of `outer`; false where an end is NaN.
inline bool subset(Interval inner, Interval outer) {
  return outer.lower() <= inner.lower() && inner.upper() <= outer.upper();
}
/// The same, and away from the ends.
inline bool is_inside(Interval inner, Interval outer) {
  return outer.lower() < inner.lower() && inner.upper() < outer.upper();
}

/// The interval with `by` more on both sides.
inline Interval widened(Interval x, double by) {
  return {below(x.lower() - by), above(x.upper() + by)};
}

/// The doubles nearest to pi / 2 and to numbers made of it, moved outward. The argument says in which
/// arithmetic they are wanted: see sigmoid.hpp.
inline const Interval kHalfPi{below(0.5 * std::numbers::pi), above(0.5 * std::numbers::pi)};
inline const Interval kQuarterPi = kHalfPi * 0.5;
inline const Interval kTwoByPi = 1.0 / kHalfPi;
inline const Interval kHalfRootPi = sqrt(kQuarterPi);
inline Interval half_pi(Interval) { return kHalfPi; }
inline Interval quarter_pi(Interval) { return kQuarterPi; }
inline Interval two_by_pi(Interval) { return kTwoByPi; }
inline Interval half_root_pi(Interval) { return kHalfRootPi; }

}  // namespace tautrack::proof
