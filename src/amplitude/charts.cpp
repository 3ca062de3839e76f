#include "amplitude/charts.hpp"

#include <array>
#include <cassert>
#include <cmath>

namespace tautrack::amplitude {
namespace {

/// Terms of the series of tanh(sqrt z) / sqrt z, whose coefficients fall like (4 / pi^2)^n: what is left of it up to
/// the largest |z| is below rounding. Beyond, the closed form loses few digits.
constexpr std::size_t kTerms = 15;
constexpr double kLargest = 0.1;
/// More than 4 / pi^2 kLargest: bounds the ratio of a term to the one before.
constexpr double kRatio = 0.0406;

/// Coefficients of tanh(x) / x in x^2: (2 n + 1) a_n = -sum a_i a_(n-1-i), from tanh' = 1 - tanh^2.
std::array<Interval, kTerms> tanh_coefficients() {
  std::array<Interval, kTerms> a;
  a[0] = 1.0;
  for (std::size_t n = 1; n < kTerms; ++n) {
    Interval sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += a[i] * a[n - 1 - i];
    a[n] = -sum / Interval(static_cast<double>(2 * n + 1));
  }
  return a;
}

/// The same three at one number.
TanhRatio tanh_ratio_at(double z) {
  static const std::array<Interval, kTerms> a = tanh_coefficients();
  Interval value = 0.0, first = 0.0, second = 0.0;  // the last is half of the second derivative
  for (std::size_t n = kTerms; n-- > 0;) {
    second = second * z + first;
    first = first * z + value;
    value = value * z + a[n];
  }
  // tanh(sqrt z) / sqrt z is a sum of 2 / (z + q) over q = ((k - 1/2) pi)^2, so that |a_n| <= (4 / pi^2)^n, and what
  // follows the last term is at most twice the next one, in each derivative; these have n / z and n^2 / z^2 beside it.
  const double per_z = static_cast<double>(kTerms) / kLargest;
  const double rest = 2.0 * std::pow(kRatio, static_cast<double>(kTerms));
  return {proof::widened(value, rest), proof::widened(first, per_z * rest),
          proof::widened(2.0 * second, per_z * per_z * rest)};
}

/// The same for larger numbers, by z (tanh(sqrt z) / sqrt z)' = (1 - tanh^2 - tanh / sqrt z) / 2 and once more.
TanhRatio tanh_ratio_beyond(double z) {
  const Interval root = proof::sqrt(z);
  const Interval e = proof::exponential(-2.0 * root);
  const Interval tanh = (1.0 - e) / (1.0 + e);
  const Interval bend = 4.0 * e / proof::square(1.0 + e);  // 1 - tanh^2
  const Interval value = tanh / root;
  const Interval twice = 2.0 * Interval(z);
  const Interval first = (bend - value) / twice;
  return {value, first, -(bend * value + 3.0 * first) / twice};
}

}  // namespace

TanhRatio tanh_ratio(const Interval& z) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!(z.lower() >= -kLargest && z.upper() < infinity)) {
    const Interval anything(-infinity, infinity);
    return {anything, anything, anything};
  }
  const auto at = [](double end) {
    return end <= kLargest ? tanh_ratio_at(end) : tanh_ratio_beyond(end);
  };
  const TanhRatio low = at(z.lower());
  if (z.is_point()) return low;
  // Sums of 2 / (z + q): they fall, their slopes rise, the bends fall.
  const TanhRatio high = at(z.upper());
  return {proof::hull(high.value, low.value), proof::hull(low.first, high.first),
          proof::hull(high.second, low.second)};
}

}  // namespace tautrack::amplitude
