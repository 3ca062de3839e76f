#include "proof/sigmoid.hpp"

#include <algorithm>
#include <utility>

namespace tautrack::proof {

Tail<Interval> tail_at(Shape shape, double x) {
  // Of erf, the rounding of the argument counts for the more the farther out it is.
  if (shape == Shape::erf) return tail(shape, Interval(x));
  // In units of u = 2^-53, what comes of the library is off by 16 u, the rest adds to it: of tanh, 3 u to q and
  // 6 u to S'; of arctan, p is off by 2 u and nothing depends on p more than in proportion (p <= (1 + p^2)
  // arccot(p)), 4 u to q, and S' is off by 7 u without the library. All are below the 32 u of from_library().
  const Tail<double> rounded = tail(shape, x);
  return {from_library(rounded.distance), from_library(rounded.slope)};
}

Tail<Interval> tail_over(Shape shape, const Interval& x) {
  const Tail<Interval> at_low = tail_at(shape, std::abs(x.lower()));
  const Tail<Interval> at_high = tail_at(shape, std::abs(x.upper()));
  const auto distance = [](double end, const Tail<Interval>& at) {
    return end >= 0.0 ? at.distance : 2.0 - at.distance;
  };
  const bool around_zero = x.lower() <= 0.0 && x.upper() >= 0.0;
  return {Interval(distance(x.upper(), at_high).lower(), distance(x.lower(), at_low).upper()),
          Interval(std::min(at_low.slope.lower(), at_high.slope.lower()),
                   around_zero ? 1.0 : std::max(at_low.slope.upper(), at_high.slope.upper()))};
}

Interval lifted_slope(Shape shape, const Interval& x, double lift) {
  switch (shape) {
    case Shape::arctan:
      return tail(shape, x).slope * exponential(Interval(lift));
    case Shape::erf:
      return exponential(lift + -(quarter_pi(x) * x) * x);
    case Shape::tanh:
      break;
  }
  return 4.0 * exponential(lift + scaled(x, -2.0)) *
         square(1.0 / (1.0 + exponential(scaled(x, -2.0))));
}

double log_slope(Shape shape, double x) {
  switch (shape) {
    case Shape::arctan: {
      const double p = half_pi(x) * x;
      return -std::log1p(p * p);
    }
    case Shape::erf:
      return -quarter_pi(x) * x * x;
    case Shape::tanh:
      break;
  }
  return -2.0 * std::abs(x);
}

std::optional<Interval> slope_ratio(Shape shape, const Interval& x, const Interval& z,
                                    const Interval& distance) {
  // exp() of more is of no use to anybody, and far from overflow.
  constexpr double most = 300.0;
  const Interval size_x = abs(x), size_z = abs(z);
  switch (shape) {
    case Shape::arctan:
      return (1.0 + square(half_pi(z) * size_z)) / (1.0 + square(half_pi(x) * size_x));
    case Shape::erf: {
      const Interval exponent = -(quarter_pi(x) * distance) * (size_x + size_z);
      if (!(exponent.upper() < most)) return std::nullopt;
      return exponential(exponent);
    }
    case Shape::tanh:
      break;
  }
  const Interval exponent = -2.0 * distance;
  if (!(exponent.upper() < most)) return std::nullopt;
  return exponential(exponent) *
         square((1.0 + exponential(-2.0 * size_z)) / (1.0 + exponential(-2.0 * size_x)));
}

double largest_moment(Shape shape) {
  switch (shape) {
    case Shape::arctan:
      return 0.3184;  // 1 / pi, at x = 2 / pi
    case Shape::erf:
      return 0.4840;  // sqrt(2 / pi) exp(-1 / 2), at x = sqrt(2 / pi)
    case Shape::tanh:
      break;
  }
  return 0.4478;  // 0.44774320..., at x tanh(x) = 1 / 2
}

#ifdef TAUTRACK_WITH_FLINT

Growth growth(const Sigmoid& sigmoid, const Bound& below, const Bound& above) {
  static const Bound one(1.0);
  static const Bound two(2.0);
  static const Bound half_pi(1.5707963267948968);  // a little more
  const Bound input(sigmoid.input);
  Bound second;  // of S, as a function of x
  Bound third;
  switch (sigmoid.shape) {
    case Shape::tanh:  // S'' = -2 S S',  S''' = (6 S^2 - 2) S'
      second = two;
      third = Bound(4.0);
      break;
    case Shape::arctan: {
      // -pi p / (1 + p^2) S',  pi^2/2 (3 p^2 - 1) / (1 + p^2)^2 S',  p = pi x / 2
      const Bound least = product_below(below, input);
      if (one < least) {
        second = two / least;
        third = Bound(6.0) / product_below(least, least);
      } else {
        second = half_pi;
        third = two * half_pi * half_pi;
      }
      break;
    }
    case Shape::erf:  // -h S',  (h^2 - pi/2) S',  h = pi x / 2
      second = half_pi * (above * input);
      third = second * second;
      if (third < half_pi) third = half_pi;
      break;
  }
  if (sigmoid.input == 1.0) return {std::move(second), std::move(third)};
  return {second * input, third * (input * input)};
}

#endif

}  // namespace tautrack::proof
