#include "certify/pattern.hpp"

#ifdef TAUTRACK_WITH_FLINT

#include <utility>

#include "proof/sigmoid.hpp"

namespace tautrack::certify {

using proof::Bound;
using proof::Real;

PatternValues evaluate(const proof::Sigmoid& sigmoid, arb_srcptr u, arb_srcptr target,
                       slong precision) {
  // The formulas hold on both sides of zero: the side only decides which end is near.
  const bool negative = arf_sgn(arb_midref(u)) < 0;
  const double side = negative ? -1.0 : 1.0;
  const Real input(u, precision);
  proof::Tail<Real> at = proof::tail_over(sigmoid, negative, input);
  const Real v = scaled(sigmoid.height - at.distance, side);
  PatternValues values;
  values.second = bend(sigmoid, input, v, [&] { return input * at.slope; }) * at.slope;
  values.slope = std::move(at.slope);
  values.residual = sigmoid.end(negative) - Real(target, precision);
  values.residual = std::move(values.residual) - scaled(std::move(at.distance), side);
  return values;
}

Bound curvature_change(const proof::Sigmoid& sigmoid, const PatternBounds& pattern) {
  static const Bound one(1.0);
  static const Bound three(3.0);
  const Bound& d = pattern.displacement;
  const auto [h, k] = growth(sigmoid, difference_below(pattern.input_below, d), pattern.input + d);
  const Bound exponent = h * d;
  if (!(exponent <= one)) return Bound::infinity();
  const Bound slope = pattern.slope * (one + exponent + exponent * exponent);
  return d * slope * (three * h * slope + k * (pattern.residual + slope * d));
}

}  // namespace tautrack::certify

#endif
