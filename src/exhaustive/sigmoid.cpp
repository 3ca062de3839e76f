#include "exhaustive/sigmoid.hpp"

#include <boost/math/constants/constants.hpp>

namespace tautrack::exhaustive {

namespace {

/// pi / 2, pi / 4, 2 / pi and sqrt(pi) / 2: the doubles nearest to them, moved outward.
const Interval kHalfPi{below(boost::math::double_constants::half_pi),
                       above(boost::math::double_constants::half_pi)};
const Interval kQuarterPi = kHalfPi * 0.5;
const Interval kTwoByPi = 1.0 / kHalfPi;
const Interval kHalfRootPi = boost::numeric::sqrt(kQuarterPi);

Interval exponential(const Interval& x) {
  return {from_library(std::exp(x.lower())).lower(), from_library(std::exp(x.upper())).upper()};
}

/// S'' / S' over x.
Interval second_by_first(Activation kind, const Interval& x, const Interval& value,
                         const Interval& slope) {
  switch (kind) {
    case Activation::arctan:
      return -2.0 * square(kHalfPi) * x * slope;
    case Activation::erf:
      return -(kHalfPi * x);
    case Activation::tanh:
    case Activation::logistic:
      break;
  }
  return -2.0 * value;
}

/// S''' / S' over x.
Interval third_by_first(Activation kind, const Interval& x, const Interval& value,
                        const Interval& slope) {
  switch (kind) {
    case Activation::arctan:
      return 2.0 * square(kHalfPi) * square(slope) * (3.0 * square(kHalfPi * x) - 1.0);
    case Activation::erf:
      return square(kHalfPi * x) - kHalfPi;
    case Activation::tanh:
    case Activation::logistic:
      break;
  }
  return 6.0 * square(value) - 2.0;
}

}  // namespace

double OddSigmoid::input() const { return kind_ == Activation::logistic ? 0.5 : 1.0; }

double OddSigmoid::square() const { return kind_ == Activation::logistic ? 0.25 : 1.0; }

Target OddSigmoid::target(double y) const {
  const Range ends = range(kind_);
  Target target;
  if (kind_ == Activation::logistic) {
    target.value = 2.0 * Interval(y) - 1.0;
    target.below_one = 2.0 * (1.0 - Interval(y));
    target.above_minus_one = -2.0 * Interval(y);
  } else {
    target.value = y;
    target.below_one = 1.0 - Interval(y);
    target.above_minus_one = -1.0 - Interval(y);
  }
  if (y >= ends.high)
    target.constant_sign = -1;
  else if (y <= ends.low)
    target.constant_sign = 1;
  return target;
}

OddSigmoid::End OddSigmoid::at(double x, double lift) const {
  End end;
  const double size = std::abs(x);
  switch (kind_) {
    case Activation::arctan: {
      const Interval z = kHalfPi * size;
      end.slope = end.lifted = 1.0 / (1.0 + boost::numeric::square(z));
      end.tail = kTwoByPi * Interval(from_library(std::atan2(1.0, z.upper())).lower(),
                                     from_library(std::atan2(1.0, z.lower())).upper());
      break;
    }
    case Activation::erf: {
      const Interval z = kHalfRootPi * size;
      const Interval exponent = -(kQuarterPi * size) * size;
      end.slope = exponential(exponent);
      end.lifted = lift == 0.0 ? end.slope : exponential(lift + exponent);
      end.tail = {from_library(std::erfc(z.upper())).lower(),
                  from_library(std::erfc(z.lower())).upper()};
      break;
    }
    case Activation::tanh:
    case Activation::logistic: {
      const Interval e = from_library(std::exp(-2.0 * size));
      const Interval q = 1.0 / (1.0 + e);
      end.tail = 2.0 * e * q;
      end.slope = 2.0 * end.tail * q;
      end.lifted = lift == 0.0
                       ? end.slope
                       : 4.0 * exponential(Interval(lift) - 2.0 * size) * boost::numeric::square(q);
      break;
    }
  }
  return end;
}

Interval OddSigmoid::value(double x) const {
  const Interval size = 1.0 - at(x).tail;
  return x < 0.0 ? -size : size;
}

Interval OddSigmoid::residual(double low, const End& at_low, double high, const End& at_high,
                              const Target& target) {
  Interval r;
  if (low >= 0.0)
    r = target.below_one - Interval(at_high.tail.lower(), at_low.tail.upper());
  else if (high <= 0.0)
    r = target.above_minus_one + Interval(at_low.tail.lower(), at_high.tail.upper());
  else
    r = hull(target.above_minus_one + at_low.tail, target.below_one - at_high.tail);
  if (target.constant_sign < 0) r.assign(std::min(r.lower(), 0.0), std::min(r.upper(), 0.0));
  if (target.constant_sign > 0) r.assign(std::max(r.lower(), 0.0), std::max(r.upper(), 0.0));
  return r;
}

double OddSigmoid::lift(double smallest) const {
  constexpr double from = 150.0;
  const double exponent = kind_ == Activation::arctan ? 0.0 : -log_slope(smallest);
  return exponent > from ? exponent : 0.0;
}

PatternBounds OddSigmoid::bounds(const Interval& x, const Target& target, double lift) const {
  const double low = x.lower(), high = x.upper();
  const End at_low = at(low, lift), at_high = at(high, lift);
  PatternBounds result;
  result.residual = residual(low, at_low, high, at_high, target);
  result.residual_sign =
      target.constant_sign != 0 ? target.constant_sign : sign_of(result.residual);
  const bool around_zero = low <= 0.0 && high >= 0.0;
  const Interval first(std::min(at_low.slope.lower(), at_high.slope.lower()),
                       around_zero ? 1.0 : std::max(at_low.slope.upper(), at_high.slope.upper()));
  const Interval lifted = lift == 0.0
                              ? first
                              : Interval(std::min(at_low.lifted.lower(), at_high.lifted.lower()),
                                         std::max(at_low.lifted.upper(), at_high.lifted.upper()));
  const Interval value_low = low < 0.0 ? at_low.tail - 1.0 : 1.0 - at_low.tail;
  const Interval value_high = high < 0.0 ? at_high.tail - 1.0 : 1.0 - at_high.tail;
  const Interval value = hull(value_low, value_high);
  const Interval residual_low = residual(low, at_low, low, at_low, target);
  const Interval residual_high = residual(high, at_high, high, at_high, target);
  const Interval second = second_by_first(kind_, x, value, first);

  // phi' = S' bracket
  Interval bracket = first + second * result.residual;
  if (kind_ == Activation::tanh || kind_ == Activation::logistic) {
    // = 1 - 3 S^2 + 2 Y S, a parabola
    const Interval third_of_target = target.value / 3.0;
    meet(bracket, 1.0 + 3.0 * boost::numeric::square(third_of_target) -
                      3.0 * boost::numeric::square(value - third_of_target));
  }
  if (excludes_zero(bracket))
    result.phi = hull(at_low.lifted * residual_low, at_high.lifted * residual_high);
  else
    result.phi = lifted * result.residual;

  const Interval third = third_by_first(kind_, x, value, first);
  if (excludes_zero(3.0 * first * second + third * result.residual)) {
    const Interval second_low = second_by_first(kind_, low, value_low, at_low.slope);
    const Interval second_high = second_by_first(kind_, high, value_high, at_high.slope);
    result.slope = hull(at_low.lifted * (at_low.slope + second_low * residual_low),
                        at_high.lifted * (at_high.slope + second_high * residual_high));
  } else {
    result.slope = lifted * bracket;
  }
  return result;
}

Interval OddSigmoid::phi(const Interval& x, const Target& target, double lift) const {
  const double low = x.lower(), high = x.upper();
  const End at_low = at(low, lift), at_high = at(high, lift);
  Interval first(std::min(at_low.lifted.lower(), at_high.lifted.lower()),
                 std::max(at_low.lifted.upper(), at_high.lifted.upper()));
  if (low <= 0.0 && high >= 0.0) first = hull(first, Interval(1.0));  // there lift is 0
  return first * residual(low, at_low, high, at_high, target);
}

double OddSigmoid::log_slope(double x) const {
  switch (kind_) {
    case Activation::arctan:
      return -std::log1p(x * x * (kHalfPi.lower() * kHalfPi.lower()));
    case Activation::erf:
      return -kQuarterPi.lower() * x * x;
    case Activation::tanh:
    case Activation::logistic:
      break;
  }
  return -2.0 * std::abs(x);
}

std::optional<Interval> OddSigmoid::slope_ratio(const Interval& x, const Interval& z,
                                                const Interval& distance) const {
  constexpr double most = 300.0;
  const Interval size_x = boost::numeric::abs(x), size_z = boost::numeric::abs(z);
  switch (kind_) {
    case Activation::arctan:
      return (1.0 + boost::numeric::square(kHalfPi * size_z)) /
             (1.0 + boost::numeric::square(kHalfPi * size_x));
    case Activation::erf: {
      const Interval exponent = -(kQuarterPi * distance) * (size_x + size_z);
      if (!(exponent.upper() < most)) return std::nullopt;
      return exponential(exponent);
    }
    case Activation::tanh:
    case Activation::logistic:
      break;
  }
  const Interval exponent = -2.0 * distance;
  if (!(exponent.upper() < most)) return std::nullopt;
  return exponential(exponent) * boost::numeric::square((1.0 + exponential(-2.0 * size_z)) /
                                                        (1.0 + exponential(-2.0 * size_x)));
}

std::optional<Interval> OddSigmoid::inverse(const Target& target) const {
  if (target.constant_sign != 0) return std::nullopt;
  // Bisection on enclosures: ends stay where the sign of S - Y is proven.
  double low = -1.0, high = 1.0;
  const auto sign_at = [&](double x) {
    const End end = at(x);
    return sign_of(residual(x, end, x, end, target));
  };
  constexpr double largest = 1e18;
  while (sign_at(low) >= 0) {
    low *= 2.0;
    if (low < -largest) return std::nullopt;
  }
  while (sign_at(high) <= 0) {
    high *= 2.0;
    if (high > largest) return std::nullopt;
  }
  double root_low = low, root_high = high;
  for (int step = 0; step < 200; ++step) {
    const double x = 0.5 * (low + high);
    if (x <= low || x >= high) break;
    const int sign = sign_at(x);
    if (sign < 0) {
      low = root_low = x;
    } else if (sign > 0) {
      high = root_high = x;
    } else {
      // Undecided: step away from it on both sides until the sign is sure.
      for (double by = 0x1p-52 * (1.0 + std::abs(x)); by < high - low; by *= 2.0) {
        if (sign_at(x - by) < 0) {
          root_low = std::max(root_low, x - by);
          break;
        }
      }
      for (double by = 0x1p-52 * (1.0 + std::abs(x)); by < high - low; by *= 2.0) {
        if (sign_at(x + by) > 0) {
          root_high = std::min(root_high, x + by);
          break;
        }
      }
      break;
    }
  }
  return Interval(root_low, root_high);
}

double OddSigmoid::largest_moment() const {
  switch (kind_) {
    case Activation::arctan:
      return 0.3184;  // 1 / pi, at x = 2 / pi
    case Activation::erf:
      return 0.4840;  // sqrt(2 / pi) exp(-1 / 2), at x = sqrt(2 / pi)
    case Activation::tanh:
    case Activation::logistic:
      break;
  }
  return 0.4478;  // 0.44774320..., at x tanh(x) = 1 / 2
}

}  // namespace tautrack::exhaustive
