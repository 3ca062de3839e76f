#include "exhaustive/sigmoid.hpp"

#include <algorithm>
#include <cmath>

#include "proof/sigmoid.hpp"

namespace tautrack::exhaustive {

namespace {

/// From this exponent on phi is computed times exp() of it: S' squared is still a normal number.
constexpr double kLiftFrom = 150.0;

/// Roots beyond this are not looked for.
constexpr double kLargestRoot = 1e18;

}  // namespace

Target OddSigmoid::target(double y) const {
  const double up = 1.0 / sigma_.height, low = sigma_.end(true), high = sigma_.end(false);
  Target target;
  target.value = sigma_.middle == 0.0 ? Interval(y) : scaled(Interval(y) - sigma_.middle, up);
  target.third = target.value / 3.0;
  target.peak = 1.0 + 3.0 * proof::square(target.third);
  target.below_one = scaled(high - Interval(y), up);
  target.above_minus_one = scaled(low - Interval(y), up);
  if (y >= high)
    target.constant_sign = -1;
  else if (y <= low)
    target.constant_sign = 1;
  return target;
}

OddSigmoid::End OddSigmoid::at(double x, double lift) const {
  const double size = std::abs(x);
  const proof::Tail<Interval> tail = proof::tail_at(S_.shape, size);
  return {tail.distance, tail.slope,
          lift == 0.0 ? tail.slope : proof::lifted_slope(S_.shape, size, lift)};
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
  if (target.constant_sign < 0) r = {std::min(r.lower(), 0.0), std::min(r.upper(), 0.0)};
  if (target.constant_sign > 0) r = {std::max(r.lower(), 0.0), std::max(r.upper(), 0.0)};
  return r;
}

double OddSigmoid::lift(double smallest) const {
  if (S_.shape == proof::Shape::arctan) return 0.0;
  const double exponent = -proof::log_slope(S_.shape, smallest);
  return exponent > kLiftFrom ? exponent : 0.0;
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
  const auto second_by_first = [&](const Interval& at, const Interval& S, const Interval& slope) {
    return bend(S_, at, S, [&] { return at * slope; });
  };
  const Interval second = second_by_first(x, value, first);

  // phi' = S' bracket
  Interval bracket = first + second * result.residual;
  if (S_.shape == proof::Shape::tanh) {
    // = 1 - 3 S^2 + 2 Y S, a parabola
    const Interval third_of_target = target.value / 3.0;
    meet(bracket,
         1.0 + 3.0 * proof::square(third_of_target) - 3.0 * proof::square(value - third_of_target));
  }
  if (excludes_zero(bracket))
    result.phi = hull(at_low.lifted * residual_low, at_high.lifted * residual_high);
  else
    result.phi = lifted * result.residual;

  const Interval third = proof::third(S_, x, first);
  if (excludes_zero(3.0 * first * second + third * result.residual)) {
    const Interval second_low = second_by_first(low, value_low, at_low.slope);
    const Interval second_high = second_by_first(high, value_high, at_high.slope);
    result.slope = hull(at_low.lifted * (at_low.slope + second_low * residual_low),
                        at_high.lifted * (at_high.slope + second_high * residual_high));
  } else {
    result.slope = lifted * bracket;
  }
  return result;
}

PointBounds OddSigmoid::at_point(double x, const Target& target) const {
  const End end = at(x);
  const Interval r = residual(x, end, x, end, target);
  const Interval S = x < 0.0 ? end.tail - 1.0 : 1.0 - end.tail;
  const Interval second = bend(S_, Interval(x), S, [&] { return x * end.slope; });
  return {end.slope * r, end.slope * (end.slope + second * r)};
}

OddSigmoid::Rounded OddSigmoid::rounded(double x, double y) const {
  const proof::Tail<double> tail = proof::tail(S_.shape, std::abs(x));
  const double S = x < 0.0 ? tail.distance - 1.0 : 1.0 - tail.distance;
  const double second = bend(S_, x, S, [&] { return x * tail.slope; });
  return {tail.slope * (S - y), tail.slope * (tail.slope + second * (S - y))};
}

int OddSigmoid::bend_sign(const Interval& x, const Target& target) const {
  const double low = x.lower(), high = x.upper();
  const End at_low = at(low), at_high = at(high);
  const Interval r = residual(low, at_low, high, at_high, target);
  const Interval first(
      std::min(at_low.slope.lower(), at_high.slope.lower()),
      low <= 0.0 && high >= 0.0 ? 1.0 : std::max(at_low.slope.upper(), at_high.slope.upper()));
  const Interval S = hull(low < 0.0 ? at_low.tail - 1.0 : 1.0 - at_low.tail,
                          high < 0.0 ? at_high.tail - 1.0 : 1.0 - at_high.tail);
  const Interval second = bend(S_, x, S, [&] { return x * first; });
  return sign_of(3.0 * first * second + proof::third(S_, x, first) * r);
}

Interval OddSigmoid::phi(const Interval& x, const Target& target, double lift) const {
  const double low = x.lower(), high = x.upper();
  const End at_low = at(low, lift), at_high = at(high, lift);
  Interval first(std::min(at_low.lifted.lower(), at_high.lifted.lower()),
                 std::max(at_low.lifted.upper(), at_high.lifted.upper()));
  if (low <= 0.0 && high >= 0.0) first = hull(first, Interval(1.0));  // there lift is 0
  return first * residual(low, at_low, high, at_high, target);
}

std::optional<Interval> OddSigmoid::inverse(const Target& target) const {
  if (target.constant_sign != 0) return std::nullopt;
  // Bisection on enclosures: ends stay where the sign of S - Y is proven.
  double low = -1.0, high = 1.0;
  const auto sign_at = [&](double x) {
    const End end = at(x);
    return sign_of(residual(x, end, x, end, target));
  };
  while (sign_at(low) >= 0) {
    low *= 2.0;
    if (low < -kLargestRoot) return std::nullopt;
  }
  while (sign_at(high) <= 0) {
    high *= 2.0;
    if (high > kLargestRoot) return std::nullopt;
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

}  // namespace tautrack::exhaustive
