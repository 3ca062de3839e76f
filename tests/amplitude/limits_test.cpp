// Steps and exponentials against energies of curves near them, in long doubles; gaps that are made equal.

#include "amplitude/limits.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "amplitude/levels.hpp"
#include "support/long_curve.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace limits_test {

using namespace tautrack;
using namespace tautrack::amplitude;
using Long = long double;
using support::LongCurve;
using support::Random;

namespace {

struct Data {
  std::vector<double> x, y, weights;
  std::optional<double> low;
  [[nodiscard]] Levels levels() const { return {x, y, weights, low ? &*low : nullptr}; }
};

/// S-shapes and noise of both directions; with ties, targets are small integers.
Data random_data(Random& random, bool known, bool ties) {
  Data data;
  const Index J = random.integer(known ? 3 : 4, 9);
  const bool even = random.uniform(0.0, 1.0) < 0.5;
  double at = random.uniform(-2.0, 2.0);
  if (even) at = std::round(at);
  const double noise = random.uniform(0.0, 1.0) < 0.5 ? 0.2 : 1.0;
  const double height = random.uniform(0.0, 1.0) < 0.5 ? 1.0 : -1.0;
  const double half = random.uniform(0.0, static_cast<double>(J));
  for (Index j = 0; j < J; ++j) {
    data.x.push_back(at);
    at += even ? 1.0 : std::exp(random.uniform(-1.0, 1.0));
    const double y = noise * random.normal() + (static_cast<double>(j) > half ? height : 0.0);
    data.y.push_back(ties ? std::round(2.0 * y) : y);
    data.weights.push_back(even ? 1.0 : random.uniform(0.5, 3.0));
  }
  if (known) data.low = ties ? -1.0 : -0.4;
  // Some targets on the known plateau, exactly.
  if (known && random.uniform(0.0, 1.0) < 0.5)
    for (double& y : data.y)
      if (y < 0.1) y = *data.low;
  if (std::all_of(data.y.begin(), data.y.end(), [&](double y) { return y == data.y[0]; }))
    data.y.back() += 1.0;
  return data;
}

/// The energy of a step less that of the curve, positive where the curve is better; by sums that know of no rounding
/// of the energies: 1/2 (|r_step|^2 - |r|^2).
class NearSteps {
 public:
  explicit NearSteps(const Data& data)
      : data_(data), curve_(data.x, data.y, data.weights, data.low) {}

  /// Means of levels [from, to).
  [[nodiscard]] Long mean(std::size_t from, std::size_t to) const {
    Long sum = 0.0L, total = 0.0L;
    for (std::size_t j = from; j < to; ++j) {
      sum += static_cast<Long>(data_.weights[j]) * data_.y[j];
      total += data_.weights[j];
    }
    return sum / total;
  }

  /// Of a step with `below` levels on the left, the next free or not. @param rises A known plateau is on the left.
  [[nodiscard]] Long energy(std::size_t below, bool has_free, bool rises) const {
    const std::size_t J = data_.x.size(), above = below + (has_free ? 1 : 0);
    Long left = below > 0 ? mean(0, below) : 0.0L, right = above < J ? mean(above, J) : 0.0L;
    if (data_.low) (rises ? left : right) = *data_.low;
    Long energy = 0.0L;
    for (std::size_t j = 0; j < J; ++j) {
      if (has_free && j == below) continue;
      const Long r = data_.y[j] - (j < below ? left : right);
      energy += 0.5L * static_cast<Long>(data_.weights[j]) * r * r;
    }
    return energy;
  }

  /// The least energy of curves near a step, less that of the step.
  [[nodiscard]] Long least_near_step(std::size_t below, bool rises) const {
    const Long gap = data_.x[below] - data_.x[below - 1];
    Long least = 1.0L;
    const Long own = energy(below, false, rises);
    for (const Long first : {8.0L, 12.0L, 20.0L, 30.0L})
      for (const Long second : {8.0L, 12.0L, 20.0L, 30.0L}) {
        const Long slope = (rises ? 1.0L : -1.0L) * (first + second) / gap;
        const Long half = data_.x[below - 1] + gap * first / (first + second);
        least = std::min(least, curve_.fit({slope, -slope * half}).energy - own);
      }
    return least;
  }

  /// The least over inputs of the free level of the energies of curves near a step with it, less that of the step.
  [[nodiscard]] Long least_near_free(std::size_t free, bool rises, Long far = 32.0L) const {
    const std::size_t J = data_.x.size();
    const Long own = energy(free, true, rises);
    Long gap = 1e9L;
    if (free > 0) gap = std::min<Long>(gap, data_.x[free] - data_.x[free - 1]);
    if (free + 1 < J) gap = std::min<Long>(gap, data_.x[free + 1] - data_.x[free]);
    Long least = 1.0L;
    {
      const Long slope = (rises ? 1.0L : -1.0L) * far / gap;
      const auto at = [&](Long input) {
        return curve_.fit({slope, input - slope * static_cast<Long>(data_.x[free])}).energy - own;
      };
      // The best input, by golden section from the best of a grid.
      Long best = -8.0L;
      for (Long input = -8.0L; input <= 8.0L; input += 0.5L)
        if (at(input) < at(best)) best = input;
      Long low = best - 0.5L, high = best + 0.5L;
      for (int step = 0; step < 45; ++step) {
        const Long a = low + 0.382L * (high - low), b = high - 0.382L * (high - low);
        (at(a) < at(b) ? high : low) = at(a) < at(b) ? b : a;
      }
      least = std::min(least, at(0.5L * (low + high)));
    }
    return least;
  }

 private:
  const Data& data_;
  LongCurve curve_;
};

/// What the search says of a step: true and nothing where it lists it so, false where it does not.
std::optional<bool> said(const StepLimits& steps, std::size_t below, bool has_free, bool rises,
                         bool known) {
  for (const CurveLimit& limit : steps.limits)
    if (limit.below == below && limit.has_free == has_free && (!known || limit.rises == rises))
      return limit.is_infimum;
  return false;
}

/// Energies differ by the first order, exp(-17) of the targets at least, unless data tie or nearly so.
constexpr Long kSure = 1e-12L, kSureOfFree = 1e-17L;

void check_steps(const Data& data, int& sure) {
  const NearSteps near(data);
  const StepLimits steps = find_steps(data.levels(), {});
  const std::size_t J = data.x.size();
  for (const bool rises : {true, false}) {
    if (!data.low && !rises) continue;
    for (std::size_t below = 1; below < J; ++below) {
      const Long step = rises ? near.mean(below, J) : near.mean(0, below);
      if (data.low && step < static_cast<Long>(*data.low)) {
        CHECK(said(steps, below, false, rises, true) == false);
        continue;
      }
      const auto verdict = said(steps, below, false, rises, data.low.has_value());
      const Long least = near.least_near_step(below, rises);
      if (!verdict || std::abs(least) < kSure) continue;
      CAPTURE(below);
      CAPTURE(rises);
      CAPTURE(static_cast<double>(least));
      CHECK(*verdict == (least > 0.0L));
      ++sure;
    }
    // A level at the end on the side of a known plateau may be free.
    for (std::size_t free = 0; free < J; ++free) {
      const bool has_left = free > 0 || (data.low && rises),
                 has_right = free + 1 < J || (data.low && !rises);
      if (!has_left || !has_right) continue;
      if (data.low && (rises ? free + 1 == J : free == 0)) continue;
      Long left = free > 0 ? near.mean(0, free) : 0.0L,
           right = free + 1 < J ? near.mean(free + 1, J) : 0.0L;
      if (data.low) (rises ? left : right) = *data.low;
      const auto verdict = said(steps, free, true, rises, data.low.has_value());
      const bool is_between = (data.y[free] - left) * (right - data.y[free]) > 0.0L;
      const bool is_high = !data.low || (rises ? right : left) > static_cast<Long>(*data.low);
      CAPTURE(free);
      CAPTURE(rises);
      if (!is_between || !is_high) {
        // Where it has the value of a plateau it is not known to be free.
        CHECK(verdict.value_or(false) == false);
        continue;
      }
      const Long share = (data.y[free] - left) / (right - left);
      const Long least = near.least_near_free(free, rises);
      // The nearer neighbour decides, but at a finite slope only if it is clearly nearer, or where both are as near.
      const Long before = free > 0 ? data.x[free] - data.x[free - 1] : 1e9L;
      const Long after = has_right && free + 1 < J ? data.x[free + 1] - data.x[free] : 1e9L;
      const Long ratio = std::max(before, after) / std::min(before, after);
      if (ratio > 1.0L + 1e-10L && ratio < 1.4L) continue;
      const bool has_squares = data.low && ((free > 0 && data.y[free - 1] == *data.low) ||
                                            (free + 1 < J && data.y[free + 1] == *data.low));
      if (has_squares && ratio > 1.5L && ratio < 2.5L) continue;
      if (!verdict || std::abs(least) < kSureOfFree || std::min(share, 1.0L - share) < 0.05L)
        continue;
      CAPTURE(static_cast<double>(least));
      CHECK(*verdict == (least > 0.0L));
      ++sure;
    }
  }
}

/// The energy of offset + factor exp(v x), or of curves with a plateau so far away that e = exp(u) at the end where
/// they are largest; and the factor.
struct Edge {
  Long energy = 0.0L, factor = 0.0L;
};
Edge edge_at(const Data& data, const Levels& levels, Long v, Long e) {
  std::vector<Long> phi;
  const auto x = [&](std::size_t j) {
    return (static_cast<Long>(levels.value[j]) - levels.centre) / levels.scale;
  };
  const std::size_t J = data.x.size();
  const Long end = v > 0.0L ? x(J - 1) : x(0);
  Long mean = 0.0L, mean_y = data.low ? static_cast<Long>(*data.low) : 0.0L, total = 0.0L;
  for (std::size_t j = 0; j < J; ++j) {
    const Long t = std::expm1(v * (x(j) - end));  // less one, where the offset is fitted
    phi.push_back(data.low ? (1.0L + t) / (1.0L + e * (1.0L + t))
                           : t / ((1.0L + e) * (1.0L + e * (1.0L + t))));
    total += data.weights[j];
  }
  if (!data.low)
    for (std::size_t j = 0; j < J; ++j) {
      mean += static_cast<Long>(data.weights[j]) / total * phi[j];
      mean_y += static_cast<Long>(data.weights[j]) / total * data.y[j];
    }
  Long product = 0.0L, size = 0.0L;
  for (std::size_t j = 0; j < J; ++j) {
    product += data.weights[j] * (phi[j] - mean) * (data.y[j] - mean_y);
    size += data.weights[j] * (phi[j] - mean) * (phi[j] - mean);
  }
  Edge edge;
  edge.factor = product / size;
  for (std::size_t j = 0; j < J; ++j) {
    const Long r = data.y[j] - mean_y - edge.factor * (phi[j] - mean);
    edge.energy += 0.5L * static_cast<Long>(data.weights[j]) * r * r;
  }
  return edge;
}

/// Where data tie a search may end before it is complete.
constexpr long kMostRates = 2000;

void check_exponentials(const Data& data, int& sure) {
  const Levels levels = data.levels();
  const Exponentials found = find_exponentials(levels, kMostRates, {});
  if (!found.complete) return;
  for (const CurveLimit& limit : found.limits) {
    const Long v = proof::middle(limit.rate), h = 1e-4L * (1.0L + std::abs(v));
    const Edge here = edge_at(data, levels, v, 0.0L);
    const Long plus = edge_at(data, levels, v + h, 0.0L).energy - here.energy;
    const Long minus = edge_at(data, levels, v - h, 0.0L).energy - here.energy;
    const Long inward = edge_at(data, levels, v, 1e-7L).energy - here.energy;
    CAPTURE(static_cast<double>(v));
    CHECK(std::abs(plus - minus) <= 1e-3L * (std::abs(plus) + std::abs(minus)) + 1e-12L);
    if (std::abs(plus + minus) < 1e-13L || std::abs(inward) < 1e-13L || !limit.is_infimum) continue;
    CHECK(*limit.is_infimum == (plus + minus > 0.0L && inward > 0.0L));
    ++sure;
  }
  // All of them: the turns of the energy along the rates.
  std::size_t turns = 0;
  Long last = 0.0L, last_height = 0.0L;
  constexpr int steps = 400;
  for (int k = -steps; k <= steps; ++k) {
    const Long v =
        30.0L * std::sinh(6.0L * (static_cast<Long>(k) + 0.5L) / steps) / std::sinh(6.0L);
    const Long h = 1e-5L * std::abs(v);
    const Edge edge = edge_at(data, levels, v, 0.0L);
    const Long slope =
        edge_at(data, levels, v + h, 0.0L).energy - edge_at(data, levels, v - h, 0.0L).energy;
    // With a known offset only positive factors are curves.
    const Long sign = data.low && edge.factor < 0.0L ? 0.0L
                      : std::abs(slope) < 1e-16L     ? last
                      : slope > 0.0L                 ? 1.0L
                                                     : -1.0L;
    // Where the factor changes its sign it is a constant: a maximum, but of no use.
    const Long height = v * edge.factor > 0.0L ? 1.0L : -1.0L;
    if (sign * last < 0.0L && height == last_height) ++turns;
    last = sign;
    last_height = height;
  }
  // A scan may miss a pair of near roots, but finds none that is not there.
  std::size_t within = 0;
  for (const CurveLimit& limit : found.limits)
    within += std::abs(proof::middle(limit.rate)) < 30.0 ? 1 : 0;
  CHECK(turns <= within);
  CHECK((within - turns) % 2 == 0);
}

}  // namespace

// More of them: TAUTRACK_LIMITS=2000 tautrack_tests --test-case="steps and exponentials*"
TEST_CASE("Limits: steps that were not looked at are missed, and said to be") {
  const Levels levels({0, 1, 2, 4, 5}, {1, 3, 1.5, 9, 8}, {1, 1, 1, 1, 1}, nullptr);
  const StepLimits all = find_steps(levels, {});
  CHECK(all.complete);
  CHECK(all.count_is_known);
  const StepLimits some = find_steps(levels, StopCondition::after_looks(2));
  CHECK(!some.complete);
  CHECK(!some.count_is_known);
  CHECK(some.limits.size() < all.limits.size());
}

TEST_CASE("steps and exponentials are infima exactly where energies nearby are larger") {
  const char* const wanted = std::getenv("TAUTRACK_LIMITS");
  const int count = wanted != nullptr ? std::stoi(wanted) : support::sampled(30);
  Random random(41);
  int steps = 0, exponentials = 0;
  for (int trial = 0; trial < count; ++trial) {
    CAPTURE(trial);
    const Data data = random_data(random, trial % 3 == 1, trial % 4 == 3);
    check_steps(data, steps);
    check_exponentials(data, exponentials);
  }
  CHECK(steps > 2 * count);
  CHECK(exponentials > count / 4);
  if (wanted != nullptr) MESSAGE(steps, " steps, ", exponentials, " exponentials");
}

TEST_CASE("a free level next to targets on the known plateau") {
  // The energy falls with what leaves the high plateau, and grows with the square of what leaves the low one: which is
  // larger, when the neighbour above is more than twice as far away.
  for (const double after : {0.5, 1.0, 1.5, 3.0}) {
    CAPTURE(after);
    Data data{{0, 1, 2, 2 + after, 3 + after, 4 + after},
              {0, 0, 0.5, 0.9, 1.1, 1.1},
              {1, 1, 1, 1, 1, 1},
              0.0};
    const NearSteps near(data);
    const auto verdict = said(find_steps(data.levels(), {}), 2, true, true, true);
    const Long least = near.least_near_free(2, true, 14.0L);  // exp(-21) and more
    CHECK(verdict == (least > 0.0L));
    // Seen from the other end, and upside down, it is the same.
    Data turned = data;
    for (double& x : turned.x) x = -x;
    std::reverse(turned.x.begin(), turned.x.end());
    std::reverse(turned.y.begin(), turned.y.end());
    CHECK(said(find_steps(turned.levels(), {}), 3, true, false, true) == verdict);
  }
}

TEST_CASE("no level is free between equal plateaus, unless it is there, too") {
  const Data data{
      {1, 2, 3, 4, 5}, {1, 2, 4, 0, 3}, {1, 1, 1, 1, 1}, {}};  // means 1.5 on both sides of 4
  CHECK(said(find_steps(data.levels(), {}), 2, true, true, false) == false);
}

TEST_CASE("gaps that differ by rounding become equal, and others stay") {
  const std::vector<double> weights(5, 1.0), y{1, 2, 4, 3, 5};
  const auto gaps_are_equal = [](const Levels& levels) {
    return std::all_of(levels.gap.begin(), levels.gap.end(),
                       [&](double gap) { return gap == levels.gap[0]; });
  };
  const Levels tenths({0.1, 0.2, 0.1 + 0.2, 0.4, 0.5}, y, weights, nullptr);
  CHECK(gaps_are_equal(tenths));
  CHECK(tenths.gaps_are_exact);
  CHECK(tenths.moved > 0.0);
  CHECK(tenths.moved < 1e-14);
  const Levels integers({1, 2, 3, 4, 5}, y, weights, nullptr);
  CHECK(gaps_are_equal(integers));
  CHECK(integers.gaps_are_exact);
  CHECK(integers.moved == 0.0);
  const Levels nearly({1, 2, 3, 4, 5.0001}, y, weights, nullptr);
  CHECK(nearly.gap[3] > nearly.gap[2]);
  const Levels logarithms(
      {std::log10(0.01), std::log10(0.1), 0.0, std::log10(10.0), std::log10(100.0)}, y, weights,
      nullptr);
  CHECK(gaps_are_equal(logarithms));
  // Two equal gaps among others, far from zero.
  const Levels far({1000.1, 1000.2, 1000.3, 1000.7, 1001.3}, y, weights, nullptr);
  CHECK(far.gap[0] <= far.gap[1] * (1.0 + 1e-10));
  // Levels that lie nearly on each other stay apart.
  const Levels close({0.0, 1e-15, 0.1, 0.2, 0.1 + 0.2}, y, weights, nullptr);
  CHECK(close.value[0] < close.value[1]);
  CHECK(close.gap[0] > 0.0);
  // Whatever is done, values stay in order and are not moved by more than they are rounded.
  Random random(42);
  for (int trial = 0; trial < support::sampled(2000); ++trial) {
    std::vector<double> x{random.uniform(-3.0, 3.0) * (trial % 5 == 0 ? 1000.0 : 1.0)};
    const double step = random.uniform(0.01, 2.0);
    for (int j = 0; j < 4; ++j)
      x.push_back(x.back() + (random.uniform(0.0, 1.0) < 0.6
                                  ? step
                                  : step * std::exp(random.uniform(-30.0, 1.0))));
    if (std::adjacent_find(x.begin(), x.end()) != x.end()) continue;
    const Levels levels(x, y, weights, nullptr);
    // Gaps are moved by some units in the last place of the largest value, and by 2^-49 of the range.
    const double largest = std::max(std::abs(x.front()), std::abs(x.back())) + x.back() - x.front();
    CHECK(levels.moved <= 100.0 * 0x1p-52 * largest);
    for (std::size_t j = 0; j + 1 < x.size(); ++j) {
      CHECK(levels.value[j] < levels.value[j + 1]);
      CHECK(levels.gap[j] > 0.0);
      CHECK(std::abs(levels.value[j] - x[j]) <= levels.moved);
    }
  }
}

namespace {

/// Whether the energy falls anywhere near the step above level `below` - 1, both plateaus fitted: curves of this slope whose
/// level below - 1 is exp(-slope a) away from its plateau, 0 < a < gap. The energy that is left is of both sides by
/// themselves, deviations from their means, where nothing cancels.
bool falls_near(const std::vector<double>& x, const std::vector<double>& y, std::size_t below,
                Long slope) {
  const std::size_t J = x.size();
  Long low = 0.0L, high = 0.0L;
  for (std::size_t j = 0; j < J; ++j) (j < below ? low : high) += static_cast<Long>(y[j]);
  low /= static_cast<Long>(below);
  high /= static_cast<Long>(J - below);
  const Long gap = x[below] - x[below - 1];
  bool falls = false;
  for (int k = 1; k < 40; ++k) {
    const Long u = -slope * gap * static_cast<Long>(k) / 40.0L;
    // z = the step + height d; the plateaus are fitted to first order by taking away the means of d.
    std::vector<Long> d;
    Long mean[2] = {0.0L, 0.0L};
    for (std::size_t j = 0; j < J; ++j) {
      const Long v = u + slope * static_cast<Long>(x[j] - x[below - 1]);
      d.push_back(j < below ? 1.0L / (1.0L + std::exp(-v)) : -1.0L / (1.0L + std::exp(v)));
      mean[j < below ? 0 : 1] += d.back();
    }
    mean[0] /= static_cast<Long>(below);
    mean[1] /= static_cast<Long>(J - below);
    Long change = 0.0L;
    for (std::size_t j = 0; j < J; ++j) {
      const bool is_low = j < below;
      const Long move = (high - low) * (d[j] - mean[is_low ? 0 : 1]);
      change += ((is_low ? low : high) - static_cast<Long>(y[j])) * move + 0.5L * move * move;
    }
    falls = falls || change < 0.0L;
  }
  return falls;
}

}  // namespace

TEST_CASE("levels that are exactly on a fitted plateau: the next one decides, or the gaps do") {
  struct Case {
    std::vector<double> x, y;
    std::size_t below;
    std::optional<bool> expected;
  };
  const std::vector<Case> cases{
      // The last level is at the mean of 3, 1, 2, and the one before it below: both resist.
      {{0, 1, 2, 3, 4}, {3, 1, 2, 9, 8}, 3, true},
      // It is above: it gives way, unless the gap is short.
      {{0, 1, 2, 4, 5}, {1, 3, 2, 9, 8}, 3, true},
      {{0, 1, 2, 5, 6}, {1, 3, 2, 9, 8}, 3, std::nullopt},  // as exp(-k gap) stands to exp(-3 k)
      {{0, 1, 2, 7, 8}, {1, 3, 2, 9, 8}, 3, false},
      // Seen from the other end.
      {{0, 1, 6, 7, 8}, {2, 1, 8, 9, 7}, 2, true},
      {{0, 1, 6, 7, 8}, {2, 1, 8, 7, 9}, 2, false},
      // A level for itself on the other side.
      {{0, 1, 2, 2.5}, {1, 3, 2, 9}, 3, true},
      {{0, 1, 2, 5}, {1, 3, 2, 9}, 3, false},
      // One target on the other side.
      {{0, 1, 2, 3.5, 4}, {1, 3, 2, 9, 9}, 3, true},
      {{0, 1, 2, 5, 6}, {1, 3, 2, 9, 9}, 3, false},
      // Ties on both sides, one that resists and two that give way.
      {{0, 1, 2, 3.5, 5, 6}, {1, 3, 2, 8, 9, 7}, 3, true},
      {{0, 1, 2, 4.5, 5, 6}, {1, 3, 2, 8, 7, 9}, 3, false},
  };
  for (const Case& one : cases) {
    CAPTURE(one.x);
    CAPTURE(one.y);
    const Levels levels(one.x, one.y, std::vector<double>(one.x.size(), 1.0), nullptr);
    const StepLimits found = find_steps(levels, {});
    const auto limit =
        std::find_if(found.limits.begin(), found.limits.end(), [&](const CurveLimit& at) {
          return !at.has_free && !at.is_exponential && at.below == one.below;
        });
    if (one.expected == false) {
      CHECK(limit == found.limits.end());
    } else {
      REQUIRE(limit != found.limits.end());
      CHECK(limit->is_infimum == one.expected);
    }
    if (one.expected) CHECK(falls_near(one.x, one.y, one.below, 12.0L) == !*one.expected);
  }
}

}  // namespace limits_test
