#pragma once

#ifdef TAUTRACK_WITH_FLINT

#include <algorithm>

#include "certify/ball.hpp"
#include "exhaustive/interval.hpp"

namespace tautrack::ball {

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
    arb_init(value_);
    arb_swap(value_, other.value_);
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
  ~Real() { arb_clear(value_); }

  [[nodiscard]] arb_srcptr get() const noexcept { return value_; }
  [[nodiscard]] slong precision() const noexcept { return precision_; }

  friend Real operator+(const Real& x, const Real& y) { return of(arb_add, x, y); }
  friend Real operator-(const Real& x, const Real& y) { return of(arb_sub, x, y); }
  friend Real operator*(const Real& x, const Real& y) { return of(arb_mul, x, y); }
  friend Real operator/(const Real& x, const Real& y) { return of(arb_div, x, y); }
  Real& operator+=(const Real& y) {
    precision_ = std::max(precision_, y.precision_);
    arb_add(value_, value_, y.value_, precision_);
    return *this;
  }

 private:
  using Operation = void (*)(arb_t, const arb_t, const arb_t, slong);
  static Real of(Operation operation, const Real& x, const Real& y) {
    Real result;
    result.precision_ = std::max(x.precision_, y.precision_);
    operation(result.value_, x.value_, y.value_, result.precision_);
    return result;
  }

  arb_t value_;
  slong precision_ = 64;
};

/// Encloses the ball.
inline exhaustive::Interval to_interval(const Real& x) {
  arf_t low;
  arf_t high;
  arf_init(low);
  arf_init(high);
  arb_get_lbound_arf(low, x.get(), 64);
  arb_get_ubound_arf(high, x.get(), 64);
  const exhaustive::Interval result(arf_get_d(low, ARF_RND_FLOOR), arf_get_d(high, ARF_RND_CEIL));
  arf_clear(low);
  arf_clear(high);
  return result;
}
inline exhaustive::Interval to_interval(const exhaustive::Interval& x) { return x; }

}  // namespace tautrack::ball

#endif
