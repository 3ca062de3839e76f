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
/// Intervals of rates that are looked at on one edge: some ten times what data without ties take.
constexpr long kMostRates = 4000;
/// How often the rate from which tails are tried is doubled.
constexpr int kRateDoublings = 12;
/// Gaps that are not exact are told apart when they differ by more than this, relative.
constexpr double kEqualGaps = 1e-12;
/// The same of slopes from which the level next to the step behind minus infinity decides, and where slopes are not told
/// apart any more, relative to these.
constexpr int kLeavingDoublings = 40;
constexpr double kNarrowestLeaving = 1e-7;

/// The derivative of the energy along the exponentials, by the rate, in a chart with its second variable zero.
class EdgeEquation {
 public:
  /// @param chart `gentle` or `right`.
  EdgeEquation(Chart chart, const Levels& levels) : chart_(chart), levels_(levels) {}

  struct Values {
    Dual along;  ///< d E / d rate is -b times this, up to a positive factor.
    Interval
        inward;  ///< At a root: d E / d (what leads inwards) is b times this, up to a positive factor.
    Interval factor;  ///< b
  };

  Values evaluate(const Interval& rate) {
    const Dual variable(rate, 1.0, 0.0);
    curve_vectors(chart_, levels_, 0, variable, Dual(0.0), vectors_);
    fit_to(levels_, vectors_.phi, fit_);
    const Dual first = product(levels_, fit_.residual, vectors_.first);
    const Dual second = product(levels_, fit_.residual, vectors_.second);
    // first = -2 rate second at a root with a fitted offset: so the sign is known next to the straight line, too.
    const Interval inward = chart_ == Chart::right ? first.value
                            : levels_.free_offset  ? -second.value
                                                   : rate * first.value;
    return {along(variable, first, second), inward, fit_.factor.value};
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
    if (looked >= most || stop.is_met()) return false;
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
    const auto limit = limit_at(equation, root, sign, sign < 0.0, known_offset);
    if (!proof::excludes_zero(root.at) && !(limit && limit->is_infimum == false)) {
      // The straight line itself, or next to it.
      found.complete = false;
      continue;
    }
    if (limit) found.limits.push_back(*limit);
  }
}

/// Exponentials of large rates, of the sign under which the last of these levels is the one with the plateau gone.
void add_steep(const Levels& levels, double sign, long most, const StopCondition& stop,
               Exponentials& found) {
  double to = 2.0 * kGentleSlope;
  int doublings = 0;
  while (!exponential_tail_is_empty(levels, to, stop)) {
    if (++doublings > kRateDoublings || stop.is_met()) {
      found.complete = false;
      break;
    }
    to *= 2.0;
  }
  EdgeEquation equation(Chart::right, levels);
  add_roots(equation, {kGentleSlope, to}, sign, levels.has_known_offset(), most, stop, found);
}

}  // namespace

Exponentials find_exponentials(const Levels& levels, long most, const StopCondition& stop) {
  most = std::min(most, kMostRates);
  Exponentials found;
  EdgeEquation equation(Chart::gentle, levels);
  if (levels.has_known_offset() && !levels.is_half)
    add_roots(equation, {-kGentleSlope, kGentleSlope}, 1.0, true, most, stop, found);
  else
    add_roots(equation, {0.0, kGentleSlope}, 1.0, levels.has_known_offset(), most, stop, found);
  add_steep(levels, 1.0, most, stop, found);
  // With a level at minus infinity exponentials of negative rate are not bounded.
  if (!levels.is_half) {
    const Levels mirrored = levels.mirrored();
    EdgeEquation turned(Chart::gentle, mirrored);
    if (levels.free_offset) add_roots(turned, {0.0, kGentleSlope}, -1.0, false, most, stop, found);
    add_steep(mirrored, -1.0, most, stop, found);
  }
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

/// What the levels on one side of a step say of its plateau, for all steps at once.
class Plateaus {
 public:
  explicit Plateaus(const Levels& levels)
      : levels_(levels), low_(levels.size() + 1), high_(levels.size() + 1) {
    const std::size_t J = levels.size();
    low_.front() = {levels.zero_y * levels.zero_weight, levels.zero_weight};
    high_.back() = {levels.zero_y * levels.top_weight, levels.top_weight};
    for (std::size_t j = 0; j < J; ++j) {
      low_[j + 1] = low_[j].with(levels.y[j], levels.weight[j]);
      high_[J - 1 - j] = high_[J - j].with(levels.y[J - 1 - j], levels.weight[J - 1 - j]);
    }
    const auto leading = [J](const auto& is) {
      std::size_t count = 0;
      while (count < J && is(count)) ++count;
      return count;
    };
    const bool is_known = levels.has_known_offset();
    flat_below_ = leading([&](std::size_t j) {
      return is_known ? bool(levels.is_on_plateau[j]) : j == 0 || levels.repeats[j - 1];
    });
    if (levels.zero_weight > 0.0 && !levels.repeats_zero) flat_below_ = 0;
    flat_above_ = leading([&](std::size_t k) { return k == 0 || levels.repeats[J - 1 - k]; });
    if (levels.top_weight > 0.0 && !levels.repeats_zero) flat_above_ = 0;
    known_above_ = leading([&](std::size_t k) { return levels.is_on_plateau[J - 1 - k]; });
    nowhere_above_zero_ = leading([&](std::size_t j) { return levels.y[j].upper() <= 0.0; });
  }

  /// That of the first `below` levels, and that of all from `above` on.
  [[nodiscard]] Interval low(std::size_t below) const {
    return levels_.has_known_offset() ? Interval(0.0) : low_[below].sum / low_[below].weight;
  }
  [[nodiscard]] Interval high(std::size_t above) const {
    return high_[above].sum / high_[above].weight;
  }

  /// Whether all that observe it have one target; that of the plateau where it is known.
  [[nodiscard]] bool is_low_flat(std::size_t below) const {
    return below > 0 && below <= flat_below_;
  }
  [[nodiscard]] bool is_high_flat(std::size_t above) const {
    return above < levels_.size() && above + flat_above_ >= levels_.size();
  }

  /// Whether no target below is above the known plateau.
  [[nodiscard]] bool is_nowhere_above_known(std::size_t below) const {
    return below <= nowhere_above_zero_;
  }

  /// Whether all targets from here on are the known plateau: then there is no step.
  [[nodiscard]] bool has_no_height(std::size_t above) const {
    if (levels_.top_weight > 0.0 && !levels_.zero_is_known) return false;
    return above + known_above_ >= levels_.size();
  }

 private:
  struct Sum {
    Interval sum = 0.0, weight = 0.0;
    [[nodiscard]] Sum with(const Interval& y, double more) const {
      return {sum + y * more, weight + more};
    }
  };

  const Levels& levels_;
  std::vector<Sum> low_, high_;  ///< J + 1: of so many first levels, and from a level on.
  std::size_t flat_below_ = 0, flat_above_ = 0;  ///< Levels from either end.
  std::size_t known_above_ = 0, nowhere_above_zero_ = 0;
};

/// Steps that rise from the plateau of small x.
class Steps {
 public:
  explicit Steps(const Levels& levels, bool rises)
      : levels_(levels), plateaus_(levels), rises_(rises) {}

  void add_to(StepLimits& found, const StopCondition& stop) const {
    const std::size_t J = levels_.size();
    const std::size_t end = levels_.top_weight > 0.0 ? J : J - 1;
    for (std::size_t level = 0; level < J; ++level) {
      if (stop.is_met()) {
        found.complete = found.count_is_known = false;
        return;
      }
      if (level > 0) add_step(level, found);
      if (level < end && (level > 0 || !levels_.free_offset)) add_free_level(level, found);
    }
  }

 private:
  /// What the energy does when the level next to the step leaves its plateau by eps.
  struct Leaving {
    Interval growth;         ///< To first order, up to positive factors.
    bool is_square = false;  ///< Instead it grows with eps^2: all targets are on the plateau.
    [[nodiscard]] int sign() const { return is_square ? 1 : proof::sign_of(growth); }
  };

  /// Of the last level of the low plateau, and of the first of the high one. Nothing where there is none, or where
  /// a level is a plateau by itself, which follows it.
  [[nodiscard]] std::optional<Leaving> leaving_low(std::size_t below, const Interval& low,
                                                   const Interval& height) const {
    if (below == 0 || (levels_.free_offset && below == 1)) return std::nullopt;
    // Where a plateau is known the targets before may be beyond it, which does not make up for the squares.
    const bool is_square =
        plateaus_.is_low_flat(below) ||
        (levels_.is_on_plateau[below - 1] && plateaus_.is_nowhere_above_known(below));
    return Leaving{-(height * (levels_.y[below - 1] - low)) * levels_.weight[below - 1], is_square};
  }
  [[nodiscard]] std::optional<Leaving> leaving_high(std::size_t above, const Interval& high,
                                                    const Interval& height) const {
    const std::size_t J = levels_.size();
    if (above >= J || (above + 1 == J && levels_.top_weight == 0.0)) return std::nullopt;
    return Leaving{height * (levels_.y[above] - high) * levels_.weight[above],
                   plateaus_.is_high_flat(above)};
  }

  /// What the energy does when levels leave the plateau on one side of a step, where the nearest one may be on it exactly:
  /// then the next one that is not counts, sign eps exp(-k delay), beside the square of the nearest.
  struct Side {
    enum class Kind { absent, first, square, tie, unknown } kind = Kind::absent;
    int sign = 0;  ///< Of the first order.
    Interval delay =
        0.0;  ///< Of a tie, from the nearest level to that which decides, in units of gaps.
  };

  [[nodiscard]] static Side side_of(const std::optional<Leaving>& leaving) {
    if (!leaving) return {};
    if (leaving->is_square) return {Side::Kind::square, 1, 0.0};
    const int sign = leaving->sign();
    return {sign != 0 ? Side::Kind::first : Side::Kind::unknown, sign, 0.0};
  }

  [[nodiscard]] Side side_of_low(std::size_t below, const Interval& low,
                                 const Interval& height) const {
    Side side = side_of(leaving_low(below, low, height));
    const auto is_exact = [&](std::size_t j) {
      return levels_.has_known_offset() ? bool(levels_.is_on_plateau[j])
                                        : levels_.is_at_mean(j, 0, below);
    };
    if (side.kind != Side::Kind::unknown || levels_.is_half || !is_exact(below - 1)) return side;
    for (std::size_t j = below - 1; j-- > 0;) {
      side.delay += levels_.gap[j];
      side.sign = proof::sign_of(-(height * (levels_.y[j] - low)));
      if (side.sign == 0 && is_exact(j)) continue;
      if (side.sign != 0) side.kind = Side::Kind::tie;
      break;
    }
    return side;
  }
  [[nodiscard]] Side side_of_high(std::size_t above, const Interval& high,
                                  const Interval& height) const {
    Side side = side_of(leaving_high(above, high, height));
    const std::size_t J = levels_.size();
    if (side.kind != Side::Kind::unknown || levels_.is_half || !levels_.is_at_mean(above, above, J))
      return side;
    for (std::size_t j = above + 1; j < J; ++j) {
      side.delay += levels_.gap[j - 1];
      side.sign = proof::sign_of(height * (levels_.y[j] - high));
      if (side.sign == 0 && levels_.is_at_mean(j, above, J)) continue;
      if (side.sign != 0) side.kind = Side::Kind::tie;
      break;
    }
    return side;
  }

  /// Sign by which the energy grows at a step of which a side is a tie, and none falls to first order: 0 where that is
  /// not decided. The two levels next to the step have eps eta = exp(-k gap), and any eps in between.
  [[nodiscard]] int sign_beyond_ties(std::size_t below, const Side& low, const Side& high) const {
    using Kind = Side::Kind;
    if (low.kind == Kind::unknown || high.kind == Kind::unknown) return 0;
    const auto falls = [](const Side& side) { return side.kind == Kind::tie && side.sign < 0; };
    if (!falls(low) && !falls(high)) return 1;
    const Interval slack =
        levels_.gaps_are_exact ? Interval(1.0) : Interval(1.0 - kEqualGaps, 1.0 + kEqualGaps);
    const Interval gap = slack * levels_.gap[below - 1];
    // Whether -eps exp(-k delay) is anywhere larger than eps^2 and all of the other side: the least sign of what has to be
    // positive for that.
    const auto falling = [&](const Side& side, const Side& other) {
      if (!falls(side)) return -1;
      // Beyond the level for itself its plateau moves away, and eps stays at exp(-k gap).
      if (other.kind == Kind::absent) return proof::sign_of(gap - side.delay);
      const int beside_square = proof::sign_of(gap - 2.0 * side.delay);
      if (other.kind == Kind::square || falls(other)) return beside_square;
      const Interval first = other.kind == Kind::tie ? gap + other.delay : gap;
      const int beside_first = proof::sign_of(first - 3.0 * side.delay);
      return other.kind == Kind::tie ? std::min(beside_square, beside_first) : beside_first;
    };
    return -std::max(falling(low, high), falling(high, low));
  }

  void add_step(std::size_t below, StepLimits& found) const {
    const Interval low = plateaus_.low(below), high = plateaus_.high(below);
    const Interval height = high - low;
    const int sign = proof::sign_of(height);
    if (levels_.has_known_offset() && (sign < 0 || plateaus_.has_no_height(below))) return;
    int least = 1, most = -1;  // signs by which the energy grows
    for (const auto& growth : {leaving_low(below, low, height), leaving_high(below, high, height)})
      if (growth) {
        least = std::min(least, growth->sign());
        most = std::max(most, growth->sign());
      }
    // The correlation has a local minimum: negative with E growing, or positive with E falling.
    if (sign == 0 || least == 0 || most == 0) found.count_is_known = false;
    if (sign * least < 0 && least == most) ++found.count;
    if (least < 0) return;
    if (least == 0 && sign != 0) {
      least = sign_beyond_ties(below, side_of_low(below, low, height),
                               side_of_high(below, high, height));
      if (least < 0) return;
    }
    CurveLimit limit = base(below);
    if (sign != 0 && least > 0) limit.is_infimum = true;
    found.limits.push_back(limit);
  }

  void add_free_level(std::size_t free, StepLimits& found) const {
    const Interval low = plateaus_.low(free), high = plateaus_.high(free + 1);
    const Interval height = high - low;
    const Interval over_low = height * (levels_.y[free] - low);
    const Interval under_high = height * (high - levels_.y[free]);
    if (levels_.has_known_offset() &&
        (proof::sign_of(height) < 0 || plateaus_.has_no_height(free + 1)))
      return;
    if (proof::sign_of(over_low) < 0 || proof::sign_of(under_high) < 0) return;  // not between
    // At a flat plateau it is not free, but a part of it.
    if (plateaus_.is_low_flat(free + 1) || plateaus_.is_high_flat(free)) return;
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

  /// Whether the energy grows when the slope becomes finite: what decays at the smaller rate decides, exp(-k gap), or
  /// exp(-2 k gap) for squares.
  [[nodiscard]] int inward_sign(std::size_t free, const Interval& low, const Interval& high,
                                const Interval& height, const Interval& over_low,
                                const Interval& under_high) const {
    const auto before = leaving_low(free, low, height);
    const auto after = leaving_high(free + 1, high, height);
    if (!before && !after) return 0;
    if (!before) return after->sign();
    if (!after) return before->sign();
    if (before->sign() == after->sign()) return before->sign();
    const double rate_before = (before->is_square ? 2.0 : 1.0) * levels_.gap[free - 1];
    const double rate_after = (after->is_square ? 2.0 : 1.0) * levels_.gap[free];
    if (!levels_.gaps_are_exact && std::abs(rate_before - rate_after) <= 1e-12 * rate_before)
      return 0;
    if (rate_before < rate_after) return before->sign();
    if (rate_after < rate_before) return after->sign();
    if (!before->is_square && !after->is_square)
      return proof::sign_of(before->growth * proof::square(over_low) +
                            after->growth * proof::square(under_high));
    // A square against what is first order: theory.md, section 13.
    const Interval odds = before->is_square ? over_low / under_high : under_high / over_low;
    const Interval square =
        before->is_square ? resistance(0, free, free - 1, levels_.zero_weight)
                          : resistance(free + 1, levels_.size(), free + 1, levels_.top_weight);
    const Interval first = (before->is_square ? after : before)->growth / proof::square(height);
    // The distance of the first-order level is twice that of the square.
    return proof::sign_of(odds * proof::square(odds) * square + 2.0 * first);
  }

  /// The weight with which a flat plateau resists when its nearest level leaves it: the others hold a fitted one.
  /// @param zero That of the level at infinity where it is one of them.
  [[nodiscard]] Interval resistance(std::size_t from, std::size_t to, std::size_t nearest,
                                    double zero) const {
    Interval total = zero;
    for (std::size_t j = from; j < to; ++j) total += levels_.weight[j];
    const Interval own = levels_.weight[nearest];
    const bool is_known = from == 0 && levels_.has_known_offset();
    return is_known ? own : own - proof::square(own) / total;
  }

  /// @param below Levels on the plateau of small x of these levels.
  [[nodiscard]] CurveLimit base(std::size_t below) const {
    CurveLimit limit;
    limit.below = below;
    limit.rises = rises_;
    return limit;
  }

  const Levels& levels_;
  Plateaus plateaus_;
  bool rises_;
};

/// Where a function of w in (0, infinity) is positive.
struct SignsOfLeaving {
  bool is_known = true;
  int positive = 0;           ///< Intervals on which it is.
  bool any_negative = false;  ///< Whether it is negative somewhere.
};

/// What happens when levels that all have one output leave it, on the foot of a sigmoid of any slope: the sign, for each
/// slope w, of
///
///     D(w) = sum omega_j r_j exp(-w d_j),     d_j the distance from the level where it leaves most.
///
/// Where the output is the mean of the levels the sum of the coefficients is zero, and D / w = -sum omega_j r_j d_j g(w d_j),
/// g(z) = (1 - exp(-z)) / z, is looked at, where nothing cancels at w = 0.
class LeavingTogether {
 public:
  /// @param output What all have; nothing: their mean.
  /// @param from_last The last one leaves most, else the first.
  LeavingTogether(const Levels& levels, const std::optional<Interval>& output, bool from_last)
      : is_mean_(!output) {
    const std::size_t J = levels.size();
    Interval sum = 0.0, total = 0.0;
    for (std::size_t j = 0; j < J; ++j) {
      sum += levels.y[j] * levels.weight[j];
      total += levels.weight[j];
    }
    output_ = output.value_or(sum / total);
    const std::size_t nearest = from_last ? J - 1 : 0;
    first_ = (levels.y[nearest] - output_) * levels.weight[nearest];
    for (std::size_t k = 1; k < J; ++k) {
      const std::size_t j = from_last ? J - 1 - k : k;
      force_.push_back((levels.y[j] - output_) * levels.weight[j]);
      distance_.push_back(proof::abs(levels.x[j] - levels.x[nearest]));
    }
  }

  [[nodiscard]] const Interval& output() const { return output_; }

  [[nodiscard]] SignsOfLeaving signs(const StopCondition& stop) const {
    SignsOfLeaving signs;
    double to = 1.0 / proof::middle(distance_[0]);
    int last = sign_beyond(to);
    for (int doubling = 0; last == 0 && doubling < kLeavingDoublings; ++doubling)
      last = sign_beyond(to *= 2.0);
    if (last == 0) {
      signs.is_known = false;
      return signs;
    }
    // Where an interval has no sure sign it is halved; what is left over has one zero at most where D / w is monotonic.
    std::vector<Interval> open{{0.0, to}};
    std::optional<Interval> unsure;
    int before = 0;
    const auto see = [&](int sign) {
      if (unsure && (before == 0 || !proof::excludes_zero(slope(*unsure)))) signs.is_known = false;
      unsure.reset();
      if (sign > 0 && before <= 0) ++signs.positive;
      if (sign < 0) signs.any_negative = true;
      before = sign;
    };
    for (long looked = 0; !open.empty(); ++looked) {
      if (looked == kMostRates || stop.is_met()) {
        signs.is_known = false;
        break;
      }
      const Interval w = open.back();
      open.pop_back();
      if (const int sign = proof::sign_of(value(w)); sign != 0) {
        see(sign);
      } else if (proof::width_of(w) > kNarrowestLeaving * to) {
        const double cut = proof::middle(w);
        open.emplace_back(cut, w.upper());
        open.emplace_back(w.lower(), cut);
      } else {
        unsure = unsure ? proof::hull(*unsure, w) : w;
      }
    }
    see(last);
    return signs;
  }

 private:
  /// Of D for all w >= `from`: where the first term decides.
  [[nodiscard]] int sign_beyond(double from) const {
    Interval sum = first_;
    for (std::size_t k = 0; k < force_.size(); ++k)
      sum +=
          force_[k] * Interval(0.0, proof::exponential(-(Interval(from) * distance_[k])).upper());
    return proof::sign_of(sum);
  }

  /// D / w or D, from the middle of the interval.
  [[nodiscard]] Interval value(const Interval& w) const {
    const double middle = proof::middle(w);
    Interval sum = is_mean_ ? Interval(0.0) : first_;
    for (std::size_t k = 0; k < force_.size(); ++k) {
      const Interval z = Interval(middle) * distance_[k];
      sum += force_[k] * (is_mean_ ? -(distance_[k] * ratio(z)) : proof::exponential(-z));
    }
    return w.is_point() ? sum : sum + slope(w) * (w - middle);
  }
  /// Its derivative.
  [[nodiscard]] Interval slope(const Interval& w) const {
    Interval sum = 0.0;
    for (std::size_t k = 0; k < force_.size(); ++k) {
      const Interval z = w * distance_[k];
      if (is_mean_) {
        const Interval ends = proof::hull(ratio_slope(z.lower()), ratio_slope(z.upper()));
        sum -= force_[k] * proof::square(distance_[k]) * ends;
      } else {
        sum -= force_[k] * distance_[k] * proof::exponential(-z);
      }
    }
    return sum;
  }

  /// g falls, and g' = -(1 - (1 + z) exp(-z)) / z^2 rises; for small z by their series, whose terms alternate and decrease.
  static constexpr double kSmall = 0x1p-5;
  [[nodiscard]] static Interval ratio(const Interval& z) {
    const auto at = [](double end) -> Interval {
      const Interval u = std::max(0.0, end);
      if (end > kSmall) return (1.0 - proof::exponential(-u)) / u;
      const Interval rest = Interval(0.0, 1.0) * proof::square(proof::square(u)) / 120.0;
      return 1.0 - u / 2.0 + proof::square(u) / 6.0 - u * proof::square(u) / 24.0 + rest;
    };
    return proof::hull(at(z.lower()), at(z.upper()));
  }
  [[nodiscard]] static Interval ratio_slope(double end) {
    const Interval u = std::max(0.0, end);
    if (end > kSmall) return -((1.0 - (1.0 + u) * proof::exponential(-u)) / proof::square(u));
    const Interval rest = Interval(0.0, 1.0) * u * proof::square(u) / 30.0;
    return Interval(-0.5) + u / 3.0 - proof::square(u) / 8.0 + rest;
  }

  bool is_mean_;
  Interval output_, first_;
  std::vector<Interval> force_, distance_;  ///< J - 1, of the levels but the first.
};

/// The step between minus infinity and the first level: all others at their mean, whatever the slope is.
void add_zero_step(const Levels& levels, StepLimits& found, const StopCondition& stop) {
  const LeavingTogether leaving(levels, std::nullopt, false);
  const bool is_known = levels.has_known_offset();
  const int height = proof::sign_of(is_known ? leaving.output() : leaving.output() - levels.zero_y);
  if (is_known && height < 0) return;
  const SignsOfLeaving signs = leaving.signs(stop);
  // The energy grows where height D is positive, and the correlation, which has the sign of the height, falls where D is.
  const bool falls_if_high = signs.any_negative, falls_if_low = signs.positive > 0;
  if (height != 0 && signs.is_known)
    found.count += 1 - signs.positive;
  else
    found.count_is_known = false;
  if ((falls_if_high || height < 0) && (falls_if_low || height > 0)) return;
  CurveLimit limit;
  if (height != 0 && signs.is_known) limit.is_infimum = true;
  found.limits.push_back(limit);
}

/// Of curves beside a known plateau with a level at infinity that observes the other one: all levels at one output, which is
/// that of the fitted plateau, the known one, or between them.
/// @param levels Levels::falling().
void add_falling_constants(const Levels& levels, StepLimits& found, const StopCondition& stop) {
  const std::size_t J = levels.size();
  const auto add = [&](const LeavingTogether& leaving, int height, double turned,
                       CurveLimit limit) {
    if (height < 0) return;
    const SignsOfLeaving signs = leaving.signs(stop);
    const bool falls = turned > 0.0 ? signs.any_negative : signs.positive > 0;
    if (falls) return;
    limit.rises = false;
    if (height > 0 && signs.is_known) limit.is_infimum = true;
    found.limits.push_back(limit);
  };
  Interval sum = levels.zero_y * levels.top_weight, total = levels.top_weight;
  for (std::size_t j = 0; j < J; ++j) {
    sum += levels.y[j] * levels.weight[j];
    total += levels.weight[j];
  }
  const Interval all = sum / total;
  CurveLimit limit;
  // At the fitted plateau: then it is that of all targets. The energy grows where D is positive.
  add(LeavingTogether(levels, all, false), proof::sign_of(all), 1.0, limit);
  // At the known one; it grows where D is negative. Where that is the target at infinity, too, the height is zero.
  limit.below = J;
  if (!levels.zero_is_known)
    add(LeavingTogether(levels, Interval(0.0), true), proof::sign_of(levels.zero_y), -1.0, limit);
  // Between them, by a slope of zero: the energy grows if the targets fall with x.
  const LeavingTogether between(levels, std::nullopt, false);
  const int over = proof::sign_of(between.output());
  const int under = proof::sign_of(levels.zero_y - between.output());
  if (over < 0 || under < 0) return;
  Interval tilt = 0.0;
  for (std::size_t j = 1; j < J; ++j)
    tilt += (levels.y[j] - between.output()) * levels.weight[j] * (levels.x[j] - levels.x[0]);
  const int tilted = proof::sign_of(tilt);
  if (tilted > 0 && over > 0 && under > 0) return;
  limit.below = J;
  limit.is_flat = true;
  limit.rises = false;
  if (tilted < 0 && over > 0 && under > 0) limit.is_infimum = true;
  found.limits.push_back(limit);
}

}  // namespace

StepLimits find_steps(const Levels& levels, const StopCondition& stop) {
  StepLimits found;
  Steps(levels, true).add_to(found, stop);
  if (levels.is_half) add_zero_step(levels, found, stop);
  if (levels.has_known_offset()) {
    StepLimits falling;
    const Levels mirrored = levels.is_half ? levels.falling() : levels.mirrored();
    Steps(mirrored, false).add_to(falling, stop);
    if (levels.is_half) add_falling_constants(mirrored, falling, stop);
    if (!falling.complete) found.complete = found.count_is_known = false;
    for (CurveLimit& limit : falling.limits) {  // counted from small x again
      limit.below = levels.size() - limit.below - (limit.has_free ? 1 : 0);
      found.limits.push_back(limit);
    }
  }
  // Signs that were cut off are no tie of the data.
  if (levels.is_half && stop.is_met()) found.complete = found.count_is_known = false;
  return found;
}

}  // namespace tautrack::amplitude
