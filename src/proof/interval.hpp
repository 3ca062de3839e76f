#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include <boost/numeric/interval.hpp>

#include "proof/rounding.hpp"

/// Rigorous interval arithmetic in doubles: Boost.Numeric.Interval with outward rounding by addition (see
/// below() and above()). The rounding mode of the processor is never touched, so that neither the
/// compiler's optimisation nor other threads or libraries matter.
/// @pre No operation overflows, or what comes of it is refused by is_finite().
namespace tautrack::proof {

/// Rounding policy of Interval.
struct OutwardRounding : boost::numeric::interval_lib::rounded_arith_exact<double> {
  double add_down(double x, double y) { return below(x + y); }
  double add_up(double x, double y) { return above(x + y); }
  double sub_down(double x, double y) { return below(x - y); }
  double sub_up(double x, double y) { return above(x - y); }
  double mul_down(double x, double y) { return below(x * y); }
  double mul_up(double x, double y) { return above(x * y); }
  double div_down(double x, double y) { return below(x / y); }
  double div_up(double x, double y) { return above(x / y); }
  double sqrt_down(double x) { return std::max(0.0, below(std::sqrt(x))); }
  double sqrt_up(double x) { return above(std::sqrt(x)); }
};

using Interval =
    boost::numeric::interval<double,
                             boost::numeric::interval_lib::policies<
                                 boost::numeric::interval_lib::save_state_nothing<OutwardRounding>,
                                 boost::numeric::interval_lib::checking_base<double>>>;

/// How far the C library's exp, erfc and atan may be off: glibc and the other common libraries stay
/// below 3 units in the last place, 8 are allowed for (2^-52 relative each).
constexpr double kLibraryError = 8.0 * 0x1p-52;

/// Encloses the exact value that a library function, to kLibraryError, rounded to x >= 0.
inline Interval from_library(double x) {
  const double error = 2.0 * kLibraryError * x + kUnderflow;
  return {std::max(0.0, x - error), x + error};
}

inline Interval one_plus(const Interval& x) { return 1.0 + x; }
inline Interval inverse(const Interval& x) { return 1.0 / x; }

/// Encloses exp(x) over x.
inline Interval exponential(const Interval& x) {
  return {from_library(std::exp(x.lower())).lower(), from_library(std::exp(x.upper())).upper()};
}
/// Encloses pi / 2 - atan(x) over x.
inline Interval arccotangent(const Interval& x) {
  return {from_library(std::atan2(1.0, x.upper())).lower(),
          from_library(std::atan2(1.0, x.lower())).upper()};
}
/// Encloses erfc(x) over x.
inline Interval error_complement(const Interval& x) {
  return {from_library(std::erfc(x.upper())).lower(), from_library(std::erfc(x.lower())).upper()};
}

/// The doubles nearest to pi / 2 and to numbers made of it, moved outward. The argument says in which
/// arithmetic they are wanted: see sigmoid.hpp.
inline const Interval kHalfPi{below(0.5 * std::numbers::pi), above(0.5 * std::numbers::pi)};
inline const Interval kQuarterPi = kHalfPi * 0.5;
inline const Interval kTwoByPi = 1.0 / kHalfPi;
inline const Interval kHalfRootPi = boost::numeric::sqrt(kQuarterPi);
inline const Interval& half_pi(const Interval&) { return kHalfPi; }
inline const Interval& quarter_pi(const Interval&) { return kQuarterPi; }
inline const Interval& two_by_pi(const Interval&) { return kTwoByPi; }
inline const Interval& half_root_pi(const Interval&) { return kHalfRootPi; }

/// x times a power of two (or its negative), moved outward only where that is not exact: below the normal
/// range.
inline Interval scaled(const Interval& x, double power_of_two) {
  const bool turned = power_of_two < 0.0;
  double low = power_of_two * (turned ? x.upper() : x.lower());
  double high = power_of_two * (turned ? x.lower() : x.upper());
  if (std::abs(low) < kUnderflow && (turned ? x.upper() : x.lower()) != 0.0) low -= kUnderflow;
  if (std::abs(high) < kUnderflow && (turned ? x.lower() : x.upper()) != 0.0) high += kUnderflow;
  return {low, high};
}

inline double middle(const Interval& x) { return 0.5 * x.lower() + 0.5 * x.upper(); }
inline double width_of(const Interval& x) { return x.upper() - x.lower(); }
inline double magnitude(const Interval& x) { return std::max(-x.lower(), x.upper()); }
/// Smallest absolute value.
inline double mignitude(const Interval& x) {
  return std::max(0.0, std::max(x.lower(), -x.upper()));
}
/// Sign of all members; 0 when there is no common one.
inline int sign_of(const Interval& x) {
  if (x.lower() > 0.0) return 1;
  return x.upper() < 0.0 ? -1 : 0;
}
inline bool excludes_zero(const Interval& x) { return x.lower() > 0.0 || x.upper() < 0.0; }
inline bool is_finite(const Interval& x) {
  return std::isfinite(x.lower()) && std::isfinite(x.upper());
}

/// x = intersection of x and y; false, and x as it was, when that is empty.
inline bool meet(Interval& x, const Interval& y) {
  const double low = std::max(x.lower(), y.lower());
  const double high = std::min(x.upper(), y.upper());
  if (!(low <= high)) return false;
  x.assign(low, high);
  return true;
}

inline bool is_inside(const Interval& inner, const Interval& outer) {
  return outer.lower() < inner.lower() && inner.upper() < outer.upper();
}

/// The interval with `by` more on both sides.
inline Interval widened(const Interval& x, double by) {
  return {below(x.lower() - by), above(x.upper() + by)};
}

}  // namespace tautrack::proof
