#include "certify/path_series.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "certify/sigmoid.hpp"

namespace tautrack::tube {

namespace {

using exhaustive::above;
using exhaustive::below;
using exhaustive::from_library;

/// The doubles nearest to pi / 2 and to those of it, moved outward.
const Interval kHalfPi{below(0.5 * std::numbers::pi), above(0.5 * std::numbers::pi)};
const Interval kTwoByPi = 1.0 / kHalfPi;
const Interval kQuarterPi = kHalfPi * 0.5;
const Interval kHalfRootPi = boost::numeric::sqrt(kQuarterPi);

/// Encloses exp(x) for x <= 0 up to rounding.
Interval exponential(const Interval& x) {
  return {from_library(std::exp(x.lower())).lower(), from_library(std::exp(x.upper())).upper()};
}

/// Distance to the end of the range and sigma' at a number >= 0.
Ends<Interval> at_size(Activation activation, double size) {
  switch (activation) {
    case Activation::arctan: {
      const Interval p = kHalfPi * size;
      return {kTwoByPi * Interval(from_library(std::atan2(1.0, p.upper())).lower(),
                                  from_library(std::atan2(1.0, p.lower())).upper()),
              1.0 / (1.0 + boost::numeric::square(p))};
    }
    case Activation::erf: {
      const Interval x = kHalfRootPi * size;
      return {Interval(from_library(std::erfc(x.upper())).lower(),
                       from_library(std::erfc(x.lower())).upper()),
              exponential(-(kQuarterPi * size) * size)};
    }
    case Activation::logistic: {
      const Interval e = from_library(std::exp(-size));
      const Interval q = 1.0 / (1.0 + e);
      return {e * q, e * q * q};
    }
    case Activation::tanh:
      break;
  }
  const Interval e = from_library(std::exp(-2.0 * size));
  const Interval q = 1.0 / (1.0 + e);
  return {2.0 * e * q, 4.0 * e * q * q};
}

}  // namespace

bool is_negative(double u) { return u < 0.0; }
bool is_negative(const Interval& u) { return exhaustive::middle(u) < 0.0; }

double half_pi(double) { return 0.5 * std::numbers::pi; }
Interval half_pi(const Interval&) { return kHalfPi; }

Ends<double> ends(Activation activation, bool, double u) {
  const ActivationValues values = tautrack::evaluate(activation, u);
  return {values.tail, values.first};
}

Ends<Interval> ends(Activation activation, bool negative, const Interval& u) {
  // In x = k u the tail falls, and sigma' falls on both sides of zero.
  const double low = negative ? -u.upper() : u.lower();
  const double high = negative ? -u.lower() : u.upper();
  const Range ends = range(activation);
  const Ends<Interval> at_low = at_size(activation, std::abs(low));
  const Ends<Interval> at_high = at_size(activation, std::abs(high));
  const auto tail_at = [&](double x, const Ends<Interval>& at) {
    return x >= 0.0 ? at.tail : (ends.high - ends.low) - at.tail;
  };
  const double largest = low <= 0.0 && high >= 0.0
                             ? at_size(activation, 0.0).slope.upper()
                             : std::max(at_low.slope.upper(), at_high.slope.upper());
  return {Interval(tail_at(high, at_high).lower(), tail_at(low, at_low).upper()),
          Interval(std::min(at_low.slope.lower(), at_high.slope.lower()), largest)};
}

#ifdef TAUTRACK_WITH_FLINT

bool is_negative(const ball::Real& u) { return arf_sgn(arb_midref(u.get())) < 0; }

ball::Real half_pi(const ball::Real& like) {
  ball::Ball pi;
  arb_const_pi(pi.get(), like.precision());
  arb_mul_2exp_si(pi.get(), pi.get(), -1);
  return {pi.get(), like.precision()};
}

Ends<ball::Real> ends(Activation activation, bool negative, const ball::Real& u) {
  const Range ends = range(activation);
  ball::Sigmoid sigmoid(activation);
  const ball::Real end(negative ? ends.low : ends.high);
  // Its residual from the end of the range is -k times the tail.
  sigmoid.evaluate(u.get(), end.get(), u.precision());
  return {ball::Real(sigmoid.residual(), u.precision()) * (negative ? 1.0 : -1.0),
          ball::Real(sigmoid.slope(), u.precision())};
}

#endif

}  // namespace tautrack::tube
