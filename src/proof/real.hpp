#pragma once

#ifdef TAUTRACK_WITH_FLINT

#include <algorithm>
#include <cmath>
#include <utility>

#include "proof/ball.hpp"
#include "proof/interval.hpp"

namespace tautrack::proof {

/// A ball with operators. It carries its precision: results have the larger of those of their operands,
/// and that of a plain double is the least.
class Real {
 public:
  Real() { arb_init(value_); }
  Real(double value) : Real() { arb_set_d(value_, value); }  // Numbers are balls.
  Real(arb_srcptr value, slong precision) : precision_(precision) {
    arb_init(value_);
    arb_set(value_, value);
  }
  Real(const Real& other) : Real(other.value_, other.precision_) {}
  Real(Real&& other) noexcept : precision_(other.precision_) {
    *value_ = *other.value_;
    arb_init(other.value_);
  }
  Real& operator=(const Real& other) {
    arb_set(value_, other.value_);
    precision_ = other.precision_;
    return *this;
  }
  Real& operator=(Real&& other) noexcept {
    arb_swap(value_, other.value_);
    precision_ = other.precision_;
    return *this;
  }
  ~Real() {
    // What arb_clear() does, in line: up to 128 bits hold no memory.
    if (ARF_HAS_PTR(arb_midref(value_)) || COEFF_IS_MPZ(ARF_EXP(arb_midref(value_))) ||
        COEFF_IS_MPZ(MAG_EXP(arb_radref(value_))))
      arb_clear(value_);
  }

  [[nodiscard]] arb_srcptr get() const noexcept { return value_; }
  [[nodiscard]] slong precision() const noexcept { return precision_; }

  // The first operand is taken by value, so that a temporary is used again.
  friend Real operator+(Real x, const Real& y) { return x.apply(arb_add, y); }
  friend Real operator-(Real x, const Real& y) { return x.apply(arb_sub, y); }
  friend Real operator*(Real x, const Real& y) { return x.apply(arb_mul, y); }
  friend Real operator/(Real x, const Real& y) { return x.apply(arb_div, y); }
  friend Real operator-(Real x) {
    arb_neg(x.value_, x.value_);
    return x;
  }
  Real& operator+=(const Real& y) {
    precision_ = std::max(precision_, y.precision_);
    arb_add(value_, value_, y.value_, precision_);
    return *this;
  }
  friend Real square(const Real& x) { return x * x; }
  friend Real sqrt(Real x) { return x.apply(arb_sqrt); }
  friend Real one_plus(Real x) {
    arb_add_ui(x.value_, x.value_, 1, x.precision_);
    return x;
  }
  friend Real inverse(Real x) { return x.apply(arb_inv); }
  friend Real exponential(Real x) { return x.apply(arb_exp); }
  friend Real error_complement(Real x) { return x.apply(arb_hypgeom_erfc); }
  /// pi / 2 - atan(x), without cancellation where x is large.
  friend Real arccotangent(const Real& x) {
    if (arb_is_positive(x.value_) != 0 && arf_cmpabs_2exp_si(arb_midref(x.value_), 0) > 0)
      return inverse(x).apply(arb_atan);
    return half_pi(x) - Real(x).apply(arb_atan);
  }
  /// x times a power of two (or its negative), exactly.
  friend Real scaled(Real x, double power_of_two) {
    if (power_of_two == 1.0) return x;
    int exponent = 0;
    if (std::frexp(power_of_two, &exponent) < 0.0) arb_neg(x.value_, x.value_);
    arb_mul_2exp_si(x.value_, x.value_, exponent - 1);
    return x;
  }
  /// pi / 2 and what is made of it, as precise as the argument: see sigmoid.hpp.
  friend Real half_pi(const Real& like) {
    Real result;
    result.precision_ = like.precision_;
    arb_const_pi(result.value_, result.precision_);
    arb_mul_2exp_si(result.value_, result.value_, -1);
    return result;
  }
  friend Real quarter_pi(const Real& like) { return scaled(half_pi(like), 0.5); }
  friend Real two_by_pi(const Real& like) { return inverse(half_pi(like)); }
  friend Real half_root_pi(const Real& like) { return sqrt(quarter_pi(like)); }

 private:
  Real&& apply(void (*operation)(arb_t, const arb_t, const arb_t, slong), const Real& y) {
    precision_ = std::max(precision_, y.precision_);
    operation(value_, value_, y.value_, precision_);
    return std::move(*this);
  }
  Real&& apply(void (*function)(arb_t, const arb_t, slong)) {
    function(value_, value_, precision_);
    return std::move(*this);
  }

  arb_t value_;
  slong precision_ = 64;
};

/// Encloses the ball.
inline proof::Interval to_interval(const Real& x) {
  arf_t low;
  arf_t high;
  arf_init(low);
  arf_init(high);
  arb_get_lbound_arf(low, x.get(), 64);
  arb_get_ubound_arf(high, x.get(), 64);
  const proof::Interval result(arf_get_d(low, ARF_RND_FLOOR), arf_get_d(high, ARF_RND_CEIL));
  arf_clear(low);
  arf_clear(high);
  return result;
}
inline proof::Interval to_interval(const proof::Interval& x) { return x; }

}  // namespace tautrack::proof

#endif
