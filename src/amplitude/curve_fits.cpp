#include "amplitude/curve_fits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "amplitude/search.hpp"
#include "amplitude/tails.hpp"

namespace tautrack::amplitude {
namespace {

/// The first slope from which tails are tried, times the smallest gap between levels, and how often it is doubled.
constexpr double kFirstTail = 3.0;
constexpr int kDoublings = 20;
/// From this slope on, over the distance to the nearest level, the chart `steep` is used.
constexpr double kSteep = 12.0;
/// Where no tail could be excluded, slopes up to this over the gap are searched.
constexpr double kFarSlope = 64.0;
constexpr const char* kSearchCutOff = "the interval search was cut off";
/// Neighbouring boxes overlap by this, so that rounding leaves no slit between them.
constexpr double kOverlap = 1e-12;
/// Roots that two charts found are looked at together in boxes that reach so far beyond them: the largest in which
/// there is but one. Near roots that are badly determined a box must be small.
constexpr std::array<double, 5> kNear{1e-6, 1e-7, 1e-8, 1e-9, 1e-10};

/// Encloses log(x). @pre x > 0.
Interval logarithm(const Interval& x) {
  const auto error = [](double value) {
    return 2.0 * proof::kLibraryError * std::abs(value) + proof::kUnderflow;
  };
  const double low = std::log(x.lower()), high = std::log(x.upper());
  return {proof::below(low - error(low)), proof::above(high + error(high))};
}

/// Whether the second variable may be negative within the chart.
bool has_any_sign(Chart chart) { return chart == Chart::bulk || chart == Chart::steep; }

/// The slope and intercept of what lies in a box of a chart; nothing where they are not finite or of no sure sign.
std::optional<std::pair<Interval, Interval>> line_of(const ChartRoot& root, const Levels& levels) {
  const Interval& p = root.at.first;
  const Interval& q = root.at.second;
  if (!(q.lower() > 0.0) && !has_any_sign(root.chart)) return std::nullopt;
  switch (root.chart) {
    case Chart::gentle:
      if (!(q.upper() < 1.0)) return std::nullopt;
      return std::pair(p, logarithm(q / (1.0 - q)));
    case Chart::bulk:
      return std::pair(p, -(p * q));
    case Chart::steep:
      return std::pair(p, q - p * levels.x[root.pivot]);
    case Chart::right:
      return std::pair(p, logarithm(q) - p * levels.x.back());
    case Chart::left:
      break;
  }
  return std::pair(p, -logarithm(q) - p * levels.x.front());
}

/// The Morse index at a root, by the signs of the determinant and of one entry of the Hessian, both up to positive
/// factors (docs/theory.md, section 13); nothing when one is not sure. Without a fit of positive height (known
/// offset): -1.
std::optional<int> index_at(ChartEquations& equations, const ChartRoot& root) {
  Dual first, second, factor;
  equations.evaluate(root.at, root.pivot, first, second, factor);
  const int height = proof::sign_of(factor.value);
  if (equations.levels().has_known_offset() && height < 0) return -1;
  // With a level at infinity some vectors are derivatives of phi, where others are the opposite.
  const bool is_top = equations.levels().top_weight > 0.0;
  const int turned = root.chart == Chart::steep ||
                             (is_top && (root.chart == Chart::gentle || root.chart == Chart::right))
                         ? -1
                         : 1;
  const int determinant =
      turned * proof::sign_of(first.first * second.second - first.second * second.first);
  if (determinant < 0 && height != 0) return 1;
  const int diagonal =
      turned * height * proof::sign_of(root.at.first) * proof::sign_of(first.second);
  if (determinant <= 0 || diagonal == 0) return std::nullopt;
  return diagonal > 0 ? 0 : 2;
}

/// The search for one set of data, seen from one end or the other.
class CurveSearch {
 public:
  CurveSearch(const Levels& levels, long most, const StopCondition& stop)
      : levels_(levels),
        mirrored_(!levels.is_half             ? levels.mirrored()
                  : levels.has_known_offset() ? levels.falling()
                                              : levels),
        most_(most),
        stop_(stop) {}

  CurveFits run() {
    // First, as they take no time.
    const StepLimits steps = find_steps(levels_, stop_);
    if (!steps.complete) leave(kSearchCutOff);
    const Exponentials exponentials = find_exponentials(levels_, most_, stop_);
    result_.limits = exponentials.limits;
    if (!exponentials.complete) leave("stationary exponentials may be missing");
    for (const CurveLimit& limit : result_.limits) {
      count_ += limit.count;
      if (!limit.is_infimum) {
        count_is_known_ = false;
        leave("whether an exponential is a local infimum could not be decided");
      }
    }
    count_ += steps.count;
    count_is_known_ = count_is_known_ && steps.count_is_known && exponentials.complete;
    for (const CurveLimit& limit : steps.limits) {
      if (!limit.is_infimum)
        leave("whether a step is a local infimum could not be decided: data tie there");
      result_.limits.push_back(limit);
    }
    constexpr double w = kGentleSlope;
    if (levels_.free_offset) {
      for (const bool turned : {false, true})
        search(Chart::gentle, turned, {{{0.0, w}, {0.0, 0.5}}});
      search_steep(false);
      search_outside(true, Chart::right);
    } else if (levels_.is_half) {
      search_half(false);
      if (levels_.has_known_offset()) search_half(true);
    } else {
      search(Chart::gentle, false, {{{-w, w}, {0.0, 1.0}}});
      for (const bool turned : {false, true}) {
        search_steep(turned);
        search_outside(turned, Chart::left);
      }
    }
    finish();
    return std::move(result_);
  }

 private:
  struct Found {
    StationaryCurve curve;
    ChartRoot root;
    bool turned;
  };

  [[nodiscard]] const Levels& seen(bool turned) const { return turned ? mirrored_ : levels_; }

  void leave(std::string why) {
    if (open_.empty()) open_ = std::move(why);
  }

  /// All boxes of one chart.
  void search(Chart chart, bool turned, std::vector<ChartBox> boxes, std::size_t pivot = 0) {
    ChartEquations equations(chart, seen(turned), pivot);
    const ChartSearch search =
        search_chart(equations, std::move(boxes), most_ - result_.boxes, stop_);
    result_.boxes += search.boxes;
    if (!search.undecided.empty())
      leave(stop_.is_met() || result_.boxes >= most_
                ? kSearchCutOff
                : "in some boxes neither a stationary curve nor its absence could be proven");
    for (const ChartRoot& root : search.roots) add(equations, root, turned);
  }

  void add(ChartEquations& equations, const ChartRoot& root, bool turned) {
    // Beyond the exponentials there is nothing.
    if (!has_any_sign(root.chart) && root.at.second.upper() < 0.0) return;
    // With a fitted offset curves of negative slope are those of positive slope from the other end; with a level at minus
    // infinity they are no curves.
    if ((!levels_.has_known_offset() || levels_.is_half) && root.at.first.upper() < 0.0) return;
    const std::optional<int> index = index_at(equations, root);
    if (index == -1) return;
    const auto line = line_of(root, equations.levels());
    if (!line || !proof::is_finite(line->first) || !proof::is_finite(line->second) ||
        !proof::excludes_zero(line->first)) {
      leave("a stationary curve is too near to an exponential to be told from it");
      return;
    }
    StationaryCurve curve{line->first, line->second, index};
    if (turned) {  // of x -> -x; with a fitted offset the same curve rises the other way
      curve.slope = levels_.free_offset ? line->first : -line->first;
      curve.intercept = levels_.free_offset ? -line->second : line->second;
    }
    if (is_known(curve, root, turned)) return;
    if (!index) leave("the index of a stationary curve could not be proven");
    found_.push_back({curve, root, turned});
  }

  /// Whether `root` is proven to be `other`.
  static bool is_within(const ChartRoot& root, const ChartRoot& other) {
    const auto subset = [](const ChartBox& a, const ChartBox& b) {
      return proof::subset(a.first, b.first) && proof::subset(a.second, b.second);
    };
    return root.chart == other.chart && root.pivot == other.pivot &&
           (subset(root.at, other.unique_in) || subset(other.at, root.unique_in));
  }

  /// Whether it has been found before: proven to be the same.
  bool is_known(const StationaryCurve& curve, const ChartRoot& root, bool turned) {
    for (const Found& other : found_) {
      if (!proof::overlap(curve.slope, other.curve.slope) ||
          !proof::overlap(curve.intercept, other.curve.intercept))
        continue;
      if (turned == other.turned && is_within(root, other.root)) return true;
      if (is_one(curve, other.curve)) return true;
      leave("two enclosures of stationary curves meet, and may be of the same");
    }
    return false;
  }

  /// Whether there is only one stationary curve about both.
  bool is_one(const StationaryCurve& a, const StationaryCurve& b) {
    Interval slope = proof::hull(a.slope, b.slope);
    Interval intercept = proof::hull(a.intercept, b.intercept);
    const bool turned = slope.upper() < 0.0;
    if (turned) slope = -slope;
    const Interval half = -intercept / slope;
    ChartEquations equations(Chart::bulk, seen(turned));
    return std::any_of(kNear.begin(), kNear.end(), [&](double near) {
      const auto around = [near](const Interval& side) {
        return proof::widened(side, near * (1.0 + proof::magnitude(side)));
      };
      const ChartBox box{around(slope), around(half)};
      return equations.verify(box, equations.pivot(box)).has_value();
    });
  }

  /// Curves of positive slope.
  void search_half(bool turned) {
    search(Chart::gentle, turned, {{{0.0, kGentleSlope}, {0.0, 1.0}}});
    search_steep(turned);
    search_outside(turned, Chart::left);
  }

  /// The distance to the nearest level.
  static double least_gap(const Levels& levels, std::size_t pivot) {
    double gap = 2.0;
    for (const std::size_t neighbour : {pivot - 1, pivot + 1})
      if (neighbour < levels.size())
        gap = std::min(gap, std::abs(proof::middle(levels.x[neighbour] - levels.x[pivot])));
    return gap;
  }

  /// A slope from which the tail of this level on this side is empty.
  double tail_from(const Levels& levels, std::size_t pivot, Side side) {
    const double gap = least_gap(levels, pivot);
    double from = std::max(kGentleSlope, kFirstTail / gap);
    for (int doubling = 0; doubling < kDoublings && !stop_.is_met(); ++doubling, from *= 2.0)
      if (tail_is_empty(levels, pivot, side, from, stop_)) {
        result_.largest_slope = std::max(result_.largest_slope, from);
        return from;
      }
    leave(stop_.is_met() ? kSearchCutOff : "steep curves could not be excluded: data tie there");
    return std::max(kGentleSlope, kFarSlope / gap);
  }

  /// Half points among the levels, and beyond the last.
  void search_steep(bool turned) {
    const Levels& levels = seen(turned);
    const std::size_t J = levels.size();
    std::vector<ChartBox> boxes;
    for (std::size_t p = 0; p < J; ++p) {
      if (stop_.is_met()) {
        leave(kSearchCutOff);
        return;
      }
      double to = kGentleSlope;
      if (p + 1 < J) to = std::max(to, tail_from(levels, p, Side::beyond));
      if (p > 0) to = std::max(to, tail_from(levels, p, Side::before));
      const double steep = std::min(to, std::max(kGentleSlope, kSteep / least_gap(levels, p)));
      const auto border = [&](std::size_t j) {
        return 0.5 * proof::middle(levels.x[j]) + 0.5 * proof::middle(levels.x[j + 1]);
      };
      const double low = p > 0 ? border(p - 1) : levels.x.front().lower();
      const double high = p + 1 < J ? border(p) : levels.x.back().upper();
      if (steep > kGentleSlope)
        boxes.push_back({{kGentleSlope, steep}, {low - kOverlap, high + kOverlap}});
      if (to > steep) {
        const Interval u = Interval(to) * (levels.x[p] - Interval(low - kOverlap, high + kOverlap));
        search(Chart::steep, turned, {{{steep, to}, u}}, p);
      }
    }
    search(Chart::bulk, turned, std::move(boxes));
    search_outside(turned, Chart::right);
  }

  /// Half points on one side of all levels.
  void search_outside(bool turned, Chart chart) {
    const Levels& levels = seen(turned);
    const bool is_right = chart == Chart::right;
    const double to =
        tail_from(levels, is_right ? levels.size() - 1 : 0, is_right ? Side::beyond : Side::before);
    if (to > kGentleSlope) search(chart, turned, {{{kGentleSlope, to}, {0.0, 1.0}}});
  }

  void finish() {
    std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) {
      return proof::middle(a.curve.slope) < proof::middle(b.curve.slope);
    });
    bool indices = count_is_known_;
    int sum = count_;
    for (const Found& found : found_) {
      result_.curves.push_back(found.curve);
      indices = indices && found.curve.index;
      if (found.curve.index) sum += *found.curve.index % 2 == 0 ? 1 : -1;
    }
    if (!levels_.has_known_offset() && indices) result_.index_sum = sum;
    if (open_.empty() && result_.index_sum && *result_.index_sum != 1)
      leave("the sum over critical points is not 1");  // a defect, were it ever to happen
    result_.complete = open_.empty();
    result_.reason = open_.empty() ? "an interval search of all slopes and half points" : open_;
  }

  const Levels& levels_;
  const Levels
      mirrored_;  ///< Not looked at where a level at minus infinity observes a fitted plateau.
  long most_;
  const StopCondition& stop_;
  CurveFits result_;
  std::vector<Found> found_;
  int count_ = 0;  ///< Of the limits.
  bool count_is_known_ = true;
  std::string open_;
};

}  // namespace

CurveFits find_curve_fits(const Levels& levels, long most, const StopCondition& stop) {
  return CurveSearch(levels, most, stop).run();
}

}  // namespace tautrack::amplitude
