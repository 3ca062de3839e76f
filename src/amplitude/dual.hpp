#pragma once

#include "proof/interval.hpp"

namespace tautrack::amplitude {

using proof::Interval;

/// The values of a function of two variables over a box, and those of its two derivatives (Moore, Kearfott &
/// Cloud, Introduction to Interval Analysis, 2009, chapter 9).
struct Dual {
  Interval value, first, second;

  Dual() = default;
  Dual(double constant) : value(constant) {}           // Numbers are constants.
  Dual(const Interval& constant) : value(constant) {}  // NOLINT(*-explicit-*)
  Dual(const Interval& v, const Interval& d1, const Interval& d2)
      : value(v), first(d1), second(d2) {}

  friend Dual operator-(const Dual& x) { return {-x.value, -x.first, -x.second}; }
  friend Dual operator+(const Dual& x, const Dual& y) {
    return {x.value + y.value, x.first + y.first, x.second + y.second};
  }
  friend Dual operator-(const Dual& x, const Dual& y) {
    return {x.value - y.value, x.first - y.first, x.second - y.second};
  }
  friend Dual operator*(const Dual& x, const Dual& y) {
    return {x.value * y.value, x.first * y.value + x.value * y.first,
            x.second * y.value + x.value * y.second};
  }
  friend Dual operator*(const Dual& x, const Interval& c) {
    return {x.value * c, x.first * c, x.second * c};
  }
  friend Dual operator*(const Interval& c, const Dual& x) { return x * c; }
  friend Dual operator/(const Dual& x, const Dual& y) {
    const Interval q = x.value / y.value;
    return {q, (x.first - q * y.first) / y.value, (x.second - q * y.second) / y.value};
  }
  Dual& operator+=(const Dual& y) { return *this = *this + y; }
};

/// What the chart functions are written in; for intervals see proof/interval.hpp.
inline Dual exponential(const Dual& x) {
  const Interval e = proof::exponential(x.value);
  return {e, e * x.first, e * x.second};
}
inline Dual square(const Dual& x) {
  const Interval twice = 2.0 * x.value;
  return {proof::square(x.value), twice * x.first, twice * x.second};
}
inline const Interval& value_of(const Interval& x) { return x; }
inline const Interval& value_of(const Dual& x) { return x.value; }

}  // namespace tautrack::amplitude
