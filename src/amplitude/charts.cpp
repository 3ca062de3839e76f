#include "amplitude/charts.hpp"

#include <array>
#include <limits>

namespace tautrack::amplitude {
namespace {

/// Terms of the series y^k / (2 k + m)!: what is left out at the largest y is below the error that is allowed for.
constexpr std::size_t kTerms = 13;
constexpr double kLargestSquare = kGentleSlope * kGentleSlope;
/// Room for the rounding of w^2 x^2, whose largest value is that.
constexpr double kSquareRoom = 1e-9;

/// 1 / (2 k + m)!
std::array<double, kTerms> coefficients(std::size_t m) {
  std::array<double, kTerms> a{};
  double factorial = 1.0;
  std::size_t n = 1;
  for (std::size_t k = 0; k < kTerms; ++k) {
    for (; n <= 2 * k + m; ++n) factorial *= static_cast<double>(n);
    a[k] = 1.0 / factorial;
  }
  return a;
}

/// Of the series of a function.
const std::array<double, kTerms>& coefficients_of(Even function) {
  static const std::array<std::array<double, kTerms>, 3> all{coefficients(0), coefficients(1),
                                                             coefficients(3)};
  return all[static_cast<std::size_t>(function)];
}

/// No term is negative, so that all rounding, that of factorials (fewer than 2 kTerms + 3 products) among it, is
/// relative to the sums, and so is what is left out.
Interval around_sum(double sum) {
  constexpr double error =
      16.0 * static_cast<double>(kTerms) * std::numeric_limits<double>::epsilon();
  return proof::widened(sum, error * sum);
}

bool is_in_domain(const Interval& y) {
  return y.lower() >= -kSquareRoom && y.upper() <= kLargestSquare + kSquareRoom;
}

constexpr Interval kAnything{-std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::infinity()};

EvenFunction even_function_at(Even function, double y) {
  const std::array<double, kTerms>& a = coefficients_of(function);
  double value = 0.0, first = 0.0, second = 0.0;  // the last is half of the second derivative
  for (std::size_t k = kTerms; k-- > 0;) {
    second = second * y + first;
    first = first * y + value;
    value = value * y + a[k];
  }
  return {around_sum(value), around_sum(first), around_sum(2.0 * second)};
}

Interval third_of_even_at(Even function, double y) {
  const std::array<double, kTerms>& a = coefficients_of(function);
  double sum = 0.0;
  for (std::size_t k = kTerms; k-- > 3;)
    sum = sum * y + static_cast<double>(k * (k - 1) * (k - 2)) * a[k];
  return around_sum(sum);
}

}  // namespace

EvenFunction even_function(Even function, const Interval& y) {
  if (!is_in_domain(y)) return {kAnything, kAnything, kAnything};
  const EvenFunction low = even_function_at(function, std::max(0.0, y.lower()));
  if (y.is_point()) return low;
  const EvenFunction high = even_function_at(function, std::max(0.0, y.upper()));
  return {proof::hull(low.value, high.value), proof::hull(low.first, high.first),
          proof::hull(low.second, high.second)};
}

Interval third_of_even(Even function, const Interval& y) {
  if (!is_in_domain(y)) return kAnything;
  return proof::hull(third_of_even_at(function, std::max(0.0, y.lower())),
                     third_of_even_at(function, std::max(0.0, y.upper())));
}

}  // namespace tautrack::amplitude
