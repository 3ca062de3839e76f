#include "certify/sigmoid.hpp"

#ifdef TAUTRACK_WITH_FLINT

#include <algorithm>
#include <cmath>

namespace tautrack::ball {

void Sigmoid::evaluate(arb_srcptr u, arb_srcptr target, slong precision) {
  arb_ptr const slope = slope_.get();
  arb_ptr const second = second_.get();
  arb_ptr const tail = tail_.get();
  arb_ptr const e = e_.get();
  arb_ptr const x = x_.get();
  // All formulas hold on both sides of zero: the side only decides which end is near.
  const bool negative = arf_sgn(arb_midref(u)) < 0;
  if (negative)
    arb_neg(x, u);
  else
    arb_set(x, u);
  switch (activation_) {
    case Activation::tanh:
    case Activation::logistic: {
      // e = exp(-k |u|), k = 2 or 1:  tail = k e / (1 + e),  sigma' = k^2 e / (1 + e)^2
      const slong k = activation_ == Activation::tanh ? 2 : 1;
      arb_mul_si(e, x, -k, precision);
      arb_exp(e, e, precision);
      arb_add_ui(x, e, 1, precision);
      arb_inv(x, x, precision);
      arb_mul(tail, e, x, precision);
      arb_mul(slope, tail, x, precision);
      // sigma'' = -k sigma' (1 - e) / (1 + e)
      arb_sub_ui(e, e, 1, precision);
      arb_mul(second, e, x, precision);
      arb_mul(second, second, slope, precision);
      arb_mul_si(tail, tail, k, precision);
      arb_mul_si(slope, slope, k * k, precision);
      arb_mul_si(second, second, k * k * k, precision);
      break;
    }
    case Activation::arctan: {
      // p = pi |u| / 2:  sigma' = 1 / (1 + p^2),  sigma'' = -pi p sigma'^2,
      // tail = 2/pi atan(1/p)
      arb_const_pi(e, precision);
      arb_mul(x, x, e, precision);
      arb_div_si(x, x, 2, precision);
      arb_mul(slope, x, x, precision);
      arb_add_ui(slope, slope, 1, precision);
      arb_inv(slope, slope, precision);
      arb_mul(second, slope, slope, precision);
      arb_mul(second, second, x, precision);
      arb_mul(second, second, e, precision);
      arb_neg(second, second);
      if (arf_cmpabs_2exp_si(arb_midref(x), 0) > 0 && arb_is_positive(x)) {
        arb_inv(x, x, precision);
        arb_atan(tail, x, precision);
        arb_mul_si(tail, tail, 2, precision);
        arb_div(tail, tail, e, precision);
      } else {
        arb_atan(tail, x, precision);
        arb_mul_si(tail, tail, 2, precision);
        arb_div(tail, tail, e, precision);
        arb_sub_ui(tail, tail, 1, precision);
        arb_neg(tail, tail);
      }
      break;
    }
    case Activation::erf: {
      // sigma' = exp(-pi u^2 / 4),  sigma'' = -pi |u| / 2 sigma',  tail = erfc(sqrt(pi) |u| / 2)
      arb_const_pi(e, precision);
      arb_mul(second, x, e, precision);
      arb_mul(slope, second, x, precision);
      arb_div_si(slope, slope, 4, precision);
      arb_neg(slope, slope);
      arb_exp(slope, slope, precision);
      arb_div_si(second, second, 2, precision);
      arb_neg(second, second);
      arb_mul(second, second, slope, precision);
      arb_sqrt(e, e, precision);
      arb_mul(x, x, e, precision);
      arb_div_si(x, x, 2, precision);
      arb_hypgeom_erfc(tail, x, precision);
      break;
    }
  }
  if (negative) {
    arb_neg(second, second);
  } else {
    arb_neg(tail, tail);
  }
  arb_set_d(x, negative ? ends_.low : ends_.high);
  arb_sub(x, x, target, precision);
  arb_add(residual_.get(), x, tail, precision);
}

Bound curvature_change(Activation activation, const PatternBounds& pattern) {
  static const Bound one(1.0);
  static const Bound two(2.0);
  static const Bound three(3.0);
  static const Bound four(4.0);
  static const Bound six(6.0);
  static const Bound half_pi(1.5707963267948968);  // a little more
  const Bound& d = pattern.displacement;
  Bound h;  // |sigma''| <= h sigma'
  Bound k;  // |sigma'''| <= k sigma'
  switch (activation) {
    case Activation::tanh:  // sigma'' = -2 t sigma',  sigma''' = (6 t^2 - 2) sigma'
      h = two;
      k = four;
      break;
    case Activation::logistic:  // (1 - 2 sigma) sigma',  (1 - 6 sigma') sigma'
      h = one;
      k = one;
      break;
    case Activation::arctan: {
      // -pi p / (1 + p^2) sigma',  pi^2/2 (3 p^2 - 1) / (1 + p^2)^2 sigma',  p = pi u / 2
      const Bound least = difference_below(pattern.input_below, d);
      if (one < least) {
        h = two / least;
        k = six / product_below(least, least);
      } else {
        h = half_pi;
        k = two * half_pi * half_pi;
      }
      break;
    }
    case Activation::erf:  // -h sigma',  (h^2 - pi/2) sigma',  h = pi u / 2
      h = half_pi * (pattern.input + d);
      k = h * h;
      if (k < half_pi) k = half_pi;
      break;
  }
  const Bound exponent = h * d;
  if (!(exponent <= one)) return Bound::infinity();
  const Bound slope = pattern.slope * (one + exponent + exponent * exponent);
  return d * slope * (three * h * slope + k * (pattern.residual + slope * d));
}

}  // namespace tautrack::ball

#endif
