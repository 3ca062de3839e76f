// Where tails are said to be empty, the two equations have no common zero: at places of the half point and slopes from
// there on, in long doubles, by the signs of members of their span.

#include "amplitude/tails.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include "amplitude/levels.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace tails_test {

using namespace tautrack;
using namespace tautrack::amplitude;
using support::Random;

namespace {

/// What is known of the low plateau, with a level at minus infinity or without one.
enum class Low { free, known, observed, known_and_falling };

Levels random_levels(Random& random, Low kind, bool is_flat) {
  const bool free_offset = kind == Low::free || kind == Low::observed;
  const Index J = random.integer(free_offset ? 4 : 3, 9);
  const bool even = random.uniform(0.0, 1.0) < 0.5;
  std::vector<double> x, y, weights;
  double at = random.uniform(-2.0, 2.0);
  const double half = random.uniform(0.0, static_cast<double>(J));
  const double noise = random.uniform(0.0, 1.0) < 0.5 ? 0.1 : 1.0;
  for (Index j = 0; j < J; ++j) {
    x.push_back(at);
    at += even ? 1.0 : std::exp(random.uniform(-1.5, 1.0));
    y.push_back(noise * random.normal() + (static_cast<double>(j) > half ? 1.0 : 0.0));
    weights.push_back(even ? 1.0 : random.uniform(0.5, 3.0));
  }
  const double low = -0.2;
  // Some targets on the known plateau, exactly.
  if (!free_offset && random.uniform(0.0, 1.0) < 0.5)
    for (double& target : y)
      if (target < 0.1) target = low;
  // Of thirds between 0 and 1: whole sides have one target.
  if (is_flat)
    for (double& target : y)
      target = std::clamp(std::round(3.0 * (1.6 * target - 0.3)) / 3.0, 0.0, 1.0);
  if (!free_offset && is_flat)
    for (double& target : y)
      if (target < 0.1) target = low;
  if (kind == Low::observed || kind == Low::known_and_falling) {
    ZeroLevel zero{random.uniform(0.0, 1.0), random.uniform(0.5, 9.0)};
    // With the first level it is a side that has one target.
    if (is_flat && random.uniform(0.0, 1.0) < 0.5) zero.target = y.front();
    const Levels levels{x, y, weights, free_offset ? nullptr : &low, zero};
    return free_offset ? levels : levels.falling();
  }
  const Levels levels{x, y, weights, free_offset ? nullptr : &low};
  return random.uniform(0.0, 1.0) < 0.5 ? levels.mirrored() : levels;
}

/// For targets that whole sides share: residuals there are squares of what is small, and differences of numbers that are not.
using Precise = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<160>,
                                              boost::multiprecision::et_off>;

template <class Long>
Long place(const Levels& levels, std::size_t j) {
  return (static_cast<Long>(levels.value[j]) - levels.centre) / levels.scale;
}

/// Residuals of the best plateaus, and log sigma', of the curve with this slope and input of the pivot.
template <class Long>
struct At {
  std::vector<Long> residual, log_slope;
};

template <class Long>
At<Long> curve_at(const Levels& levels, std::size_t pivot, Long w, Long input) {
  const std::size_t J = levels.size();
  using std::abs, std::exp, std::log1p;
  At<Long> at;
  // Relative to the largest where all are small, and from one where all are nearly that.
  std::vector<Long> u, phi;
  for (std::size_t j = 0; j < J; ++j)
    u.push_back(input + w * (place<Long>(levels, j) - place<Long>(levels, pivot)));
  const Long top = u.back();
  const bool is_scaled = top < 0.0L && levels.top_weight == 0.0;
  const bool from_one = levels.free_offset && u.front() > 0.0L;
  for (const Long& v : u) {
    phi.push_back(from_one    ? -exp(u.front() - v) / (1.0L + exp(-v))
                  : is_scaled ? exp(v - top) / (1.0L + exp(v))
                              : 1.0L / (1.0L + exp(-v)));
    at.log_slope.push_back(-abs(v) - 2.0L * log1p(exp(-abs(v))));
  }
  std::vector<Long> y;
  for (const Interval& v : levels.y) y.push_back(0.5L * v.lower() + 0.5L * v.upper());
  // At minus infinity sigma is 0, at infinity 1.
  const Long zero = 0.5L * levels.zero_y.lower() + 0.5L * levels.zero_y.upper();
  const Long zero_weight = levels.zero_weight, top_weight = levels.top_weight;
  Long mean = 0.0L, mean_y = zero_weight * zero, total = zero_weight;
  for (std::size_t j = 0; j < J; ++j) {
    total += levels.weight[j];
    mean += levels.weight[j] * phi[j];
    mean_y += levels.weight[j] * y[j];
  }
  const bool is_known = levels.has_known_offset();
  mean = is_known ? Long(0.0L) : mean / total;
  mean_y = is_known ? Long(0.0L) : mean_y / total;
  Long product = zero_weight * -mean * (zero - mean_y) + top_weight * zero;
  Long size = zero_weight * mean * mean + top_weight;
  for (std::size_t j = 0; j < J; ++j) {
    product += levels.weight[j] * (phi[j] - mean) * (y[j] - mean_y);
    size += levels.weight[j] * (phi[j] - mean) * (phi[j] - mean);
  }
  for (std::size_t j = 0; j < J; ++j)
    at.residual.push_back(y[j] - mean_y - product / size * (phi[j] - mean));
  // A level that has a plateau for itself follows it: its residual is small of higher order, and rounding above. The
  // residual is orthogonal to c - c_pivot t, c = 1 - sigma or sigma, t = sigma' over that of the pivot.
  const bool follows_low = pivot == 1 && levels.free_offset,
             follows_high = pivot + 2 == J && levels.top_weight == 0.0;
  if (follows_low || follows_high) {
    const std::size_t single = follows_low ? 0 : J - 1;
    const auto part = [&](std::size_t j) {
      const auto c = [&](Long v) { return 1.0L / (1.0L + exp(follows_low ? v : -v)); };
      return levels.weight[j] *
             (c(u[j]) - c(u[pivot]) * exp(at.log_slope[j] - at.log_slope[pivot]));
    };
    Long sum = 0.0L;
    for (std::size_t j = 0; j < J; ++j)
      if (j != single && j != pivot) sum += part(j) * at.residual[j];
    at.residual[single] = -sum / part(single);
  }
  return at;
}

/// <r, sigma' (x - x_k)> relative to the sum of the sizes of its terms.
template <class Long>
Long value_without(const Levels& levels, const At<Long>& at, std::size_t k) {
  using std::abs, std::exp;
  Long largest(-1e300);
  for (std::size_t j = 0; j < levels.size(); ++j)
    if (j != k) largest = std::max(largest, at.log_slope[j]);
  Long sum = 0.0L, size = 0.0L;
  for (std::size_t j = 0; j < levels.size(); ++j) {
    if (j == k) continue;
    const Long term = levels.weight[j] * at.residual[j] * exp(at.log_slope[j] - largest) *
                      (place<Long>(levels, j) - place<Long>(levels, k));
    sum += term;
    size += abs(term);
  }
  return sum / size;
}

/// Its sign, or 0 where it is rounding.
template <class Long>
int sign_without(const Levels& levels, const At<Long>& at, std::size_t k) {
  using std::abs;
  const Long value = value_without(levels, at, k);
  if (abs(value) < 1e-13L) return 0;
  return value > 0.0L ? 1 : -1;
}

/// Signs of the two equations at a slope and input: of the combination without the nearest other level and of the one
/// without the pivot; both zero at a stationary curve.
template <class Long>
std::array<int, 2> signs_at(const Levels& levels, std::size_t pivot, std::size_t other, Long w,
                            Long input) {
  const At<Long> at = curve_at<Long>(levels, pivot, w, input);
  return {sign_without(levels, at, other), sign_without(levels, at, pivot)};
}

/// A tail as a square: slopes w = from 100^s, inputs of the pivot from zero to the middle between the levels.
template <class Long>
struct Tail {
  const Levels& levels;
  std::size_t pivot, other;
  bool goes_right, is_outside;
  Long from;

  [[nodiscard]] std::array<int, 2> signs(Long s, Long t) const {
    using std::abs, std::pow;
    const Long w = from * pow(Long(100.0), s);
    const Long gap = abs(place<Long>(levels, other) - place<Long>(levels, pivot));
    // Outside until nothing changes any more; denser near the pivot.
    const Long size = (is_outside ? 40.0L : 0.5L * w * gap) * t * t;
    return signs_at(levels, pivot, other, w, goes_right ? -size : size);
  }

  /// Whether in some cell of a grid both equations change their signs, and, so often again, in some cell of a grid of
  /// that cell.
  [[nodiscard]] bool has_common_zero(Long s, Long t, Long ds, Long dt, int rows, int columns,
                                     int depth) const {
    std::vector<std::vector<std::array<int, 2>>> grid;
    for (int i = 0; i <= rows; ++i) {
      grid.emplace_back();
      for (int k = 0; k <= columns; ++k)
        grid.back().push_back(
            signs(s + ds * static_cast<Long>(i) / rows, t + dt * static_cast<Long>(k) / columns));
    }
    for (std::size_t i = 0; i + 1 < grid.size(); ++i)
      for (std::size_t k = 0; k + 1 < grid[i].size(); ++k) {
        bool both = true;
        for (std::size_t n = 0; n < 2; ++n) {
          const std::array<int, 4> corner{grid[i][k][n], grid[i + 1][k][n], grid[i][k + 1][n],
                                          grid[i + 1][k + 1][n]};
          const auto has = [&](int sign) {
            return std::find(corner.begin(), corner.end(), sign) != corner.end();
          };
          both = both && has(1) && has(-1);
        }
        if (!both) continue;
        if (depth == 0) return true;
        const Long next_s = ds / rows, next_t = dt / columns;
        if (has_common_zero(s + next_s * static_cast<Long>(i), t + next_t * static_cast<Long>(k),
                            next_s, next_t, 4, 4, depth - 1))
          return true;
      }
    return false;
  }
};

/// The tail of a pivot on a side, and which level is next to it there.
template <class Long>
Tail<Long> tail_of(const Levels& levels, std::size_t pivot, Side side, double from) {
  const bool goes_right = side == Side::beyond;
  const bool is_outside = goes_right ? pivot + 1 == levels.size() : pivot == 0;
  const std::size_t other = goes_right == is_outside ? pivot - 1 : pivot + 1;
  return {levels, pivot, other, goes_right, is_outside, from};
}

bool has_common_zero(const Levels& levels, std::size_t pivot, Side side, double from) {
  return tail_of<long double>(levels, pivot, side, from)
      .has_common_zero(0.0L, 0.0L, 1.0L, 1.0L, 20, 32, 5);
}

/// The root of a function that changes its sign between these numbers: bisection, then the rule of Illinois.
template <class Function>
Precise root_between(const Function& f, Precise low, Precise high) {
  Precise at_low = f(low), at_high = f(high);
  for (int step = 0; step < 12; ++step) {
    const Precise middle = (low + high) / 2;
    const Precise value = f(middle);
    ((value > 0) == (at_low > 0) ? low : high) = middle;
    ((value > 0) == (at_low > 0) ? at_low : at_high) = value;
  }
  int side = 0;
  for (int step = 0; step < 60; ++step) {
    const Precise next = (low * at_high - high * at_low) / (at_high - at_low);
    if (next == low || next == high) break;
    const Precise value = f(next);
    if (value == 0) return next;
    if ((value > 0) == (at_low > 0)) {
      low = next;
      at_low = value;
      if (side == 1) at_high /= 2;
      side = 1;
    } else {
      high = next;
      at_high = value;
      if (side == -1) at_low /= 2;
      side = -1;
    }
  }
  return (low + high) / 2;
}

/// Where whole sides have one target both equations vanish so near to each other that no grid tells them apart: along
/// the roots of the first, at slopes from `from` to twice that, the second must keep its sign.
bool changes_along_roots(const Levels& levels, std::size_t pivot, Side side, double from) {
  const Tail<Precise> tail = tail_of<Precise>(levels, pivot, side, from);
  constexpr int slopes = 5, inputs = 12;
  std::vector<int> before;
  for (int i = 0; i <= slopes; ++i) {
    const Precise w = from * (1.0 + static_cast<double>(i) / slopes);
    const Precise gap = abs(place<Precise>(levels, tail.other) - place<Precise>(levels, pivot));
    const Precise size = tail.is_outside ? Precise(40.0) : w * gap / 2;
    const auto at = [&](const Precise& t) {
      return curve_at<Precise>(levels, pivot, w, (tail.goes_right ? -size : size) * t * t);
    };
    const auto first = [&](const Precise& t) { return value_without(levels, at(t), tail.other); };
    std::vector<int> signs;
    for (int k = 0; k < inputs; ++k) {
      const Precise low = static_cast<double>(k) / inputs,
                    high = static_cast<double>(k + 1) / inputs;
      if ((first(low) > 0) == (first(high) > 0)) continue;
      const Precise root = root_between(first, low, high);
      signs.push_back(value_without(levels, at(root), pivot) > 0 ? 1 : -1);
    }
    if (i > 0 && signs.size() == before.size() && signs != before) return true;
    before = std::move(signs);
  }
  return false;
}

}  // namespace

namespace {

struct Asked {
  int asked = 0, empty = 0;
};

Asked ask_tails(int count, bool is_flat) {
  Random random(31);
  Asked result;
  for (int trial = 0; trial < count; ++trial) {
    const Levels levels = random_levels(random, static_cast<Low>(trial % 4), is_flat);
    const auto target = [&](std::size_t j) { return levels.y[j].lower(); };
    bool is_constant = true;
    for (std::size_t j = 1; j < levels.size(); ++j)
      is_constant = is_constant && target(j) == target(0);
    if (is_constant) continue;
    for (std::size_t pivot = 0; pivot < levels.size(); ++pivot)
      for (const Side side : {Side::beyond, Side::before}) {
        if (levels.free_offset && side == Side::before && pivot == 0) continue;
        const double from = random.uniform(4.0, is_flat ? 25.0 : 60.0);
        ++result.asked;
        const bool is_empty = tail_is_empty(levels, pivot, side, from);
        if (!is_empty) continue;
        ++result.empty;
        const bool has_zero = is_flat ? changes_along_roots(levels, pivot, side, from)
                                      : has_common_zero(levels, pivot, side, from);
        CAPTURE(trial);
        CAPTURE(pivot);
        CAPTURE(from);
        CHECK_FALSE(has_zero);
      }
  }
  CHECK(result.empty > result.asked / 3);
  return result;
}

int trials(int usual) {
  const char* const wanted = std::getenv("TAUTRACK_TAILS");
  return wanted != nullptr ? std::stoi(wanted) : support::sampled(usual);
}

void say(const Asked& result) {
  if (std::getenv("TAUTRACK_TAILS") != nullptr)
    MESSAGE(result.asked, " asked, ", result.empty, " empty");
}

}  // namespace

// More of them: TAUTRACK_TAILS=2000 tautrack_tests --test-case="empty tails*"
TEST_CASE("empty tails have no stationary curves") { say(ask_tails(trials(16), false)); }

// In slow builds the digits of the comparison take a minute.
TEST_CASE("empty tails of flat sides have no stationary curves" * support::not_in_slow_builds()) {
  say(ask_tails(trials(3), true));
}

}  // namespace tails_test
