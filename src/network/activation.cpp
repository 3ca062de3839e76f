#include "tautrack/network/activation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/names.hpp"
#include "network/traits.hpp"

namespace tautrack {

namespace {

using std::numbers::pi;

constexpr NameTable<Activation, 4> kNames{{
    {Activation::tanh, "tanh"},
    {Activation::logistic, "logistic"},
    {Activation::arctan, "arctan"},
    {Activation::erf, "erf"},
}};

ActivationValues evaluate_tanh(double u) noexcept {
  const double a = std::abs(u);
  // exp(-2a) where 1 - exp(-2a) does not cancel, expm1 where it would.
  double e = 0.0;
  double t = 0.0;
  if (a > 0.35) {
    e = std::exp(-2.0 * a);
    t = (1.0 - e) / (1.0 + e);
  } else {
    const double m = std::expm1(-2.0 * a);
    e = 1.0 + m;
    t = -m / (2.0 + m);
  }
  const double slope = 4.0 * e / ((1.0 + e) * (1.0 + e));
  if (u < 0.0) t = -t;
  // 1 - 3 t^2 = 3 sech^2 - 2
  return {t, slope, -2.0 * t * slope, 2.0 * slope * (2.0 - 3.0 * slope), 2.0 * e / (1.0 + e)};
}

ActivationValues evaluate_logistic(double u) noexcept {
  const double e = std::exp(-std::abs(u));
  const double slope = e / ((1.0 + e) * (1.0 + e));
  const double value = (u < 0.0 ? e : 1.0) / (1.0 + e);
  const double bend = -std::tanh(0.5 * u);  // 1 - 2 sigma
  return {value, slope, bend * slope, slope * (1.0 - 6.0 * slope), e / (1.0 + e)};
}

ActivationValues evaluate_arctan(double u) noexcept {
  const double c = 0.5 * pi;
  const double p = std::clamp(c * u, -1e200, 1e200);  // beyond, p^2 is infinite anyway
  const double q = 1.0 + p * p;
  const double slope = 1.0 / q;
  const double ratio = p * slope;  // p / (1 + p^2), finite also where p^2 overflows (then 0)
  // sigma'' = -2 c p / q^2,  sigma''' = 2 c^2 (3 p^2 - 1) / q^3
  const double value = std::atan(p) / c;
  const double tail = std::abs(p) > 1.0 ? std::atan(1.0 / std::abs(p)) / c : 1.0 - std::abs(value);
  return {value, slope, -2.0 * c * ratio * slope,
          2.0 * c * c * slope * (3.0 * ratio * ratio - slope * slope), tail};
}

ActivationValues evaluate_erf(double u) noexcept {
  // Far out exp(-pi u^2 / 4) and erfc(sqrt(pi) u / 2) magnify the rounding of their arguments: the
  // parts that rounding cuts off are put back to first order.
  constexpr double quarter_pi = 0.7853981633974483, quarter_pi_rest = 3.0616169978683830e-17;
  constexpr double half_root = 0.886226925452758, half_root_rest = -3.8332932499128994e-17;
  const double a = std::min(std::abs(u), 40.0);  // everything has underflown long before
  const double square = a * a;
  const double square_rest = std::fma(a, a, -square);
  const double exponent = quarter_pi * square;
  const double exponent_rest =
      std::fma(quarter_pi, square, -exponent) + quarter_pi_rest * square + quarter_pi * square_rest;
  const double slope = std::exp(-exponent) * (1.0 - exponent_rest);
  const double argument = half_root * a;
  const double argument_rest = std::fma(half_root, a, -argument) + half_root_rest * a;
  // d erfc / dx = -2 / sqrt(pi) exp(-x^2) = -slope / half_root
  const double tail = std::erfc(argument) - slope / half_root * argument_rest;
  const double value = argument > 0.5 ? 1.0 - tail : std::erf(argument);
  const double h = 0.5 * pi * a;
  const double second = h * slope;
  return {u < 0.0 ? -value : value, slope, u < 0.0 ? second : -second, (h * h - 0.5 * pi) * slope,
          tail};
}

}  // namespace

std::string_view to_string(Activation activation) noexcept { return name_of(kNames, activation); }

std::optional<Activation> activation_from_name(std::string_view name) noexcept {
  return key_of(kNames, name);
}

const std::vector<std::string_view>& activation_names() {
  static const std::vector<std::string_view> names = names_of(kNames);
  return names;
}

const Traits& traits(Activation activation) noexcept {
  using proof::Shape;
  static const double tanh_peak = std::atanh(1.0 / std::numbers::sqrt3);
  // max x sech^2 x, at x = 0.7717...
  constexpr double tanh_moment = 0.4477432046943028;
  // In the order of the enumeration.
  static const std::array<Traits, 4> table{{
      {{Shape::tanh},
       kernels::Sigmoid::tanh,
       Tails::exponential,
       320.0,
       20.0,
       tanh_peak,
       tanh_moment},
      {{Shape::tanh, 0.5, 0.5, 0.5},
       kernels::Sigmoid::logistic,
       Tails::exponential,
       640.0,
       40.0,
       2.0 * tanh_peak,
       0.5 * tanh_moment},
      {{Shape::arctan},
       kernels::Sigmoid::arctan,
       Tails::algebraic,
       4e8,
       1e6,
       2.0 / (pi * std::numbers::sqrt3),
       std::numbers::inv_pi},
      {{Shape::erf},
       kernels::Sigmoid::erf,
       Tails::gaussian,
       28.0,
       8.0,
       std::numbers::sqrt2 * std::numbers::inv_sqrtpi,
       std::sqrt(2.0 / (pi * std::numbers::e))},
  }};
  return table[static_cast<std::size_t>(activation)];
}

Range range(Activation activation) noexcept {
  const proof::Sigmoid& form = traits(activation).form;
  return {form.end(true), form.end(false)};
}

ActivationValues evaluate(Activation activation, double u) noexcept {
  switch (activation) {
    case Activation::tanh:
      return evaluate_tanh(u);
    case Activation::logistic:
      return evaluate_logistic(u);
    case Activation::arctan:
      return evaluate_arctan(u);
    case Activation::erf:
      break;
  }
  return evaluate_erf(u);
}

SlopeRatios slope_ratios(Activation activation, double u, const ActivationValues& s) {
  constexpr double half_pi = 0.5 * pi;
  switch (activation) {
    case Activation::tanh:
      return {-2.0 * s.value, 4.0 - 6.0 * s.first};
    case Activation::logistic:
      return {-std::tanh(0.5 * u), 1.0 - 6.0 * s.first};
    case Activation::arctan: {
      const double p = half_pi * u, q = 1.0 / std::hypot(1.0, p);
      const double part = p * q;  // sin atan p
      return {-2.0 * half_pi * part * q,
              2.0 * half_pi * half_pi * q * q * (4.0 * part * part - 1.0)};
    }
    case Activation::erf:
      break;
  }
  return {-half_pi * u, half_pi * (half_pi * u * u - 1.0)};
}

double largest_ratio_beyond(Activation activation, double a) {
  const Traits& known = traits(activation);
  switch (known.tails) {
    case Tails::exponential:
      return 2.0 * known.form.input;
    case Tails::algebraic: {
      const double x = std::max(1.0, 0.5 * pi * a);
      return pi * x / (1.0 + x * x);
    }
    case Tails::gaussian:
      break;
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace tautrack
