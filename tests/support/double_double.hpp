#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace tautrack::support {

/// A sum of two doubles that do not overlap: about 31 digits (errors of single operations below 1e-31 relative), the
/// range of double. Where a result falls below 1e-290, it loses digits. (T. J. Dekker, A floating-point technique for
/// extending the available precision, 1971.)
struct DoubleDouble {
  double high = 0.0;
  double low = 0.0;
  constexpr DoubleDouble() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a double is one.
  constexpr DoubleDouble(double value) : high(value) {}
  constexpr DoubleDouble(double larger, double smaller) : high(larger), low(smaller) {}
  constexpr explicit operator double() const { return high; }
};

namespace double_double {

/// larger + smaller exactly, |larger| >= |smaller|.
[[gnu::always_inline]] inline DoubleDouble normalised(double larger, double smaller) {
  const double sum = larger + smaller;
  return {sum, smaller - (sum - larger)};
}

/// a + b exactly.
[[gnu::always_inline]] inline DoubleDouble exact_sum(double a, double b) {
  const double sum = a + b;
  const double part = sum - a;
  return {sum, (a - (sum - part)) + (b - part)};
}

/// a b exactly; the factors below 1e300.
[[gnu::always_inline]] inline DoubleDouble exact_product(double a, double b) {
#ifdef __FMA__
  const double product = a * b;
  return {product, std::fma(a, b, -product)};
#else
  constexpr double kSplit = 134217729.0;  // 2^27 + 1: halves of 26 bits, whose products are exact
  const double product = a * b;
  const double a_far = kSplit * a;
  const double a_high = a_far - (a_far - a);
  const double a_low = a - a_high;
  const double b_far = kSplit * b;
  const double b_high = b_far - (b_far - b);
  const double b_low = b - b_high;
  return {product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low};
#endif
}

}  // namespace double_double

[[gnu::always_inline]] inline DoubleDouble operator-(const DoubleDouble& a) {
  return {-a.high, -a.low};
}
[[gnu::always_inline]] inline DoubleDouble operator+(const DoubleDouble& a, const DoubleDouble& b) {
  // Both halves exactly: with opposite signs a single correction would lose the digits of `low`.
  const DoubleDouble high = double_double::exact_sum(a.high, b.high);
  const DoubleDouble low = double_double::exact_sum(a.low, b.low);
  const DoubleDouble sum = double_double::normalised(high.high, high.low + low.high);
  return double_double::normalised(sum.high, sum.low + low.low);
}
[[gnu::always_inline]] inline DoubleDouble operator-(const DoubleDouble& a, const DoubleDouble& b) {
  return a + (-b);
}
[[gnu::always_inline]] inline DoubleDouble operator*(const DoubleDouble& a, const DoubleDouble& b) {
  const DoubleDouble product = double_double::exact_product(a.high, b.high);
  return double_double::normalised(product.high, product.low + (a.high * b.low + a.low * b.high));
}
inline DoubleDouble operator/(const DoubleDouble& a, const DoubleDouble& b) {
  const double first = a.high / b.high;
  const DoubleDouble rest = a - b * first;
  const double second = rest.high / b.high;
  const DoubleDouble last = rest - b * second;
  return double_double::normalised(first, second) + last.high / b.high;
}
[[gnu::always_inline]] inline DoubleDouble& operator+=(DoubleDouble& a, const DoubleDouble& b) {
  return a = a + b;
}
[[gnu::always_inline]] inline DoubleDouble& operator-=(DoubleDouble& a, const DoubleDouble& b) {
  return a = a - b;
}

/// Of a >= 0: one step of Newton's method from the double root.
inline DoubleDouble square_root(const DoubleDouble& a) {
  if (a.high == 0.0) return 0.0;
  const double root = std::sqrt(a.high);
  const DoubleDouble rest = a - double_double::exact_product(root, root);
  return double_double::normalised(root, rest.high / (2.0 * root));
}

/// e^a, 0 where it is below 1e-280 (and digits would be lost); a < 600.
inline DoubleDouble exponential(const DoubleDouble& a) {
  constexpr double kSmallest = -644.7;  // log 1e-280
  constexpr DoubleDouble kLog2{0.6931471805599453, 2.3190468138462996e-17};
  constexpr int kHalvings = 9;  // argument below 7e-4: ten terms of the series
  constexpr std::size_t kTerms = 10;
  if (a.high < kSmallest) return 0.0;
  const double doublings = std::nearbyint(a.high / kLog2.high);
  const DoubleDouble rest = a - kLog2 * doublings;
  const DoubleDouble part{std::ldexp(rest.high, -kHalvings), std::ldexp(rest.low, -kHalvings)};
  static const auto kInverse = [] {
    std::array<DoubleDouble, kTerms> inverse;
    for (std::size_t k = 0; k < kTerms; ++k)
      inverse[k] = DoubleDouble(1.0) / static_cast<double>(k + 1);
    return inverse;
  }();
  DoubleDouble minus_one;  // e^part - 1 by Horner's rule
  for (std::size_t k = kTerms; k-- > 0;) minus_one = part * kInverse[k] * (minus_one + 1.0);
  // e^2x - 1 = (e^x - 1) (e^x + 1): without cancellation
  for (int k = 0; k < kHalvings; ++k) minus_one = minus_one * (minus_one + 2.0);
  const DoubleDouble result = minus_one + 1.0;
  const int exponent = static_cast<int>(doublings);
  return {std::ldexp(result.high, exponent), std::ldexp(result.low, exponent)};
}

}  // namespace tautrack::support
