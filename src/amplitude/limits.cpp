#include "amplitude/limits.hpp"

#include <algorithm>
#include <cmath>

#include "amplitude/charts.hpp"
#include "amplitude/tails.hpp"

namespace tautrack::amplitude {
namespace {

constexpr double kNarrowestRate = 1e-13;
/// Steps of Newton's method that narrow an enclosure by less end it.
constexpr double kNarrowerRate = 0.9;
constexpr long kRatesBetweenLooks = 256;
/// Intervals of rates that are looked at on one edge: some ten times what data without ties take.
constexpr long kMostRates = 4000;
/// How often the rate from which tails are tried is doubled.
constexpr int kRateDoublings = 12;

/// The derivative of the energy along the exponentials, by the rate, in a chart with its second variable zero.
class EdgeEquation {
 public:
  /// @param chart `gentle` or `right`.
  EdgeEquation(Chart chart, const Levels& levels) : chart_(chart), levels_(levels) {}

  struct Values {
    Dual along;       ///< d E / d rate is -b times this, up to a positive factor.
    Interval inward;  ///< d E / d (what leads inwards) is b times this.
    Interval factor;  ///< b
  };

  Values evaluate(const Interval& rate) {
    const Dual variable(rate, 1.0, 0.0);
    curve_vectors(chart_, levels_, 0, variable, Dual(0.0), vectors_);
    fit_to(levels_, vectors_.phi, fit_);
    const Dual first = product(levels_, fit_.residual, vectors_.first);
    const Dual second = product(levels_, fit_.residual, vectors_.second);
    return {along(variable, first, second),
            chart_ == Chart::right ? first.value : rate * first.value, fit_.factor.value};
  }

  enum class Look { empty, promising, open };

  /// Whether affine arithmetic shows that there is no root, or that the function is nearly linear.
  [[nodiscard]] Look look(const Interval& rate) {
    const Affine variable = Affine::variable(rate, true);
    curve_vectors(chart_, levels_, 0, variable, Affine(0.0), forms_);
    fit_to(levels_, forms_.phi, form_fit_);
    const Affine value = along(variable, product(levels_, form_fit_.residual, forms_.first),
                               product(levels_, form_fit_.residual, forms_.second));
    if (value.excludes_zero()) return Look::empty;
    return std::abs(value.first()) > value.error() ? Look::promising : Look::open;
  }

  /// Encloses the one root in `rate` by the interval Newton operator; nothing unless there is one.
  [[nodiscard]] std::optional<Interval> verify(Interval rate) {
    std::optional<Interval> proven;
    for (int step = 0; step < kSteps; ++step) {
      const Interval slope = evaluate(rate).along.first;
      if (!proof::excludes_zero(slope)) break;
      const double middle = proof::middle(rate);
      const Interval image = middle - evaluate(middle).along.value / slope;
      if (!proven && !proof::is_inside(image, rate)) return std::nullopt;
      Interval met = rate;
      if (!proof::meet(met, image)) return std::nullopt;
      const bool narrower = proof::width_of(met) < kNarrowerRate * proof::width_of(rate);
      proven = rate = met;
      if (!narrower) break;
    }
    return proven;
  }

  [[nodiscard]] std::optional<double> newton(const Interval& rate) {
    double at = proof::middle(rate);
    const double reach = 2.0 * proof::width_of(rate), start = at;
    for (int step = 0; step < kSteps; ++step) {
      const Values values = evaluate(at);
      const double move = proof::middle(values.along.value) / proof::middle(values.along.first);
      at -= move;
      if (!(std::abs(at - start) <= reach)) return std::nullopt;
      if (std::abs(move) <= kNarrowestRate * (1.0 + std::abs(at))) return at;
    }
    return std::nullopt;
  }

 private:
  static constexpr int kSteps = 20;

  /// From the products of the residual with the two vectors.
  template <class T>
  [[nodiscard]] T along(const T& rate, const T& first, const T& second) const {
    if (chart_ == Chart::right) return second;
    return (levels_.free_offset ? first * T(0.5) : first) + rate * second;
  }

  Chart chart_;
  const Levels& levels_;
  CurveVectors<Dual> vectors_;
  Fit<Dual> fit_;
  CurveVectors<Affine> forms_;
  Fit<Affine> form_fit_;
};

struct EdgeRoot {
  Interval unique_in, at;
};

/// All roots in an interval; false where some of it is undecided.
bool search_edge(EdgeEquation& equation, const Interval& whole, long most,
                 const StopCondition& stop, std::vector<EdgeRoot>& roots) {
  std::vector<Interval> open{whole};
  bool complete = true;
  for (long looked = 0; !open.empty(); ++looked) {
    if (looked >= most || (looked % kRatesBetweenLooks == 0 && stop.is_met())) return false;
    const Interval rate = open.back();
    open.pop_back();
    const EdgeEquation::Look look = equation.look(rate);
    if (look == EdgeEquation::Look::empty) continue;
    const bool is_narrow =
        !(proof::width_of(rate) > kNarrowestRate * (1.0 + proof::magnitude(rate)));
    const bool is_promising = look == EdgeEquation::Look::promising || is_narrow;
    if (const auto near = is_promising ? equation.newton(rate) : std::nullopt) {
      const double radius =
          1.25 * std::max(std::abs(rate.upper() - *near), std::abs(*near - rate.lower())) +
          2.0 * kNarrowestRate * (1.0 + std::abs(*near));
      const Interval about(*near - radius, *near + radius);
      if (const auto at = equation.verify(about)) {
        const bool is_known = std::any_of(roots.begin(), roots.end(), [&](const EdgeRoot& known) {
          return proof::subset(*at, known.unique_in) || proof::subset(known.at, about);
        });
        if (!is_known) roots.push_back({about, *at});
        continue;
      }
    }
    if (is_narrow) {
      complete = false;
      continue;
    }
    const double cut = proof::middle(rate);
    open.emplace_back(cut, rate.upper());
    open.emplace_back(rate.lower(), cut);
  }
  return complete;
}

/// Sign of both, or 0 where one has none.
int common_sign(const Interval& x, const Interval& y) {
  return proof::sign_of(x) * proof::sign_of(y);
}

/// A root of the edge as a limit; nothing where the plateaus would change places (known offset).
/// @param unit Rate over the variable of the edge.
/// @param turned The levels are mirrored.
std::optional<CurveLimit> limit_at(EdgeEquation& equation, const EdgeRoot& root, double unit,
                                   bool turned, bool known_offset) {
  const EdgeEquation::Values values = equation.evaluate(root.at);
  if (known_offset && proof::sign_of(values.factor) < 0) return std::nullopt;
  CurveLimit limit;
  limit.is_exponential = true;
  limit.rate = unit * root.at;
  limit.only_in = unit * root.unique_in;
  const int along =
      -common_sign(values.factor, values.along.first);           // +1: a minimum along the edge
  const int inward = common_sign(values.factor, values.inward);  // +1: E grows
  if (along != 0 && inward != 0) limit.is_infimum = along > 0 && inward > 0;
  // The correlation grows inwards where it is negative and E grows, or positive and E falls.
  const int height = (turned ? -1 : 1) * proof::sign_of(values.factor);
  if (inward != 0 && height != 0 && along != 0)
    limit.count = inward == height ? 0 : -height * along;
  return limit;
}

/// The roots of an edge as limits.
void add_roots(EdgeEquation& equation, const Interval& rates, double sign, bool known_offset,
               long most, const StopCondition& stop, Exponentials& found) {
  std::vector<EdgeRoot> roots;
  if (!search_edge(equation, rates, most, stop, roots)) found.complete = false;
  for (const EdgeRoot& root : roots) {
    if (!proof::overlap(root.at, rates)) continue;  // another chart has it
    if (!proof::excludes_zero(root.at)) found.complete = false;
    if (const auto limit = limit_at(equation, root, sign, sign < 0.0, known_offset))
      found.limits.push_back(*limit);
  }
}

/// Exponentials of large rates, of the sign under which the last of these levels is the one with the plateau gone.
void add_steep(const Levels& levels, double sign, long most, const StopCondition& stop,
               Exponentials& found) {
  double to = 2.0 * kGentleSlope;
  int doublings = 0;
  while (!exponential_tail_is_empty(levels, to)) {
    if (++doublings > kRateDoublings || stop.is_met()) {
      found.complete = false;
      break;
    }
    to *= 2.0;
  }
  EdgeEquation equation(Chart::right, levels);
  add_roots(equation, {kGentleSlope, to}, sign, !levels.free_offset, most, stop, found);
}

}  // namespace

Exponentials find_exponentials(const Levels& levels, long most, const StopCondition& stop) {
  most = std::min(most, kMostRates);
  Exponentials found;
  const Levels mirrored = levels.mirrored();
  EdgeEquation equation(Chart::gentle, levels), turned(Chart::gentle, mirrored);
  if (levels.free_offset) {
    add_roots(equation, {0.0, kGentleSlope}, 1.0, false, most, stop, found);
    add_roots(turned, {0.0, kGentleSlope}, -1.0, false, most, stop, found);
  } else {
    add_roots(equation, {-kGentleSlope, kGentleSlope}, 1.0, true, most, stop, found);
  }
  add_steep(levels, 1.0, most, stop, found);
  add_steep(mirrored, -1.0, most, stop, found);
  // One on the border of two charts may have been found in both.
  std::vector<CurveLimit> distinct;
  for (const CurveLimit& limit : found.limits) {
    const bool is_known =
        std::any_of(distinct.begin(), distinct.end(), [&](const CurveLimit& other) {
          if (!proof::overlap(limit.rate, other.rate)) return false;
          const bool same =
              proof::subset(limit.rate, other.only_in) || proof::subset(other.rate, limit.only_in);
          if (!same) found.complete = false;
          return same;
        });
    if (!is_known) distinct.push_back(limit);
  }
  found.limits = std::move(distinct);
  return found;
}

namespace {

/// Steps that rise from the plateau of small x.
class Steps {
 public:
  explicit Steps(const Levels& levels, bool rises) : levels_(levels), rises_(rises) {}

  void add_to(StepLimits& found) const {
    const std::size_t J = levels_.size();
    for (std::size_t below = 1; below < J; ++below) add_step(below, found);
    for (std::size_t free = levels_.free_offset ? 1 : 0; free + 1 < J; ++free)
      add_free_level(free, found);
  }

 private:
  /// The mean of levels `from` to `to`, the latter not included; the known plateau where there are none.
  [[nodiscard]] Interval mean(std::size_t from, std::size_t to) const {
    Interval sum = 0.0, total = 0.0;
    for (std::size_t j = from; j < to; ++j) {
      sum += levels_.y[j] * levels_.weight[j];
      total += levels_.weight[j];
    }
    return sum / total;
  }
  [[nodiscard]] Interval low_plateau(std::size_t below) const {
    return levels_.free_offset ? mean(0, below) : Interval(0.0);
  }

  /// By how much the energy grows when the last level of the low plateau leaves it, and the first of the high one:
  /// up to positive factors. Nothing where a level is a plateau by itself, which follows it.
  [[nodiscard]] std::optional<Interval> leaving_low(std::size_t below, const Interval& low,
                                                    const Interval& height) const {
    if (below == 0 || (levels_.free_offset && below == 1)) return std::nullopt;
    // Targets on the known plateau: the energy grows with the square of what leaves it, and none of those before
    // makes up for that.
    if (levels_.is_on_plateau[below - 1] &&
        std::all_of(levels_.y.begin(), levels_.y.begin() + static_cast<std::ptrdiff_t>(below),
                    [](const Interval& y) { return y.upper() <= 0.0; }))
      return std::nullopt;
    return -(height * (levels_.y[below - 1] - low)) * levels_.weight[below - 1];
  }
  [[nodiscard]] std::optional<Interval> leaving_high(std::size_t above, const Interval& high,
                                                     const Interval& height) const {
    if (above + 1 >= levels_.size()) return std::nullopt;
    return height * (levels_.y[above] - high) * levels_.weight[above];
  }

  void add_step(std::size_t below, StepLimits& found) const {
    const Interval low = low_plateau(below), high = mean(below, levels_.size());
    const Interval height = high - low;
    const int sign = proof::sign_of(height);
    if (!levels_.free_offset && sign < 0) return;
    int least = 1, most = -1;  // signs by which the energy grows
    for (const auto& growth : {leaving_low(below, low, height), leaving_high(below, high, height)})
      if (growth) {
        least = std::min(least, proof::sign_of(*growth));
        most = std::max(most, proof::sign_of(*growth));
      }
    // The correlation has a local minimum: negative with E growing, or positive with E falling.
    if (sign == 0 || least == 0 || most == 0) found.count_is_known = false;
    if (sign * least < 0 && least == most) ++found.count;
    if (least < 0) return;
    CurveLimit limit = base(below);
    if (sign != 0 && least > 0) limit.is_infimum = true;
    found.limits.push_back(limit);
  }

  void add_free_level(std::size_t free, StepLimits& found) const {
    const Interval low = low_plateau(free), high = mean(free + 1, levels_.size());
    const Interval height = high - low;
    const Interval over_low = height * (levels_.y[free] - low);
    const Interval under_high = height * (high - levels_.y[free]);
    if (!levels_.free_offset && proof::sign_of(height) < 0) return;
    if (proof::sign_of(over_low) < 0 || proof::sign_of(under_high) < 0) return;  // not between
    // Nor where both plateaus may be the same, and it is elsewhere.
    if (proof::sign_of(levels_.y[free] - low) * proof::sign_of(high - levels_.y[free]) < 0) return;
    const int sign = inward_sign(free, low, high, height, over_low, under_high);
    const bool is_between = proof::sign_of(over_low) > 0 && proof::sign_of(under_high) > 0;
    // Along the edge the energy has a minimum, and the correlation a minimum where it is negative.
    if (sign == 0 || !is_between) found.count_is_known = false;
    if (sign != 0 && sign != proof::sign_of(height)) found.count -= proof::sign_of(height);
    if (sign < 0) return;
    CurveLimit limit = base(free);
    limit.has_free = true;
    if (is_between && sign > 0) limit.is_infimum = true;
    found.limits.push_back(limit);
  }

  /// Whether the energy grows when the slope becomes finite: the neighbour that is nearer leaves first.
  [[nodiscard]] int inward_sign(std::size_t free, const Interval& low, const Interval& high,
                                const Interval& height, const Interval& over_low,
                                const Interval& under_high) const {
    const auto before = leaving_low(free, low, height);
    const auto after = leaving_high(free + 1, high, height);
    if (!before && !after) return 0;
    if (!before)
      return free > 0 && levels_.is_on_plateau[free - 1] ? against_squares(free, *after)
                                                         : proof::sign_of(*after);
    if (!after) return proof::sign_of(*before);
    const int sign_before = proof::sign_of(*before), sign_after = proof::sign_of(*after);
    if (sign_before == sign_after) return sign_before;
    const double gap_before = levels_.gap[free - 1], gap_after = levels_.gap[free];
    if (!levels_.gaps_are_exact && std::abs(gap_before - gap_after) <= 1e-12 * gap_before) return 0;
    if (gap_before < gap_after) return sign_before;
    if (gap_after < gap_before) return sign_after;
    return proof::sign_of(*before * proof::square(over_low) + *after * proof::square(under_high));
  }

  /// The same where the level before is on the known plateau, and the energy grows with the square of what leaves it:
  /// exp(-2 k gap), against exp(-k gap) of the level after, where slopes k are large.
  [[nodiscard]] int against_squares(std::size_t free, const Interval& after) const {
    const int sign = proof::sign_of(after);
    if (sign >= 0) return sign;
    const double gap_before = levels_.gap[free - 1], gap_after = levels_.gap[free];
    if (gap_after <= gap_before) return sign;  // nor do levels further before make up for it
    constexpr double surely_twice = 2.0 + 1e-9;
    return gap_after > surely_twice * gap_before ? 1 : 0;
  }

  /// @param below Levels on the plateau of small x of these levels.
  [[nodiscard]] CurveLimit base(std::size_t below) const {
    CurveLimit limit;
    limit.below = below;
    limit.rises = rises_;
    return limit;
  }

  const Levels& levels_;
  bool rises_;
};

}  // namespace

StepLimits find_steps(const Levels& levels) {
  StepLimits found;
  Steps(levels, true).add_to(found);
  if (levels.free_offset) return found;
  StepLimits falling;
  Steps(levels.mirrored(), false).add_to(falling);
  for (CurveLimit& limit : falling.limits) {  // counted from small x again
    limit.below = levels.size() - limit.below - (limit.has_free ? 1 : 0);
    found.limits.push_back(limit);
  }
  return found;
}

}  // namespace tautrack::amplitude
