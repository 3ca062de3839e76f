#include "exhaustive/energy_term.hpp"

#include <algorithm>
#include <cmath>

#include "core/numbers.hpp"
#include "proof/sigmoid.hpp"

namespace tautrack::exhaustive {
namespace {

using proof::kRounding;

/// Inflections are enclosed this much to both sides, relative to one or their size, or ten times as much, ...
constexpr double kLeastRoom = 1e-13, kMostRoom = 1e-4;
constexpr int kBisections = 200;
/// What is most of a limit.
constexpr double kMost = 0.75;
/// Node inputs from which on the bend of a pattern is bounded by its tail.
constexpr double kFarOut = 1e3;

/// S, S' and S'' at x.
struct Values {
  double S, first, second;
};
Values values_at(proof::Shape shape, double x) {
  const proof::Tail<double> tail = proof::tail(shape, std::abs(x));
  const double S = std::copysign(1.0 - tail.distance, x);
  const double ratio = proof::bend(proof::Sigmoid{shape}, x, S, [&] { return x * tail.slope; });
  return {S, tail.slope, ratio * tail.slope};
}

}  // namespace

EnergyTerm::EnergyTerm(const OddSigmoid& sigmoid, const Target& target, double factor)
    : sigmoid_(sigmoid), target_(target), factor_(factor), y_(proof::middle(target.value)) {
  if (target.constant_sign != 0)
    best_ = -target.constant_sign * kInfinity;
  else if (const auto root = sigmoid.inverse(target))
    best_ = proof::middle(*root);
  else
    is_usable_ = false;
  // |S - Y| S' factor, S' <= 1
  steepest_ = (Interval(factor) * (1.0 + proof::abs(target.value))).upper();
  if (!is_usable_) return;
  lower_ = target.constant_sign > 0 ? Interval(-kInfinity) : inflection(false);
  upper_ = target.constant_sign < 0 ? Interval(kInfinity) : inflection(true);
  if (!is_usable_) return;
  if (target.constant_sign <= 0) nearly_low_ = place_of(kMost * limit(true), true);
  if (target.constant_sign >= 0) nearly_high_ = place_of(kMost * limit(false), false);
}

double EnergyTerm::place_of(double value, bool negative) const {
  const double side = negative ? -1.0 : 1.0;
  double inner = std::isfinite(best_) ? best_ : 0.0, step = 1.0;
  while (at(inner).value > value && step < 1e300) inner -= side * (step *= 2.0);
  double outer = inner + side;
  for (step = 1.0; at(outer).value < value && step < 1e300; step *= 2.0) outer += side * step;
  for (int k = 0; k < kBisections; ++k) {
    const double x = 0.5 * (inner + outer);
    if (x == inner || x == outer) break;
    (at(x).value < value ? inner : outer) = x;
  }
  return outer;
}

EnergyTerm::At EnergyTerm::at(double x) const {
  const auto [S, first, second] = values_at(sigmoid_.shape(), x);
  const double r = S - y_;
  return {0.5 * factor_ * r * r, factor_ * r * first, factor_ * (first * first + r * second)};
}

double EnergyTerm::limit(bool negative) const {
  const double r = (negative ? -1.0 : 1.0) - y_;
  return 0.5 * factor_ * r * r;
}

Interval EnergyTerm::inflection(bool upper) {
  // The bend has one sign change on each side of zero, for Y = S + S'^2 / S'' increases there; inside it is positive.
  const double side = upper ? 1.0 : -1.0;
  const auto bend = [&](double x) { return at(x).bend; };
  double inner = std::isfinite(best_) && side * best_ > 0.0 ? best_ : 0.0;
  double outer = inner + side;
  for (double step = 1.0; bend(outer) > 0.0 && step < 1e300; step *= 2.0) {
    inner = outer;
    outer += side * step;
  }
  for (int k = 0; k < kBisections && std::abs(outer - inner) > 0.0; ++k) {
    const double x = 0.5 * (inner + outer);
    if (x == inner || x == outer) break;
    (bend(x) > 0.0 ? inner : outer) = x;
  }
  for (double room = kLeastRoom; room <= kMostRoom; room *= 10.0) {
    const double by = room * std::max(1.0, std::abs(inner));
    const double within = inner - side * by, beyond = outer + side * by;
    const auto sign = [&](double x) {
      return proof::sign_of(sigmoid_.bounds({x, x}, target_, sigmoid_.lift(std::abs(x))).slope);
    };
    if (side * within > 0.0 && sign(within) > 0 && sign(beyond) < 0)
      return upper ? Interval(within, beyond) : Interval(beyond, within);
  }
  is_usable_ = false;
  return side * kInfinity;
}

Interval EnergyTerm::proven_value(const Interval& x) const {
  const Interval r = x.is_point() ? sigmoid_.value(x.lower()) - target_.value
                                  : sigmoid_.bounds(x, target_, 0.0).residual;
  return 0.5 * (factor_ * proof::square(r));
}

Interval EnergyTerm::proven_slope(double x) const {
  return factor_ * sigmoid_.phi({x, x}, target_, 0.0);
}

double EnergyTerm::least_tilted(double low, double high, double tilt, double near) const {
  double least = kInfinity;
  const auto take = [&](double bound) { least = std::min(least, bound); };
  const auto tilted = [&](double x) { return proven_value(x) - Interval(tilt) * x; };
  for (const bool is_low : {true, false}) {
    const double end = is_low ? low : high, outwards = is_low ? -tilt : tilt;
    if (std::isfinite(end)) {
      take(tilted(end).lower());
    } else if (outwards > 0.0) {
      return -kInfinity;
    } else if (outwards == 0.0) {
      const Interval r = Interval(is_low ? -1.0 : 1.0) - target_.value;
      take((0.5 * (factor_ * proof::square(r))).lower());
    }
  }
  // Beside an inflection phi changes little.
  const double steepest = above(steepest_ + std::abs(tilt));
  for (const Interval& gap : {lower_, upper_}) {
    if (!proof::is_finite(gap) || gap.upper() < low || gap.lower() > high) continue;
    const double from = std::max(low, gap.lower()), to = std::min(high, gap.upper());
    take((tilted(from) - Interval(steepest) * (Interval(to) - from)).lower());
  }
  // Where phi is convex, it is above its tangent. Elsewhere it is concave, and least at the ends.
  const double from = std::max(low, lower_.upper()), to = std::min(high, upper_.lower());
  if (!(from <= to)) return least;
  double x = std::clamp(near, from, to);
  if (!std::isfinite(x)) x = std::isfinite(from) ? from + 1.0 : to - 1.0;
  Interval slope = proven_slope(x) - tilt;
  double inner = from, outer = to;
  for (int k = 0; k < kBisections && proof::magnitude(slope) > 1e-13 * steepest; ++k) {
    // The slope increases with x.
    (slope.upper() < 0.0 ? inner : outer) = x;
    if (slope.upper() >= 0.0 && slope.lower() <= 0.0) break;
    const At now = at(x);
    double next = x - (now.slope - tilt) / now.bend;
    if (!(next > inner && next < outer)) {
      if (!std::isfinite(inner))
        next = outer - 2.0 * std::max(1.0, std::abs(outer));
      else if (!std::isfinite(outer))
        next = inner + 2.0 * std::max(1.0, std::abs(inner));
      else
        next = 0.5 * (inner + outer);
    }
    if (next == x || next == inner || next == outer) break;
    x = next;
    slope = proven_slope(x) - tilt;
  }
  // Towards an end at infinity the slope has to be sure: it tends to -tilt.
  const auto leads_up = [&](double end) {
    return end > 0.0 ? slope.lower() >= 0.0 : slope.upper() <= 0.0;
  };
  for (const double end : {from, to})
    for (double step = 1e-12;
         !std::isfinite(end) && tilt != 0.0 && !leads_up(end) && step < kFarOut; step *= 2.0) {
      x += std::copysign(step, end);
      slope = proven_slope(x) - tilt;
    }
  const Interval value = tilted(x);
  for (const double end : {from, to}) {
    if (std::isfinite(end)) {
      take((value + slope * (Interval(end) - x)).lower());
    } else if (leads_up(end)) {
      take(value.lower());
    } else if (tilt == 0.0) {
      // It falls towards its end, or to its zero beyond rounding.
      const Interval r = Interval(end > 0.0 ? 1.0 : -1.0) - target_.value;
      take((0.5 * (factor_ * proof::square(r))).lower());
    } else {
      return -kInfinity;
    }
  }
  return least;
}

/// A lower bound of the bend of a term where x >= from >= kFarOut or, with the signs of x and of the target turned, x <= -from:
/// S'' (S - Y) with S'' < 0.
/// @param below What the plateau there is above the target.
Interval EnergyTerm::far_bend(double from, const Interval& below) const {
  // |S''| <= 2 |S'' / S'| S', which falls there.
  if (sigmoid_.shape() != proof::Shape::arctan)
    return -(Interval(factor_) * (1.0 + proof::abs(target_.value)) * 1e-290);
  // |S''| = (pi^2 x / 2) / (1 + (pi x / 2)^2)^2 <= 8 / (pi^2 x^3), and what S lacks of its plateau is at most 4 / (pi^2 x).
  constexpr double eight = 0.811, four = 0.406;  // over pi^2, and a little more
  const Interval x(from);
  return -(Interval(factor_) * (eight / (x * x * x)) * (proof::abs(below) + four / x));
}

double EnergyTerm::least_bend(double low, double high) const {
  double least = kInfinity;
  const double from = std::max(low, -kFarOut), to = std::min(high, kFarOut);
  if (high > kFarOut) least = far_bend(std::max(low, kFarOut), target_.below_one).lower();
  if (low < -kFarOut)
    least = std::min(least, far_bend(std::max(-high, kFarOut), target_.above_minus_one).lower());
  if (from <= to)
    least = std::min(least, (factor_ * sigmoid_.bounds({from, to}, target_, 0.0).slope).lower());
  return least;
}

}  // namespace tautrack::exhaustive
