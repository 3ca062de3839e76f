#include "amplitude/levels.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace tautrack::amplitude {
namespace {

/// Bits of the range of the values that are kept when gaps are made equal: far below the rounding of the
/// values, and so few that all sums of gaps are exact.
constexpr int kGapBits = 48;
/// Gaps that differ by at most so many units in the last place of the largest value are meant to be equal.
constexpr double kSameGap = 4.0;

/// Whether a - b is a double.
bool is_exact_difference(double a, double b) {
  const double difference = a - b, back = difference - a;
  return (a - (difference - back)) - (b + back) == 0.0;  // Knuth's error of a sum
}

/// A sum of doubles without rounding, as doubles that do not overlap (Shewchuk, Discrete Comput. Geom. 18, 1997).
class ExactSum {
 public:
  void add_product(double x, double y) {
    const double product = x * y;
    add(product);
    add(std::fma(x, y, -product));
    // Errors of products smaller than this may be lost.
    is_exact_ = is_exact_ && std::isfinite(product) &&
                (x == 0.0 || y == 0.0 || std::abs(product) > kLeastProduct);
  }

  /// False, too, where something was lost.
  [[nodiscard]] bool is_zero() const {
    return is_exact_ &&
           std::all_of(parts_.begin(), parts_.end(), [](double part) { return part == 0.0; });
  }

 private:
  static constexpr double kLeastProduct = 0x1p-900;

  void add(double x) {
    std::size_t kept = 0;
    for (const double part : parts_) {
      const double sum = x + part, back = sum - x;
      const double error = (x - (sum - back)) + (part - back);
      if (error != 0.0) parts_[kept++] = error;
      x = sum;
    }
    parts_.resize(kept);
    parts_.push_back(x);
  }

  std::vector<double> parts_;  ///< By size; the sum of all.
  bool is_exact_ = true;
};

/// Gaps of fewer units of what is kept are left as they are: rounding them to it would change their ratio.
constexpr double kLeastGap = 0x1p16;

/// A power of two of at least this size.
double power_of_two(double size) {
  return size > 0.0 ? std::exp2(std::ceil(std::log2(size))) : 1.0;
}

/// Makes gaps that are equal but for rounding equal, by moving the values a little. False, and nothing done, where
/// that is not possible exactly.
bool equalise_gaps(std::vector<double>& values) {
  const std::size_t count = values.size() - 1;
  const double range = values.back() - values.front();
  const double largest = std::max(std::abs(values.front()), std::abs(values.back()));
  const double same = kSameGap * std::numeric_limits<double>::epsilon() * largest;
  std::vector<double> gaps(count);
  bool any = false;
  for (std::size_t j = 0; j < count; ++j) {
    gaps[j] = values[j + 1] - values[j];
    any = any || !is_exact_difference(values[j + 1], values[j]);
  }
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return gaps[a] < gaps[b]; });
  const double unit = power_of_two(range) * std::exp2(-kGapBits);
  // Sums of multiples of `unit` are exact up to this.
  if (!(largest + range < unit * std::exp2(52))) return false;
  if (gaps[order.front()] < kLeastGap * unit) return false;
  for (std::size_t k = 0; k < count;) {
    std::size_t end = k + 1;
    while (end < count && gaps[order[end]] - gaps[order[k]] <= same) ++end;
    const double middle = 0.5 * (gaps[order[k]] + gaps[order[end - 1]]);
    if (end - k > 1 && gaps[order[k]] != gaps[order[end - 1]]) any = true;
    for (std::size_t i = k; i < end; ++i) gaps[order[i]] = std::round(middle / unit) * unit;
    k = end;
  }
  if (!any) return false;
  values[0] = std::round(values[0] / unit) * unit;
  for (std::size_t j = 0; j < count; ++j) values[j + 1] = values[j] + gaps[j];
  return true;
}

}  // namespace

Levels::Levels(std::vector<double> values, const std::vector<double>& targets,
               std::vector<double> weights, const double* low, const std::optional<ZeroLevel>& zero)
    : value(std::move(values)),
      target(targets),
      weight(std::move(weights)),
      free_offset(low == nullptr && !zero),
      is_half(zero.has_value()),
      zero_weight(zero && low == nullptr ? zero->weight : 0.0),
      repeats_zero(zero && zero->target == targets.front()),
      zero_is_known(zero && low != nullptr && zero->target == *low),
      beside_(zero && low != nullptr ? zero->weight : 0.0) {
  const std::size_t J = value.size();
  assert(J >= 2 && targets.size() == J && weight.size() == J);
  const std::vector<double> given = value;
  if (equalise_gaps(value))
    for (std::size_t j = 0; j < J; ++j) moved = std::max(moved, std::abs(value[j] - given[j]));
  centre = 0.5 * value.front() + 0.5 * value.back();
  scale = std::max(value.back() - centre, centre - value.front());
  for (std::size_t j = 0; j < J; ++j) x.push_back((Interval(value[j]) - centre) / Interval(scale));
  const double unit = power_of_two(scale);
  for (std::size_t j = 0; j + 1 < J; ++j) {
    gap.push_back((value[j + 1] - value[j]) / unit);
    gaps_are_exact = gaps_are_exact && is_exact_difference(value[j + 1], value[j]);
  }
  Interval shift = low != nullptr ? Interval(*low) : Interval(0.0);
  if (low == nullptr) {
    Interval sum = zero ? Interval(zero->target) * zero->weight : Interval(0.0);
    Interval total = zero_weight;
    for (std::size_t j = 0; j < J; ++j) {
      sum += Interval(targets[j]) * weight[j];
      total += weight[j];
    }
    shift = sum / total;
  }
  for (std::size_t j = 0; j + 1 < J; ++j) repeats.push_back(targets[j] == targets[j + 1]);
  double largest = 0.0;
  for (std::size_t j = 0; j < J; ++j) {
    is_on_plateau.push_back(low != nullptr && targets[j] == *low);
    y.push_back(is_on_plateau.back() ? Interval(0.0) : Interval(targets[j]) - shift);
    largest = std::max(largest, proof::magnitude(y.back()));
  }
  if (zero) {
    zero_y = zero_is_known ? Interval(0.0) : Interval(zero->target) - shift;
    largest = std::max(largest, proof::magnitude(zero_y));
  }
  target_scale = power_of_two(largest);
  if (!zero_is_known) zero_y *= 1.0 / target_scale;
  for (std::size_t j = 0; j < J; ++j)
    if (!is_on_plateau[j]) y[j] *= 1.0 / target_scale;
}

bool Levels::is_at_mean(std::size_t level, std::size_t from, std::size_t to) const {
  ExactSum sum;
  for (std::size_t j = from; j < to; ++j) {
    sum.add_product(weight[j], target[level]);
    sum.add_product(weight[j], -target[j]);
  }
  return sum.is_zero();
}

Levels Levels::mirrored() const {
  assert(zero_weight == 0.0);
  Levels other = *this;
  for (double& v : other.value) v = -v;
  for (Interval& v : other.x) v = -v;
  std::reverse(other.value.begin(), other.value.end());
  std::reverse(other.x.begin(), other.x.end());
  std::reverse(other.target.begin(), other.target.end());
  std::reverse(other.y.begin(), other.y.end());
  std::reverse(other.is_on_plateau.begin(), other.is_on_plateau.end());
  std::reverse(other.repeats.begin(), other.repeats.end());
  std::reverse(other.weight.begin(), other.weight.end());
  std::reverse(other.gap.begin(), other.gap.end());
  other.centre = -centre;
  return other;
}

Levels Levels::falling() const {
  assert(beside_ > 0.0);
  Levels other = mirrored();
  other.top_weight = beside_;
  return other;
}

}  // namespace tautrack::amplitude
