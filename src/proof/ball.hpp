#pragma once

#ifdef TAUTRACK_WITH_FLINT

#include <cmath>
#include <flint/fmpz_mat.h>
#include <vector>
#if __has_include(<flint/arb.h>)  // FLINT 3 holds Arb.
#include <flint/arb.h>
#include <flint/arb_hypgeom.h>
#include <flint/arb_mat.h>
#else
#include <arb.h>
#include <arb_hypgeom.h>
#include <arb_mat.h>
#endif

#include "tautrack/core/types.hpp"

/// Owners of the C objects of FLINT and Arb. All are memory and nothing else: arithmetic is done by
/// the functions of Arb on what get() and the indices return.
namespace tautrack::proof {

/// An upper bound >= 0: every operation rounds up, and no exponent is too large or too small.
class Bound {
 public:
  Bound() { mag_init(value_); }
  /// @pre value >= 0; infinity is allowed.
  explicit Bound(double value) : Bound() { mag_set_d(value_, value); }
  Bound(const Bound& other) : Bound() { mag_set(value_, other.value_); }
  Bound(Bound&& other) noexcept : Bound() { mag_swap(value_, other.value_); }
  Bound& operator=(const Bound& other) {
    mag_set(value_, other.value_);
    return *this;
  }
  Bound& operator=(Bound&& other) noexcept {
    mag_swap(value_, other.value_);
    return *this;
  }
  ~Bound() {
    // What mag_clear() does, in line.
    if (COEFF_IS_MPZ(MAG_EXP(value_))) mag_clear(value_);
  }

  [[nodiscard]] mag_ptr get() noexcept { return value_; }
  [[nodiscard]] mag_srcptr get() const noexcept { return value_; }

  /// Of |x| for every x in the ball.
  static Bound above(arb_srcptr x) {
    Bound bound;
    arb_get_mag(bound.value_, x);
    return bound;
  }
  /// The other way round: |x| is at least this for every x in the ball.
  static Bound below(arb_srcptr x) {
    Bound bound;
    arb_get_mag_lower(bound.value_, x);
    return bound;
  }
  static Bound of_radius(arb_srcptr x) {
    Bound bound;
    mag_set(bound.value_, arb_radref(x));
    return bound;
  }
  /// 2^exponent
  static Bound power_of_two(slong exponent) {
    Bound bound;
    mag_set_ui_2exp_si(bound.value_, 1, exponent);
    return bound;
  }
  static Bound infinity() {
    Bound bound;
    mag_inf(bound.value_);
    return bound;
  }

  Bound& operator+=(const Bound& other) {
    mag_add(value_, value_, other.value_);
    return *this;
  }
  /// this + x y
  void add_product(const Bound& x, const Bound& y) { mag_addmul(value_, x.value_, y.value_); }
  friend Bound operator+(const Bound& x, const Bound& y) {
    Bound sum;
    mag_add(sum.value_, x.value_, y.value_);
    return sum;
  }
  friend Bound operator*(const Bound& x, const Bound& y) {
    Bound product;
    mag_mul(product.value_, x.value_, y.value_);
    return product;
  }
  /// The divisor is taken as it stands: give below() of it.
  friend Bound operator/(const Bound& x, const Bound& y) {
    Bound quotient;
    mag_div(quotient.value_, x.value_, y.value_);
    return quotient;
  }
  /// x - y or less, and zero if that is negative.
  friend Bound difference_below(const Bound& x, const Bound& y) {
    Bound difference;
    mag_sub_lower(difference.value_, x.value_, y.value_);
    return difference;
  }
  /// x y or less.
  friend Bound product_below(const Bound& x, const Bound& y) {
    Bound product;
    mag_mul_lower(product.value_, x.value_, y.value_);
    return product;
  }
  /// x / y or less.
  friend Bound quotient_below(const Bound& x, const Bound& y) {
    Bound quotient;
    mag_div_lower(quotient.value_, x.value_, y.value_);
    return quotient;
  }
  friend Bound square_root(const Bound& x) {
    Bound root;
    mag_sqrt(root.value_, x.value_);
    return root;
  }
  /// The root of x or less.
  friend Bound square_root_below(const Bound& x) {
    Bound root;
    mag_sqrt_lower(root.value_, x.value_);
    return root;
  }
  friend bool operator<(const Bound& x, const Bound& y) { return mag_cmp(x.value_, y.value_) < 0; }
  friend bool operator<=(const Bound& x, const Bound& y) {
    return mag_cmp(x.value_, y.value_) <= 0;
  }
  /// 2^exponent this, exactly.
  [[nodiscard]] Bound times_power_of_two(slong exponent) const {
    Bound scaled;
    mag_mul_2exp_si(scaled.value_, value_, exponent);
    return scaled;
  }
  /// e with this <= 2^e nearly; zero for zero and infinity, and cut off where slong ends.
  [[nodiscard]] slong exponent() const {
    if (is_zero() || !is_finite()) return 0;
    const fmpz e = MAG_EXP(value_);
    return COEFF_IS_MPZ(e) ? 0 : e;
  }
  [[nodiscard]] bool is_zero() const { return mag_is_zero(value_) != 0; }
  [[nodiscard]] bool is_finite() const { return mag_is_finite(value_) != 0; }
  /// The same or more: infinity where double ends, 2^-1000 for what is smaller.
  [[nodiscard]] double above_as_double() const { return mag_get_d(value_); }

 private:
  mag_t value_;
};

/// Real balls in a row.
class Balls {
 public:
  explicit Balls(Index size = 0) : data_(_arb_vec_init(size)), size_(size) {}
  Balls(const Balls&) = delete;
  Balls& operator=(const Balls&) = delete;
  ~Balls() { _arb_vec_clear(data_, size_); }

  /// All zero again, another number of them.
  void reset(Index size) {
    _arb_vec_clear(data_, size_);
    data_ = _arb_vec_init(size);
    size_ = size;
  }

  [[nodiscard]] arb_ptr operator[](Index i) noexcept { return data_ + i; }
  [[nodiscard]] arb_srcptr operator[](Index i) const noexcept { return data_ + i; }
  [[nodiscard]] Index size() const noexcept { return size_; }

 private:
  arb_ptr data_;
  Index size_;
};

/// One ball.
class Ball {
 public:
  Ball() { arb_init(value_); }
  Ball(const Ball&) = delete;
  Ball& operator=(const Ball&) = delete;
  ~Ball() { arb_clear(value_); }

  [[nodiscard]] arb_ptr get() noexcept { return value_; }
  [[nodiscard]] arb_srcptr get() const noexcept { return value_; }

 private:
  arb_t value_;
};

/// A matrix of balls, row after row.
class BallMatrix {
 public:
  BallMatrix(Index rows, Index columns) : entries_(rows * columns), columns_(columns) {}

  /// All zero again, of another size.
  void reset(Index rows, Index columns) {
    entries_.reset(rows * columns);
    columns_ = columns;
  }
  [[nodiscard]] bool is_empty() const noexcept { return entries_.size() == 0; }

  [[nodiscard]] arb_ptr operator()(Index i, Index j) noexcept { return entries_[i * columns_ + j]; }
  [[nodiscard]] arb_srcptr operator()(Index i, Index j) const noexcept {
    return entries_[i * columns_ + j];
  }
  [[nodiscard]] Index columns() const noexcept { return columns_; }

  /// Takes the doubles exactly.
  void set(const Matrix& values) {
    for (Index i = 0; i < values.rows(); ++i)
      for (Index j = 0; j < values.cols(); ++j) arb_set_d((*this)(i, j), values(i, j));
  }

 private:
  Balls entries_;
  Index columns_;
};

/// The midpoint rounded to double.
inline double nearest(arb_srcptr x) { return arf_get_d(arb_midref(x), ARF_RND_NEAR); }

/// M x or more, of any exponent. @pre M >= 0.
[[nodiscard]] std::vector<Bound> product_above(const Eigen::Ref<const Matrix>& M,
                                               const std::vector<Bound>& x);

/// M' x or more. @pre M >= 0.
[[nodiscard]] std::vector<Bound> transposed_product_above(const Eigen::Ref<const Matrix>& M,
                                                          const std::vector<Bound>& x);

}  // namespace tautrack::proof

#endif
