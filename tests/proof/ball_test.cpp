#ifdef TAUTRACK_WITH_FLINT

#include "proof/ball.hpp"

#include <algorithm>
#include <cmath>
#include <flint/fmpq.h>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "proof/real.hpp"
#include "proof/rounding.hpp"
#include "support/random_problem.hpp"

namespace {

using namespace tautrack;
using proof::Bound;
using proof::Real;
using support::Random;

/// A rational number.
class Exact {
 public:
  Exact() { fmpq_init(value_); }
  Exact(double value) : Exact() {
    arf_t x;
    arf_init(x);
    arf_set_d(x, value);
    arf_get_fmpq(value_, x);
    arf_clear(x);
  }
  explicit Exact(const Bound& bound) : Exact() { mag_get_fmpq(value_, bound.get()); }
  Exact(const Exact& other) : Exact() { fmpq_set(value_, other.value_); }
  Exact& operator=(const Exact& other) {
    fmpq_set(value_, other.value_);
    return *this;
  }
  ~Exact() { fmpq_clear(value_); }

  friend Exact operator+(const Exact& x, const Exact& y) { return of(fmpq_add, x, y); }
  friend Exact operator-(const Exact& x, const Exact& y) { return of(fmpq_sub, x, y); }
  friend Exact operator*(const Exact& x, const Exact& y) { return of(fmpq_mul, x, y); }
  friend Exact operator/(const Exact& x, const Exact& y) { return of(fmpq_div, x, y); }
  friend bool operator<=(const Exact& x, const Exact& y) {
    return fmpq_cmp(x.value_, y.value_) <= 0;
  }
  [[nodiscard]] const fmpq* get() const { return value_; }

 private:
  using Operation = void (*)(fmpq_t, const fmpq_t, const fmpq_t);
  static Exact of(Operation operation, const Exact& x, const Exact& y) {
    Exact result;
    operation(result.value_, x.value_, y.value_);
    return result;
  }
  fmpq_t value_;
};

/// Numbers >= 0 of all sizes, zero and subnormal ones among them.
double any_size(Random& random) {
  switch (random.integer(0, 5)) {
    case 0:
      return 0.0;
    case 1:
      return std::numeric_limits<double>::denorm_min() * static_cast<double>(random.integer(1, 9));
    case 2:
      return std::numeric_limits<double>::max() * random.uniform(0.5, 1.0);
    case 3:
      return random.uniform(0.0, 2.0);
    default:
      return std::pow(10.0, random.uniform(-300.0, 300.0));
  }
}

/// Bounds have 30 bits: a few units in the last of them.
constexpr double kMagnitudeBits = 0x1p-26;

void check_above(const Bound& computed, const Exact& exact) {
  CHECK(exact <= Exact(computed));
  CHECK(Exact(computed) <= exact * Exact(1.0 + kMagnitudeBits));
}
void check_below(const Bound& computed, const Exact& exact) {
  CHECK(Exact(computed) <= exact);
  CHECK(exact <= Exact(computed) * Exact(1.0 + kMagnitudeBits));
}

/// What a ball holds beside its midpoint is at most this many units in the last place.
void check_ball(const Real& computed, const Exact& exact) {
  CHECK(arb_contains_fmpq(computed.get(), exact.get()) != 0);
  CHECK(arb_rel_accuracy_bits(computed.get()) >= computed.precision() - 2);
}

}  // namespace

TEST_CASE("upper bounds are at least the exact results, lower ones at most") {
  Random random(1);
  for (int k = 0; k < 4000; ++k) {
    const double a = any_size(random), b = any_size(random);
    CAPTURE(a);
    CAPTURE(b);
    const Bound x(a), y(b);
    const Exact p(x), q(y);
    check_above(x, Exact(a));
    check_above(x + y, p + q);
    check_above(x * y, p * q);
    Bound sum = x;
    sum += y;
    check_above(sum, p + q);
    sum = x;
    sum.add_product(y, y);
    check_above(sum, p + q * q);
    if (b > 0.0) {
      check_above(x / y, p / q);
      check_below(quotient_below(x, y), p / q);
    }
    check_below(product_below(x, y), p * q);
    const Bound root = square_root(x), root_below = square_root_below(x);
    CHECK(p <= Exact(root) * Exact(root));
    CHECK(Exact(root) * Exact(root) <= p * Exact(1.0 + 4.0 * kMagnitudeBits));
    CHECK(Exact(root_below) * Exact(root_below) <= p);
    CHECK(p <= Exact(root_below) * Exact(root_below) * Exact(1.0 + 4.0 * kMagnitudeBits));
    // A difference may lose all, but never claims too much.
    const Bound difference = difference_below(x, y);
    CHECK(Exact(difference) <= (p <= q ? Exact() : p - q));
    if (q * Exact(2.0) <= p) check_below(difference, p - q);
    CHECK((x < y) == !(q <= p));
    CHECK((x <= y) == (p <= q));
    CHECK(Exact(x.times_power_of_two(-1500)) * Exact(0x1p1000) * Exact(0x1p500) <= p);
    CHECK(p <= Exact(x.times_power_of_two(-1500)) * Exact(0x1p1000) * Exact(0x1p500));
    const double back = x.above_as_double();
    if (std::isfinite(back)) CHECK(p <= Exact(back));
  }
  CHECK_FALSE(Bound::infinity().is_finite());
  CHECK_FALSE((Bound::infinity() * Bound(2.0)).is_finite());
  CHECK_FALSE((Bound(1.0) / Bound()).is_finite());
  CHECK(Bound().is_zero());
  CHECK(Bound::power_of_two(5000).above_as_double() == std::numeric_limits<double>::infinity());
  CHECK(Bound::power_of_two(-5000).above_as_double() > 0.0);
}

TEST_CASE("bounds of products with matrices are at least the exact ones, whatever the exponents") {
  Random random(2);
  for (int k = 0; k < 100; ++k) {
    const Index rows = random.integer(1, 6), columns = random.integer(1, 6);
    Matrix M(rows, columns);
    for (double& entry : M.reshaped())
      entry = random.integer(0, 4) == 0 ? 0.0 : std::pow(10.0, random.uniform(-8.0, 8.0));
    const slong far = k % 3 == 0 ? 0 : random.integer(-9000, 9000);
    std::vector<Bound> x;
    for (Index j = 0; j < columns; ++j)
      x.push_back(Bound(random.uniform(0.0, 3.0)).times_power_of_two(far + random.integer(-40, 1)));
    const std::vector<Bound> product = proof::product_above(M, x);
    const std::vector<Bound> transposed = proof::transposed_product_above(M.transpose(), x);
    REQUIRE(product.size() == static_cast<std::size_t>(rows));
    for (Index i = 0; i < rows; ++i) {
      Exact exact;
      for (Index j = 0; j < columns; ++j)
        exact = exact + Exact(M(i, j)) * Exact(x[static_cast<std::size_t>(j)]);
      CHECK(exact <= Exact(product[static_cast<std::size_t>(i)]));
      CHECK(exact <= Exact(transposed[static_cast<std::size_t>(i)]));
      if (exact <= Exact()) continue;  // there is room for underflow
      CHECK(Exact(product[static_cast<std::size_t>(i)]) <= exact * Exact(1.0 + kMagnitudeBits));
    }
  }
}

TEST_CASE("operations on balls contain the exact results and are tight") {
  Random random(3);
  for (int k = 0; k < 2000; ++k) {
    const auto any = [&] { return (random.integer(0, 2) == 0 ? -1.0 : 1.0) * any_size(random); };
    const double a = any(), b = any();
    CAPTURE(a);
    CAPTURE(b);
    const slong precision = k % 2 == 0 ? 64 : 200;
    arb_t exact_a;
    arb_init(exact_a);
    arb_set_d(exact_a, a);
    const Real x(exact_a, precision), y(b);
    arb_clear(exact_a);
    CHECK((x + y).precision() == precision);
    check_ball(x + y, Exact(a) + Exact(b));
    check_ball(x - y, Exact(a) - Exact(b));
    check_ball(x * y, Exact(a) * Exact(b));
    check_ball(-x, Exact(0.0) - Exact(a));
    check_ball(square(x), Exact(a) * Exact(a));
    check_ball(scaled(x, -0.25), Exact(a) * Exact(-0.25));
    if (b != 0.0) check_ball(x / y, Exact(a) / Exact(b));
    Real sum = x;
    sum += y;
    check_ball(sum, Exact(a) + Exact(b));
    // Balls with a radius contain what comes of every member.
    const double c = a * random.uniform(0.5, 1.0);
    Real wide = x;
    if (std::isfinite(c)) {
      arb_t both;
      arb_init(both);
      arb_set_d(both, c);
      arb_union(both, both, x.get(), precision);
      wide = Real(both, precision);
      arb_clear(both);
    }
    for (const double member : {a, c}) {
      CHECK(arb_contains_fmpq((wide * y - wide).get(),
                              (Exact(member) * Exact(b) - Exact(member)).get()) != 0);
    }
    const proof::Interval interval = proof::to_interval(wide);
    for (const double member : {a, c}) {
      CHECK(interval.lower() <= member);
      CHECK(interval.upper() >= member);
    }
    CHECK(proof::nearest(x.get()) == a);
  }
}

#endif
