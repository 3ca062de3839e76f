#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/numeric/interval.hpp>

/// Rigorous interval arithmetic in doubles: Boost.Numeric.Interval with outward rounding by
/// addition. The rounding mode of the processor is never touched, so that neither the compiler's
/// optimisation nor other threads or libraries matter.
///
/// Every operation is computed to nearest, with an error of at most |x| 2^-53 (or 2^-1022 where
/// results below the normal range are flushed to zero), and moved outward by |x| 2^-51 + 2^-1022.
/// The move rounds once more, by at most |x| 2^-53 (1 + 2^-50), so what is left is more than the
/// first error. A compiler that contracts a * b - c into one rounding only makes both errors
/// smaller.
/// @pre No operation overflows: see Rows, which bounds the data.
namespace tautrack::exhaustive {

/// The largest number that is surely <= the exact value that was rounded to x.
inline double below(double x) {
  return x - (std::abs(x) * 0x1p-51 + std::numeric_limits<double>::min());
}
inline double above(double x) {
  return x + (std::abs(x) * 0x1p-51 + std::numeric_limits<double>::min());
}

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
  const double error = 2.0 * kLibraryError * x + std::numeric_limits<double>::min();
  return {std::max(0.0, x - error), x + error};
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

}  // namespace tautrack::exhaustive
