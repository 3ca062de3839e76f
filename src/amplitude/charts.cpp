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

EvenFunction even_function_at(Even function, double y) {
  static const std::array<std::array<double, kTerms>, 3> all{coefficients(0), coefficients(1),
                                                             coefficients(3)};
  const std::array<double, kTerms>& a = all[static_cast<std::size_t>(function)];
  double value = 0.0, first = 0.0;
  double second = 0.0, third = 0.0;  // half of the second derivative, a sixth of the third
  for (std::size_t k = kTerms; k-- > 0;) {
    third = third * y + second;
    second = second * y + first;
    first = first * y + value;
    value = value * y + a[k];
  }
  // No term is negative, so that all rounding, that of factorials (fewer than 2 kTerms + 3 products) among it, is
  // relative to the sums, and so is what is left out.
  constexpr double error =
      16.0 * static_cast<double>(kTerms) * std::numeric_limits<double>::epsilon();
  const auto around = [](double sum) { return proof::widened(sum, error * sum); };
  return {around(value), around(first), around(2.0 * second), around(6.0 * third)};
}

}  // namespace

EvenFunction even_function(Even function, const Interval& y) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!(y.lower() >= -kSquareRoom && y.upper() <= kLargestSquare + kSquareRoom)) {
    const Interval anything(-infinity, infinity);
    return {anything, anything, anything, anything};
  }
  const EvenFunction low = even_function_at(function, std::max(0.0, y.lower()));
  if (y.is_point()) return low;
  const EvenFunction high = even_function_at(function, std::max(0.0, y.upper()));
  return {proof::hull(low.value, high.value), proof::hull(low.first, high.first),
          proof::hull(low.second, high.second), proof::hull(low.third, high.third)};
}

}  // namespace tautrack::amplitude
