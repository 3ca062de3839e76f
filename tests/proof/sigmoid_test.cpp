#ifdef TAUTRACK_WITH_FLINT

#include "proof/sigmoid.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "network/traits.hpp"
#include "support/random_problem.hpp"

namespace {

using namespace tautrack;
using proof::Interval;
using proof::Real;
using support::Random;

constexpr Activation kActivations[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                                       Activation::erf};

/// sigma and its derivatives at a double, in balls of at least 200 good bits, from their definitions.
struct Reference {
  Real value, first, second, third;
  Real from_low, from_high;  ///< Distances to the ends of the range.
};

/// Far out 1 - tanh(u)^2 loses as many bits as it has zeros.
slong bits_at(double u) { return 300 + static_cast<slong>(4.0 * std::min(std::abs(u), 2000.0)); }

Reference reference(Activation activation, double at) {
  const slong bits = bits_at(at);
  arb_t x, y;
  arb_init(x);
  arb_init(y);
  arb_set_d(x, at);
  const Real u(x, bits);
  Reference s;
  switch (activation) {
    case Activation::tanh: {
      arb_tanh(y, x, bits);
      const Real t(y, bits);
      s.value = t;
      s.first = 1.0 - t * t;
      s.second = -2.0 * t * s.first;
      s.third = -2.0 * s.first * s.first - 2.0 * t * s.second;
      break;
    }
    case Activation::logistic: {
      arb_neg(y, x);
      arb_exp(y, y, bits);
      const Real sigma = 1.0 / (1.0 + Real(y, bits));
      s.value = sigma;
      s.first = sigma * (1.0 - sigma);
      s.second = s.first * (1.0 - 2.0 * sigma);
      s.third = s.second * (1.0 - 2.0 * sigma) - 2.0 * s.first * s.first;
      break;
    }
    case Activation::arctan: {
      arb_const_pi(y, bits);
      const Real c = Real(y, bits) / 2.0;
      const Real p = c * u;
      arb_atan(y, p.get(), bits);
      const Real q = 1.0 + p * p;
      s.value = Real(y, bits) / c;
      s.first = 1.0 / q;
      s.second = -2.0 * c * p / (q * q);
      s.third = 2.0 * c * c * (3.0 * p * p - 1.0) / (q * q * q);
      break;
    }
    case Activation::erf: {
      arb_const_pi(y, bits);
      const Real pi(y, bits);
      arb_sqrt(y, y, bits);
      const Real argument = u * Real(y, bits) / 2.0;
      arb_hypgeom_erf(y, argument.get(), bits);
      s.value = Real(y, bits);
      arb_exp(y, (-(argument * argument)).get(), bits);
      s.first = Real(y, bits);
      s.second = -(pi / 2.0 * u) * s.first;
      s.third = -(pi / 2.0) * s.first - pi / 2.0 * u * s.second;
      break;
    }
  }
  const proof::Sigmoid& form = traits(activation).form;
  s.from_low = s.value - form.end(true);
  s.from_high = form.end(false) - s.value;
  if (activation == Activation::erf) {
    // That loses too many.
    arb_const_pi(y, bits);
    arb_sqrt(y, y, bits);
    const Real argument = u * Real(y, bits) / 2.0;
    arb_hypgeom_erfc(x, argument.get(), bits);
    arb_hypgeom_erfc(y, (-argument).get(), bits);
    s.from_high = Real(x, bits);
    s.from_low = Real(y, bits);
  }
  arb_clear(x);
  arb_clear(y);
  return s;
}

const Real& distance_to_end(const Reference& s, bool negative) {
  return negative ? s.from_low : s.from_high;
}

bool is_good(const Real& exact) {
  return arb_rel_accuracy_bits(exact.get()) >= 200 || arb_is_zero(exact.get()) != 0;
}

/// Whether the exact number, which is known to 200 bits, may lie in the enclosure.
bool holds(const Interval& enclosure, const Real& exact) {
  const Real low = exact - enclosure.lower(), high = enclosure.upper() - exact;
  return arb_is_negative(low.get()) == 0 && arb_is_negative(high.get()) == 0;
}
bool holds(const Real& enclosure, const Real& exact) {
  return arb_overlaps(enclosure.get(), exact.get()) != 0;
}

/// |u| from zero and subnormal numbers to where everything has underflown.
std::vector<double> inputs() {
  std::vector<double> all{0.0, 5e-324, 1e-310, 1e-200, 1e-20};
  Random random(1);
  for (int k = 0; k < 60; ++k) all.push_back(std::pow(10.0, random.uniform(-9.0, 3.0)));
  for (int k = 0; k < 20; ++k) all.push_back(random.uniform(0.1, 5.0));
  for (std::size_t k = all.size(); k-- > 0;) all.push_back(-all[k]);
  return all;
}

/// Everything about one node input, in one arithmetic.
template <class S>
struct Enclosed {
  S distance, slope, second, third;
};
template <class S>
Enclosed<S> enclose(const proof::Sigmoid& form, bool negative, const S& u) {
  using proof::scaled;
  const proof::Tail<S> at = proof::tail_over(form, negative, u);
  const S v = scaled(form.height - at.distance, negative ? -1.0 : 1.0);
  return {at.distance, at.slope, bend(form, u, v, [&] { return u * at.slope; }) * at.slope,
          proof::third(form, u, at.slope) * at.slope};
}

template <class S>
void check_enclosure(const Enclosed<S>& enclosed, const Reference& s, bool negative) {
  CHECK(holds(enclosed.distance, distance_to_end(s, negative)));
  CHECK(holds(enclosed.slope, s.first));
  CHECK(holds(enclosed.second, s.second));
  CHECK(holds(enclosed.third, s.third));
}

}  // namespace

TEST_CASE("intervals around sigma and its derivatives hold them, near zero and in the tails") {
  for (const Activation activation : kActivations) {
    CAPTURE(to_string(activation));
    const proof::Sigmoid& form = traits(activation).form;
    for (const double u : inputs()) {
      CAPTURE(u);
      const Reference s = reference(activation, u);
      const bool negative = u < 0.0;
      REQUIRE(is_good(distance_to_end(s, negative)));
      REQUIRE(is_good(s.first));
      const Enclosed<Interval> enclosed = enclose(form, negative, Interval(u));
      check_enclosure(enclosed, s, negative);
      // exp() and erfc() magnify the error of their argument: units in the last place grow with it.
      const double x = form.input * std::abs(u);
      const double exponent = form.shape == proof::Shape::erf ? x * x : x;
      const double width = 0x1p-52 * (128.0 + 32.0 * std::min(exponent, 1e3));
      CHECK(proof::width_of(enclosed.distance) <= width * enclosed.distance.upper() + 0x1p-1016);
      CHECK(proof::width_of(enclosed.slope) <= width * enclosed.slope.upper() + 0x1p-1016);
      // As far as the end on the other side.
      const Interval other = proof::tail_over(form, !negative, Interval(u)).distance;
      CHECK(holds(other, distance_to_end(s, !negative)));
      CHECK(proof::width_of(other) <= 0x1p-44);
    }
  }
}

TEST_CASE("intervals hold sigma and its derivatives at all inputs between their ends") {
  Random random(2);
  for (const Activation activation : kActivations) {
    CAPTURE(to_string(activation));
    const proof::Sigmoid& form = traits(activation).form;
    for (int k = 0; k < 60; ++k) {
      const double centre = random.normal() * std::pow(10.0, random.uniform(-2.0, 1.5));
      const double radius = std::pow(10.0, random.uniform(-9.0, 1.0));
      const Interval u(centre - radius, centre + radius);
      const bool negative = centre < 0.0;
      const Enclosed<Interval> enclosed = enclose(form, negative, u);
      for (const double part : {0.0, 0.1, 0.5, 0.77, 1.0}) {
        const double at = std::clamp(u.lower() + part * 2.0 * radius, u.lower(), u.upper());
        check_enclosure(enclosed, reference(activation, at), negative);
      }
      // Nothing is lost to dependency in the first two.
      const Real largest =
          distance_to_end(reference(activation, negative ? u.upper() : u.lower()), negative);
      CHECK(enclosed.distance.upper() <= 1.0001 * proof::to_interval(largest).upper() + 1e-300);
    }
  }
}

TEST_CASE("balls around sigma and its derivatives hold them and are tight") {
  for (const Activation activation : kActivations) {
    CAPTURE(to_string(activation));
    const proof::Sigmoid& form = traits(activation).form;
    for (const double at : inputs()) {
      CAPTURE(at);
      const Reference s = reference(activation, at);
      const bool negative = at < 0.0;
      for (const slong precision : {64, 128}) {
        arb_t x;
        arb_init(x);
        arb_set_d(x, at);
        const Real u(x, precision);
        // The same with a radius.
        mag_set_d(arb_radref(x), 1e-3 * std::abs(at));
        const Real around(x, precision);
        arb_clear(x);
        const Enclosed<Real> enclosed = enclose(form, negative, u);
        check_enclosure(enclosed, s, negative);
        check_enclosure(enclose(form, negative, around), s, negative);
        const double size = std::abs(form.input * at);
        const double exponent = form.shape == proof::Shape::erf ? size * size : size;
        const slong good = precision - 8 - static_cast<slong>(std::log2(1.0 + exponent));
        CHECK(arb_rel_accuracy_bits(enclosed.distance.get()) >= good);
        CHECK(arb_rel_accuracy_bits(enclosed.slope.get()) >= good);
      }
    }
  }
}

TEST_CASE("lifted slopes, ratios of slopes and moments are bounded") {
  using proof::Shape;
  const auto exact_slope = [](Shape shape, double x) {
    return reference(shape == Shape::tanh     ? Activation::tanh
                     : shape == Shape::arctan ? Activation::arctan
                                              : Activation::erf,
                     x)
        .first;
  };
  Random random(3);
  for (const Shape shape : {Shape::tanh, Shape::arctan, Shape::erf}) {
    const double largest = shape == Shape::erf ? 30.0 : 600.0;
    double moment = 0.0;
    for (int k = 0; k < 100; ++k) {
      const double x = random.uniform(0.0, largest), z = random.uniform(0.0, largest);
      const Real at_x = exact_slope(shape, x), at_z = exact_slope(shape, z);
      const double lift = std::round(random.uniform(0.0, 300.0));
      arb_t power;
      arb_init(power);
      arb_set_d(power, lift);
      arb_exp(power, power, 400);
      CHECK(holds(proof::lifted_slope(shape, Interval(x), lift), at_x * Real(power, 400)));
      arb_clear(power);
      const auto ratio = proof::slope_ratio(shape, Interval(x), Interval(-z), Interval(x) - z);
      if (ratio) CHECK(holds(*ratio, at_x / at_z));
      CHECK((ratio || proof::log_slope(shape, x) - proof::log_slope(shape, z) > 250.0));
      const double u = 2.0 * k / 100.0;
      moment = std::max(moment, u * proof::middle(proof::to_interval(exact_slope(shape, u))));
    }
    CHECK(moment <= proof::largest_moment(shape));
    CHECK(moment >= 0.999 * proof::largest_moment(shape));
  }
}

TEST_CASE("the growth of derivatives is bounded over a range of inputs") {
  Random random(4);
  for (const Activation activation : kActivations) {
    CAPTURE(to_string(activation));
    const proof::Sigmoid& form = traits(activation).form;
    for (int k = 0; k < 50; ++k) {
      const double low = k % 3 == 0 ? 0.0 : std::pow(10.0, random.uniform(-2.0, 1.3));
      const double high = low + random.uniform(0.0, 3.0);
      const proof::Growth growth = proof::growth(form, proof::Bound(low), proof::Bound(high));
      for (const double part : {0.0, 0.3, 0.8, 1.0}) {
        const double u = std::min(low + part * (high - low), high);
        // Bounds are rounded up, so that the lower end may be a little more than asked for.
        if (part == 0.0 && low > 0.0) continue;
        const Reference s = reference(activation, u);
        CHECK(proof::Bound::below((s.second / s.first).get()) <= growth.second);
        CHECK(proof::Bound::below((s.third / s.first).get()) <= growth.third);
      }
    }
  }
}

#endif
