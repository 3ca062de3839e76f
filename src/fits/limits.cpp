#include "fits/limits.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "explore/descent.hpp"
#include "infinity/patterns.hpp"
#include "infinity/stratum.hpp"

namespace tautrack::fits {

namespace {

/// The share of the time that the exploration of the free patterns of one stratum may take.
constexpr double kFreeSeconds = 2.0;

constexpr const char* kOfCurve = "limit of a curve";
constexpr const char* kOfDescent = "limit of a descent";
constexpr const char* kAttracts = "local fits run to it, but lower energies are near: ";

/// A stratum that curves and descents ran to.
struct Named {
  std::vector<int> signs;  ///< L
  Vector weights;          ///< s, where the lowest of them was left.
  double energy = 0.0;     ///< There.
  bool by_descent = false;
};

/// Strata in the order in which they are looked at: those of descents, which go down and not just away, by energy,
/// then those of curves as they came.
std::vector<Named> named_strata(const Perceptron& network, const Exploration& exploration) {
  Perceptron::Workspace work(network);
  std::vector<Named> strata;
  std::map<std::vector<int>, std::size_t> known;
  for (const Escape& escape : exploration.escapes) {
    const InfinitePoint& left = escape.limit;
    Named next;
    next.by_descent = escape.kind == CurveKind::descent;
    next.weights = left.weights;
    next.energy = network.energy(network.coordinates(left.weights), 1.0, work);
    next.signs = next.by_descent ? infinity::signs_at(network, left.weights, left.direction)
                                 : infinity::signs_along(network, left.direction);
    const auto [entry, is_new] = known.try_emplace(next.signs, strata.size());
    if (is_new) {
      strata.push_back(std::move(next));
      continue;
    }
    Named& before = strata[entry->second];
    if (next.by_descent && (!before.by_descent || next.energy < before.energy))
      before = std::move(next);
  }
  std::stable_sort(strata.begin(), strata.end(), [](const Named& a, const Named& b) {
    if (a.by_descent != b.by_descent) return a.by_descent;
    return a.by_descent && a.energy < b.energy;
  });
  return strata;
}

/// The minimum of the free patterns that a descent comes to from where the whole problem was left.
std::vector<StationaryPoint> minimum_near(const Perceptron& free, const Vector& weights,
                                          const StopCondition& stop) {
  Descender descender(free);
  const Descent descent = descender.descend(free.coordinates(weights), stop);
  if (descent.end != Descent::End::minimum) return {};
  StationaryPoint point;
  point.weights = free.weights(descent.v);
  point.energy = descent.energy;
  point.kind = StationaryKind::minimum;
  return {std::move(point)};
}

/// All minima of the free patterns that an exploration finds.
std::vector<StationaryPoint> minima_of(const Perceptron& free, const Vector& weights,
                                       const ExploreOptions& explore_options) {
  ExploreOptions options = explore_options;
  options.certify = false;
  options.progress = {};
  options.memo = nullptr;
  options.ranks = nullptr;
  options.seconds = kFreeSeconds;
  std::vector<StationaryPoint> points = explore(free, options, {weights}).points;
  std::erase_if(points, [](const auto& p) { return p.kind != StationaryKind::minimum; });
  return points;
}

/// As many free patterns as weights that move them have one fit, and that is known.
bool has_choice(const Perceptron& free) { return free.patterns() > free.unknowns(); }

}  // namespace

LimitsOfRuns limits_of_runs(const Perceptron& network, const Exploration& exploration,
                            const ExploreOptions& options) {
  const StopCondition& stop = options.stop;
  if (exploration.escapes.empty()) return {};
  const std::vector<Named> strata = named_strata(network, exploration);
  const infinity::Patterns patterns = infinity::patterns_of(network);
  struct Judged {
    InfimumTest test;
    std::vector<InfinitePoint> limits;
    bool may_have_more = false;
  };
  std::vector<Judged> judged;
  // First all strata from where they were run to, which takes no time.
  for (const Named& stratum : strata) {
    if (stop.is_met()) break;
    Judged& next = judged.emplace_back();
    next.test = infinity::test_infimum(network, patterns, stratum.signs, stop);
    if (!next.test.is_stratum) continue;
    if (next.test.local_infimum == false) {
      if (!stratum.by_descent ||
          !infinity::attracts(network, patterns, stratum.signs, stratum.weights))
        continue;
      next.test.reason = kAttracts + next.test.reason;
    }
    next.limits =
        infinity::limits_on_stratum(network, stratum.signs, next.test, [&](const Perceptron& free) {
          next.may_have_more = has_choice(free) && next.test.local_infimum != false;
          return minimum_near(free, stratum.weights, stop);
        });
  }
  for (std::size_t k = 0; k < judged.size() && !stop.is_met(); ++k) {
    if (!judged[k].may_have_more) continue;
    std::vector<InfinitePoint> all = infinity::limits_on_stratum(
        network, strata[k].signs, judged[k].test,
        [&](const Perceptron& free) { return minima_of(free, strata[k].weights, options); });
    if (all.size() >= judged[k].limits.size()) judged[k].limits = std::move(all);
  }
  LimitsOfRuns result;
  for (std::size_t k = 0; k < judged.size(); ++k) {
    for (InfinitePoint& limit : judged[k].limits) {
      limit.found_by = strata[k].by_descent ? kOfDescent : kOfCurve;
      result.limits.push_back(std::move(limit));
    }
  }
  std::stable_sort(
      result.limits.begin(), result.limits.end(),
      [](const InfinitePoint& a, const InfinitePoint& b) { return a.energy < b.energy; });
  result.strata = static_cast<long>(judged.size());
  result.left = static_cast<long>(strata.size() - judged.size());
  return result;
}

}  // namespace tautrack::fits
