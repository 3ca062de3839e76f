#pragma once

#include <cmath>
#include <numbers>
#include <optional>
#include <utility>

#include "proof/interval.hpp"
#include "proof/real.hpp"
#include "proof/shape.hpp"

/// The activations and their derivatives, enclosed: each formula stands here once, as a template over the
/// number type S, which is Interval, Real (balls) or double (rounded, for what is not proven but guessed).
///
/// A new shape needs its lines in tail(), bend() and third(), and in sigmoid.cpp; network/traits.hpp says what
/// else a new activation needs.
namespace tautrack::proof {

// --- What the formulas are written in. `like` gives kind and precision. --------------------------------

inline double half_pi(double) { return 0.5 * std::numbers::pi; }
inline double quarter_pi(double) { return 0.25 * std::numbers::pi; }
inline double two_by_pi(double) { return 2.0 * std::numbers::inv_pi; }
inline double half_root_pi(double) { return 0.5 / std::numbers::inv_sqrtpi; }
inline double one_plus(double x) { return 1.0 + x; }
inline double inverse(double x) { return 1.0 / x; }
inline double exponential(double x) { return std::exp(x); }
inline double arccotangent(double x) { return std::atan2(1.0, x); }
inline double error_complement(double x) { return std::erfc(x); }
inline double square(double x) { return x * x; }
inline double scaled(double x, double power_of_two) { return x * power_of_two; }

// --- sigma and its derivatives. -------------------------------------------------------------------------

/// How near sigma is to the end of its range on one side, q > 0, and sigma'.
template <class S>
struct Tail {
  S distance, slope;
};

/// 1 - S(x) and S'(x) for all x in a ball, or in an interval; tight where that is a point, x >= 0. Nothing
/// cancels: both are good to a few units in the last place of themselves, however far out x is.
template <class S>
Tail<S> tail(Shape shape, const S& x) {
  switch (shape) {
    case Shape::arctan: {
      const S p = half_pi(x) * x;
      return {two_by_pi(x) * arccotangent(p), inverse(one_plus(square(p)))};
    }
    case Shape::erf:
      return {error_complement(half_root_pi(x) * x), exponential(-(quarter_pi(x) * x) * x)};
    case Shape::tanh:
      break;
  }
  S e = exponential(scaled(x, -2.0));
  const S q = inverse(one_plus(e));
  S half = std::move(e) * q;
  S quarter = half * q;
  return {scaled(std::move(half), 2.0), scaled(std::move(quarter), 4.0)};
}

/// The same at one x >= 0, which costs little more than in double.
[[nodiscard]] Tail<Interval> tail_at(Shape shape, double x);

/// The same over an interval of any sign, by its ends: 1 - S falls, and S' falls on both sides of zero.
[[nodiscard]] Tail<Interval> tail_over(Shape shape, const Interval& x);
template <class S>
Tail<S> tail_over(Shape shape, const S& x) {
  return tail(shape, x);
}

/// q = k (end - sigma) and sigma', k = +-1 the side whose end is meant.
template <class S>
Tail<S> tail_over(const Sigmoid& sigmoid, bool negative, const S& u) {
  Tail<S> at = tail_over(sigmoid.shape, scaled(u, negative ? -sigmoid.input : sigmoid.input));
  return {scaled(std::move(at.distance), sigmoid.height),
          scaled(std::move(at.slope), sigmoid.height * sigmoid.input)};
}

/// Distance of sigma to one end of the range, > 0, and sigma'; on whichever side u is.
template <class S>
Tail<S> end_tail(const Sigmoid& sigmoid, bool from_low, const S& u) {
  return tail_over(sigmoid, from_low, u);
}
/// In doubles exp overflows beyond the other end.
[[nodiscard]] inline Tail<double> end_tail(const Sigmoid& sigmoid, bool from_low, double u) {
  if ((u > 0.0) != from_low) return tail_over(sigmoid, from_low, u);
  const Tail<double> other = tail_over(sigmoid, !from_low, u);
  return {2.0 * sigmoid.height - other.distance, other.slope};
}

/// sigma''/sigma' from u, v = sigma - middle and, where it is called for, u sigma':
///
///     tanh -2 v,   arctan -2 (pi/2)^2 u sigma',   erf -(pi/2) u,
///
/// linear in these, so that it holds for Taylor coefficients of any order as well.
template <class S, class Product>
TAUTRACK_INLINE S bend(const Sigmoid& sigmoid, const S& u, const S& v, const Product& u_slope) {
  const double ratio = sigmoid.input / sigmoid.height;
  switch (sigmoid.shape) {
    case Shape::arctan:
      return scaled(square(half_pi(u)) * u_slope(), -2.0 * ratio);
    case Shape::erf:
      return scaled(half_pi(u) * u, -sigmoid.input * sigmoid.input);
    case Shape::tanh:
      break;
  }
  return scaled(v, -2.0 * ratio);
}

/// sigma'''/sigma' from u and sigma': 4 - 6 S', 2 (pi/2)^2 S'^2 (3 (pi x / 2)^2 - 1), (pi x / 2)^2 - pi/2.
template <class S>
TAUTRACK_INLINE S third(const Sigmoid& sigmoid, const S& u, const S& slope) {
  const S at = scaled(slope, 1.0 / (sigmoid.input * sigmoid.height));
  const double by_input = sigmoid.input * sigmoid.input;
  switch (sigmoid.shape) {
    case Shape::arctan: {
      const S p = half_pi(u) * scaled(u, sigmoid.input);
      return scaled(square(half_pi(u)) * square(at) * (3.0 * square(p) - 1.0), 2.0 * by_input);
    }
    case Shape::erf:
      return scaled(square(half_pi(u) * scaled(u, sigmoid.input)) - half_pi(u), by_input);
    case Shape::tanh:
      break;
  }
  return scaled(4.0 - 6.0 * at, by_input);
}

// --- More about S, in intervals. --------------------------------------------------------------------------

/// S' exp(lift) at all x of an interval; tight where that is a point, x >= 0.
[[nodiscard]] Interval lifted_slope(Shape shape, const Interval& x, double lift);

/// log S'(x), roughly.
[[nodiscard]] double log_slope(Shape shape, double x);

/// Encloses S'(x) / S'(z); nothing when it is too large. @param distance Encloses |x| - |z|.
[[nodiscard]] std::optional<Interval> slope_ratio(Shape shape, const Interval& x, const Interval& z,
                                                  const Interval& distance);

/// Upper bound of x S'(x).
[[nodiscard]] double largest_moment(Shape shape);

#ifdef TAUTRACK_WITH_FLINT
/// How fast sigma bends near some input: |sigma''| <= second sigma' and |sigma'''| <= third sigma' for all u
/// with below <= |u| <= above.
struct Growth {
  Bound second, third;
};
[[nodiscard]] Growth growth(const Sigmoid& sigmoid, const Bound& below, const Bound& above);
#endif

}  // namespace tautrack::proof
