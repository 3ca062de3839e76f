#include "fits/amplitude_limits.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "tautrack/infinity/strata.hpp"
#include "tautrack/network/perceptron.hpp"

#include "amplitude/exponentials.hpp"
#include "amplitude/point_proof.hpp"
#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/products.hpp"
#include "core/text.hpp"
#include "infinity/arrangement.hpp"
#include "infinity/criterion.hpp"
#include "infinity/patterns.hpp"
#include "infinity/stratum.hpp"
#include "network/inverse.hpp"
#include "network/traits.hpp"

namespace tautrack::fits {
namespace {

using infinity::Cone;
using infinity::Face;
using infinity::Patterns;
using infinity::Verdict;

/// Strata are enumerated up to this rank of X, and at most so many.
constexpr Index kMostRank = 3;
constexpr long kMostStrata = 200000;
/// Starts of descents for the free patterns of a stratum and for exponentials on a face, and for exponentials on all
/// patterns.
constexpr int kFreeStarts = 40, kExponentialStarts = 100;
/// Sums of residuals below this times what they are summed from are rounding.
constexpr double kRoundedSum = 16.0 * kEpsilon;
/// Rates nearer than this, relative, are equal; sums of tails that cancel to this part are zero.
constexpr double kEqualRates = 1e-9, kCancelledTails = 1e-9;
/// The constant is in the column space of X when this is left of it, at most.
constexpr double kIsConstant = 1e-10;
/// Node inputs beyond this, in units of tanh, are on their way to infinity where a descent came to no minimum.
constexpr double kSaturated = 6.0;

constexpr const char* kEnumerated = "enumeration of strata";
constexpr const char* kWhereDescentsWent = "limit of a descent";
constexpr const char* kTie = "data tie: what the energy does nearby is not decided at first order";

/// One side of a stratum.
struct Plateau {
  double weight = 0.0, mean = 0.0;
};

/// Fitted plateaus of a stratum and its free patterns.
struct StratumFit {
  Range plateaus{0.0, 0.0};
  Vector v;  ///< n, coordinates that give the free patterns their node inputs; 0 without any.
};

/// What a stratum's tails do, with the signs of the pulls that rounding leaves open set one way.
struct Variant {
  Vector excess;            ///< Of all groups.
  std::vector<bool> inert;  ///< Groups that count nothing.
};

class Strata {
 public:
  Strata(const Problem& problem, Activation activation, const OutputRange& range,
         unsigned long seed, const StopCondition& stop)
      : problem_(problem),
        activation_(activation),
        range_(range),
        seed_(seed),
        stop_(stop),
        network_(centred(problem, activation), options_of(activation)),
        patterns_(infinity::patterns_of(network_)),
        model_(amplitude::model_of(problem, activation, range)) {
    for (Index i = 0; i < problem.X.rows(); ++i) {
      const Index g = patterns_.group[at(i)];
      if (members_.size() < at(patterns_.count())) members_.resize(at(patterns_.count()));
      if (g >= 0) members_[at(g)].push_back(i);
    }
    has_zero_rows_ =
        std::any_of(patterns_.group.begin(), patterns_.group.end(), [](Index g) { return g < 0; });
    has_opposites_ = std::any_of(patterns_.orientation.begin(), patterns_.orientation.end(),
                                 [](int orientation) { return orientation < 0; });
    const Vector ones = Vector::Ones(problem.X.rows());
    constant_ =
        bias_column() >= 0
            ? Vector(Vector::Unit(problem.X.cols(), bias_column()) / problem.X(0, bias_column()))
            : least_squares(problem.X, ones);
    has_constant_ = (problem.X * constant_ - ones).cwiseAbs().maxCoeff() <= kIsConstant;
  }

  AmplitudeLimits run(const std::vector<amplitude::Descent>& ran_off) {
    add_exponentials_on_all();
    if (has_zero_rows_)
      interrupted_ = "a row of X is zero";
    else if (network_.unknowns() <= kMostRank)
      enumerate();
    else
      look_where_descents_went(ran_off);
    std::stable_sort(
        result_.limits.begin(), result_.limits.end(),
        [](const NamedLimit& a, const NamedLimit& b) { return a.point.energy < b.point.energy; });
    say();
    return std::move(result_);
  }

 private:
  static PerceptronOptions options_of(Activation activation) {
    PerceptronOptions options;
    options.activation = activation;
    return options;
  }
  /// The problem with targets that no network minds: only its rows are asked for.
  static Problem centred(const Problem& problem, Activation activation) {
    Problem inputs = problem;
    const Range ends = tautrack::range(activation);
    inputs.y.setConstant(0.5 * (ends.low + ends.high));
    return inputs;
  }

  [[nodiscard]] bool is_algebraic() const { return traits(activation_).tails == Tails::algebraic; }
  [[nodiscard]] double omega(Index i) const { return model_.omega(i); }
  [[nodiscard]] double target(Index i) const { return problem_.y(i); }

  // --- Steps ---------------------------------------------------------------------------------------------

  void enumerate() {
    const infinity::Arrangement arrangement = infinity::arrangement_of(patterns_.rows);
    const char* interrupted = nullptr;
    bool doubtful = false;
    const bool all = infinity::for_each_face(arrangement, [&](const Face& face) {
      if (result_.strata >= kMostStrata) interrupted = "there are too many";
      if (stop_.is_met()) interrupted = stop_.reason();
      if (interrupted != nullptr) return false;
      ++result_.strata;
      std::vector<int> signs(at(patterns_.count()));
      for (std::size_t g = 0; g < signs.size(); ++g) {
        const int sign = face.signs[at(arrangement.plane[g])];
        signs[g] = arrangement.coefficient(static_cast<Index>(g)) > 0.0 ? sign : -sign;
      }
      if (!face.free.empty() && face.kernel.cols() == network_.unknowns()) {
        doubtful = true;  // rows so near to dependent ones that none moves
        return true;
      }
      look_at(signs, face.kernel, &face.inside, kEnumerated);
      return true;
    });
    enumerated_ = all && !doubtful;
    if (doubtful) interrupted = "rows of X are too near to depending on each other";
    if (interrupted != nullptr) interrupted_ = interrupted;
    if (enumerated_ && greatest_gain_ <= 0.0 && (range_.low || range_.high)) add_vanishing();
  }

  void look_where_descents_went(const std::vector<amplitude::Descent>& ran_off) {
    std::set<std::vector<int>> seen;
    for (const amplitude::Descent& descent : ran_off) {
      if (stop_.is_met()) return;
      const Vector v = network_.coordinates(descent.model.weights(descent.x));
      const Vector u = model_.sigmoid.input * times(patterns_.rows, v);
      std::vector<int> signs;
      for (Index g = 0; g < u.size(); ++g)
        signs.push_back(std::abs(u(g)) < kSaturated ? 0 : u(g) > 0.0 ? 1 : -1);
      const bool has_some =
          std::any_of(signs.begin(), signs.end(), [](int sign) { return sign != 0; });
      if (!has_some || !seen.insert(signs).second) continue;
      std::vector<Index> free;
      for (std::size_t g = 0; g < signs.size(); ++g)
        if (signs[g] == 0) free.push_back(static_cast<Index>(g));
      const Matrix kernel = infinity::null_space(rows_of(patterns_.rows, free));
      if (kernel.cols() == 0) continue;
      ++result_.strata;
      look_at(signs, kernel, nullptr, kWhereDescentsWent);
    }
  }

  /// @param inside A direction (n) in the stratum's cone, or null: one is looked for.
  void look_at(const std::vector<int>& signs, const Matrix& kernel, const Vector* inside,
               const char* found_by) {
    const std::vector<int> of_pattern = infinity::pattern_signs(patterns_, signs);
    Plateau low, high;
    std::size_t free = 0;
    for (std::size_t i = 0; i < of_pattern.size(); ++i) {
      const auto row = static_cast<Index>(i);
      if (of_pattern[i] == 0) {
        ++free;
        continue;
      }
      Plateau& side = of_pattern[i] > 0 ? high : low;
      side.weight += omega(row);
      side.mean += omega(row) * target(row);
    }
    for (Plateau* side : {&low, &high})
      if (side->weight > 0.0) side->mean /= side->weight;
    note_gain(of_pattern);
    if (free == 0) {
      const std::optional<StratumFit> fit = step_of(low, high);
      if (fit) judge_step(signs, of_pattern, kernel, inside, *fit, found_by);
      return;
    }
    for (const StratumFit& fit : fits_with_free(signs, kernel, low, high))
      judge_step(signs, of_pattern, kernel, inside, fit, found_by);
    if (low.weight == 0.0 || high.weight == 0.0)
      add_exponentials_on_face(signs, of_pattern, kernel, inside, low, high, found_by);
  }

  /// Values of the plateaus, where both are known or have patterns; nothing unless low < high.
  [[nodiscard]] std::optional<Range> plateaus_of(const Plateau& low, const Plateau& high) const {
    if ((!range_.low && low.weight == 0.0) || (!range_.high && high.weight == 0.0))
      return std::nullopt;
    const Range plateaus{range_.low ? *range_.low : low.mean,
                         range_.high ? *range_.high : high.mean};
    if (!(plateaus.low < plateaus.high)) return std::nullopt;
    return plateaus;
  }

  [[nodiscard]] std::optional<StratumFit> step_of(const Plateau& low, const Plateau& high) const {
    // All patterns at one plateau: a constant.
    if (low.weight == 0.0 || high.weight == 0.0) return std::nullopt;
    const std::optional<Range> plateaus = plateaus_of(low, high);
    if (!plateaus) return std::nullopt;
    return StratumFit{*plateaus, Vector::Zero(network_.unknowns())};
  }

  /// Minima of the problem in which some patterns are free and the others tell the plateaus.
  std::vector<StratumFit> fits_with_free(const std::vector<int>& signs, const Matrix& kernel,
                                         const Plateau& low, const Plateau& high) {
    const std::vector<Index> free = free_groups(signs);
    const Matrix rows = rows_of(patterns_.rows, free);
    const Index rank = network_.unknowns() - kernel.cols();
    if (static_cast<Index>(free.size()) == rank) {
      // Each has a weight for itself, and its mean, if that is between the plateaus.
      const std::optional<Range> plateaus = plateaus_of(low, high);
      if (!plateaus) return {};
      const Range ends = tautrack::range(activation_);
      Vector inputs(rank);
      for (Index k = 0; k < rank; ++k) {
        const double share =
            (mean_of(free[at(k)], *plateaus) - plateaus->low) / (plateaus->high - plateaus->low);
        if (!(share > kEpsilon && share < 1.0 - kEpsilon)) return {};
        inputs(k) = inverse_sigmoid(activation_, ends.low + share * (ends.high - ends.low));
      }
      return {{*plateaus, times(pseudo_inverse(rows), inputs)}};
    }
    const Index sides = (low.weight > 0.0 ? 1 : 0) + (high.weight > 0.0 ? 1 : 0);
    const Index plateaus = (range_.low ? 0 : 1) + (range_.high ? 0 : 1);
    if (static_cast<Index>(free.size()) + sides < rank + plateaus) return {};
    ++result_.searched;
    const Matrix basis = infinity::null_space(kernel.transpose());
    const amplitude::Model model = free_model(free, basis, low, high);
    std::vector<StratumFit> fits;
    for (const amplitude::Descent& minimum :
         amplitude::descend_from_many(model, kFreeStarts, seed_, stop_).minima) {
      if (!amplitude::prove_point(minimum.model, minimum.x).is_proven) continue;
      fits.push_back(
          {minimum.model.plateaus(minimum.x), times(basis, minimum.model.weights(minimum.x))});
    }
    return fits;
  }

  [[nodiscard]] std::vector<Index> free_groups(const std::vector<int>& signs) const {
    std::vector<Index> free;
    for (std::size_t g = 0; g < signs.size(); ++g)
      if (signs[g] == 0) free.push_back(static_cast<Index>(g));
    return free;
  }

  /// Of the outputs that its members want, as the group is turned.
  [[nodiscard]] double mean_of(Index g, const Range& plateaus) const {
    double sum = 0.0, weight = 0.0;
    for (const Index i : members_[at(g)]) {
      const bool is_turned = patterns_.orientation[at(i)] < 0;
      sum += omega(i) * (is_turned ? plateaus.low + plateaus.high - target(i) : target(i));
      weight += omega(i);
    }
    return sum / weight;
  }

  [[nodiscard]] amplitude::Model free_model(const std::vector<Index>& free, const Matrix& basis,
                                            const Plateau& low, const Plateau& high) const {
    std::vector<Index> patterns;
    for (const Index g : free)
      for (const Index i : members_[at(g)]) patterns.push_back(i);
    amplitude::Model model = model_;
    const Index rows = static_cast<Index>(patterns.size());
    Matrix of_patterns(rows, patterns_.rows.cols());
    for (Index k = 0; k < rows; ++k) {
      const Index i = patterns[at(k)];
      of_patterns.row(k) =
          patterns_.orientation[at(i)] * patterns_.rows.row(patterns_.group[at(i)]);
    }
    model.X = product(of_patterns, basis);
    model.y = entries_of(problem_.y, patterns);
    model.omega = entries_of(model_.omega, patterns);
    model.low = {low.weight, low.mean};
    model.high = {high.weight, high.mean};
    return model;
  }

  /// Energy of all patterns at the limit.
  [[nodiscard]] double energy_at(const std::vector<int>& of_pattern, const StratumFit& fit) const {
    const Range ends = tautrack::range(activation_);
    double energy = 0.0;
    for (std::size_t i = 0; i < of_pattern.size(); ++i) {
      const auto row = static_cast<Index>(i);
      double z = of_pattern[i] > 0 ? fit.plateaus.high : fit.plateaus.low;
      if (of_pattern[i] == 0) {
        const Index g = patterns_.group[i];
        const double u =
            patterns_.orientation[i] * (g < 0 ? 0.0 : patterns_.rows.row(g).dot(fit.v.transpose()));
        const double share = (evaluate(activation_, u).value - ends.low) / (ends.high - ends.low);
        z = fit.plateaus.low + share * (fit.plateaus.high - fit.plateaus.low);
      }
      const double r = z - target(row);
      energy += 0.5 * omega(row) * r * r;
    }
    return energy;
  }

  // --- What a step is worth ------------------------------------------------------------------------------

  /// What each group wants: positive, an output beyond its plateau. The plateaus are fitted, so that a sum which may
  /// be zero is: a plateau of which all groups have none follows them.
  [[nodiscard]] std::vector<Variant> variants(const std::vector<int>& signs,
                                              const std::vector<int>& of_pattern,
                                              const Range& plateaus) const {
    const auto count = at(patterns_.count());
    Variant base{Vector::Zero(patterns_.count()), std::vector<bool>(count, false)};
    std::vector<bool> open(count, false);
    std::vector<int> sides(count, 0);
    int on[2] = {0, 0}, open_on[2] = {0, 0};
    for (std::size_t g = 0; g < count; ++g) {
      if (signs[g] == 0) continue;
      double excess = 0.0, size = 0.0;
      bool is_exact = true;
      for (const Index i : members_[g]) {
        const bool is_high = of_pattern[at(i)] > 0;
        const double end = is_high ? plateaus.high : plateaus.low;
        excess += omega(i) * (is_high ? target(i) - end : end - target(i));
        size += omega(i) * (std::abs(target(i)) + std::abs(end));
        is_exact = is_exact && target(i) == end;
        sides[g] = is_high ? 1 : 0;
      }
      const bool is_known = sides[g] == 1 ? range_.high.has_value() : range_.low.has_value();
      ++on[sides[g]];
      const auto row = static_cast<Index>(g);
      base.excess(row) = excess;
      if (is_exact && is_known) {
        base.excess(row) = 0.0;
      } else if (std::abs(excess) <= kRoundedSum * size) {
        open[g] = true;
        ++open_on[sides[g]];
      }
    }
    std::vector<Variant> result{base};
    const auto for_side = [&](int side, const auto& change) {
      for (std::size_t g = 0; g < count; ++g)
        if (signs[g] != 0 && open[g] && sides[g] == side) change(g);
    };
    for (const int side : {0, 1}) {
      if (open_on[side] == 0) continue;
      const bool is_known = side == 1 ? range_.high.has_value() : range_.low.has_value();
      const bool all = open_on[side] == on[side];
      std::vector<Variant> more;
      for (const Variant& variant : result) {
        if (all && !is_known && !has_opposites_) {
          // A group for itself is followed; several equal ones resist where they part.
          Variant inert = variant, neutral = variant;
          for_side(side, [&](std::size_t g) {
            inert.inert[g] = true;
            neutral.excess(static_cast<Index>(g)) = 0.0;
          });
          more.push_back(inert);
          if (on[side] > 1) more.push_back(neutral);
        } else {
          for (const double sign : {1.0, -1.0}) {
            more.push_back(variant);
            for_side(side, [&](std::size_t g) {
              more.back().excess(static_cast<Index>(g)) = sign * proof::kUnderflow;
            });
          }
        }
      }
      result = std::move(more);
    }
    return result;
  }

  [[nodiscard]] Verdict judge_variant(const std::vector<int>& signs, const Matrix& kernel,
                                      const Vector* inside, const Variant& variant, const Vector& v,
                                      Vector& direction) const {
    std::vector<Index> saturated, followed;
    for (std::size_t g = 0; g < signs.size(); ++g)
      if (signs[g] != 0) (variant.inert[g] ? followed : saturated).push_back(static_cast<Index>(g));
    if (inside == nullptr) {
      Patterns patterns = patterns_;
      patterns.excess_high = variant.excess;
      patterns.excess_low = variant.excess;
      const InfimumTest test = infinity::test_infimum(network_, patterns, signs, stop_);
      if (!test.is_stratum) return {false, test.reason, {}};
      direction = network_.coordinates(test.direction);
      const bool any =
          std::any_of(variant.inert.begin(), variant.inert.end(), [](bool inert) { return inert; });
      // Inert groups resist nothing there, which is on the safe side only for a refusal.
      if (any && test.local_infimum != false) return {std::nullopt, kTie, {}};
      return {test.local_infimum, test.reason, {}};
    }
    direction = *inside;
    if (saturated.empty()) return {true, "every plateau follows its one group of patterns", {}};
    const auto rates_of = [&](const std::vector<Index>& groups) {
      Matrix rates(static_cast<Index>(groups.size()), kernel.cols());
      for (Index i = 0; i < rates.rows(); ++i) {
        const Index g = groups[at(i)];
        rates.row(i) =
            signs[at(g)] * transposed_times(kernel, patterns_.rows.row(g).transpose()).transpose();
      }
      return rates;
    };
    Cone cone;
    cone.rates = rates_of(saturated);
    cone.followed = rates_of(followed);
    cone.excess = entries_of(variant.excess, saturated);
    cone.inside = transposed_times(kernel, *inside);
    Verdict verdict = infinity::judge(cone, activation_, stop_);
    if (!verdict.local_infimum && kernel.cols() == 1 &&
        traits(activation_).tails == Tails::exponential)
      settle_on_ray(signs, saturated, cone, v, verdict);
    return verdict;
  }

  /// Along a ray the node inputs are known up to a common multiple, and equal rates are weighed against each
  /// other, the slowest first.
  void settle_on_ray(const std::vector<int>& signs, const std::vector<Index>& saturated,
                     const Cone& cone, const Vector& v, Verdict& verdict) const {
    const Vector rates = times(cone.rates, cone.inside);
    std::vector<Index> order(saturated.size());
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = static_cast<Index>(k);
    std::sort(order.begin(), order.end(), [&](Index a, Index b) { return rates(a) < rates(b); });
    const double per_input = 2.0 * model_.sigmoid.input;
    for (std::size_t k = 0; k < order.size();) {
      const double rate = rates(order[k]);
      double sum = 0.0, size = 0.0;
      for (; k < order.size() && rates(order[k]) <= rate * (1.0 + kEqualRates); ++k) {
        const Index g = saturated[at(order[k])];
        if (cone.excess(order[k]) == 0.0)
          return;  // of second order, and perhaps slower than the rest
        const double more = signs[at(g)] * patterns_.rows.row(g).dot(v.transpose());
        const double term = cone.excess(order[k]) * std::exp(-per_input * more);
        sum += term;
        size += std::abs(term);
      }
      if (!(std::abs(sum) > kCancelledTails * size)) return;
      if (size <= proof::kUnderflow * 1e3) return;
      verdict.local_infimum = sum > 0.0;
      verdict.reason = sum > 0.0
                           ? "of the patterns that saturate slowest those that want an output "
                             "beyond their plateau prevail"
                           : "of the patterns that saturate slowest those that want an output "
                             "inside prevail";
      return;
    }
  }

  void judge_step(const std::vector<int>& signs, const std::vector<int>& of_pattern,
                  const Matrix& kernel, const Vector* inside, const StratumFit& fit,
                  const char* found_by) {
    std::optional<Verdict> verdict;
    Vector direction;
    for (const Variant& variant : variants(signs, of_pattern, fit.plateaus)) {
      Verdict next = judge_variant(signs, kernel, inside, variant, fit.v, direction);
      if (verdict && verdict->local_infimum != next.local_infimum) {
        verdict = Verdict{std::nullopt, kTie, {}};
        break;
      }
      verdict = std::move(next);
    }
    if (verdict->local_infimum == false) return;
    NamedLimit limit;
    limit.point.weights = network_.weights(fit.v);
    limit.point.direction = network_.weights(direction).normalized();
    limit.point.signs = of_pattern;
    limit.point.range = fit.plateaus;
    limit.point.energy = energy_at(of_pattern, fit);
    limit.point.local_infimum = verdict->local_infimum;
    limit.point.found_by = found_by;
    limit.words = step_words(of_pattern, fit.plateaus);
    limit.point.reason = limit.words + "; " + verdict->reason;
    result_.limits.push_back(std::move(limit));
  }

  [[nodiscard]] static std::string step_words(const std::vector<int>& of_pattern,
                                              const Range& plateaus) {
    const auto count = [&](int sign) {
      return std::count(of_pattern.begin(), of_pattern.end(), sign);
    };
    std::string text = "the slope is infinite: a step from " + number(plateaus.low) + " (" +
                       std::to_string(count(-1)) + " rows) to " + number(plateaus.high) + " (" +
                       std::to_string(count(1)) + ")";
    if (count(0) > 0) text += ", with " + std::to_string(count(0)) + " on its way";
    return text;
  }

  // --- Exponentials --------------------------------------------------------------------------------------

  void add_exponentials_on_all() {
    if (!has_constant_ || is_algebraic()) return;
    std::optional<double> sign;
    if (range_.low) sign = 1.0;
    if (range_.high) sign = -1.0;
    for (const amplitude::ExponentialFit& fit : amplitude::exponentials_of(
             model_, constant_, activation_, sign, kExponentialStarts, seed_, stop_)) {
      if (fit.is_infimum == false) continue;
      const double height = *fit.model.held_height;
      std::vector<int> of_pattern(at(problem_.X.rows()), height > 0.0 ? -1 : 1);
      add_exponential(fit, fit.model.weights(fit.proof.x), -height * constant_,
                      std::move(of_pattern), fit.energy, fit.is_infimum, "", kEnumerated);
    }
  }

  /// Exponentials on the free patterns, all others at the plateau that stays.
  void add_exponentials_on_face(const std::vector<int>& signs, const std::vector<int>& of_pattern,
                                const Matrix& kernel, const Vector* inside, const Plateau& low,
                                const Plateau& high, const char* found_by) {
    const bool from_low = high.weight == 0.0;  // the others are at the low plateau
    if (is_algebraic() || (from_low ? range_.high.has_value() : range_.low.has_value())) return;
    const std::vector<Index> free = free_groups(signs);
    const Index rank = network_.unknowns() - kernel.cols();
    if (rank < 2 || static_cast<Index>(free.size()) <= rank) return;
    const Matrix basis = infinity::null_space(kernel.transpose());
    amplitude::Model model = free_model(free, basis, low, high);
    if (!from_low) std::swap(model.low, model.high);
    const Vector ones = Vector::Ones(model.X.rows());
    const Vector constant = least_squares(model.X, ones);
    if (!((model.X * constant - ones).cwiseAbs().maxCoeff() <= kIsConstant)) return;
    ++result_.searched;
    for (const amplitude::ExponentialFit& fit : amplitude::exponentials_of(
             model, constant, activation_, from_low ? 1.0 : -1.0, kFreeStarts, seed_, stop_)) {
      if (fit.is_infimum == false) continue;
      // Patterns off the face leave the plateau as the exponential does.
      const double end = fit.model.end(fit.proof.x);
      const Range plateaus = from_low ? Range{end, kInfinity} : Range{-kInfinity, end};
      std::optional<bool> verdict = fit.is_infimum;
      Vector direction;
      for (const Variant& variant : variants(signs, of_pattern, plateaus)) {
        const Verdict next = judge_variant(signs, kernel, inside, variant,
                                           Vector::Zero(network_.unknowns()), direction);
        if (next.local_infimum == false) {
          verdict = false;
          break;
        }
        if (!next.local_infimum) verdict = std::nullopt;
      }
      if (verdict == false) continue;
      std::vector<int> all_signs(of_pattern.size(), from_low ? -1 : 1);
      double energy = fit.energy;
      for (std::size_t i = 0; i < of_pattern.size(); ++i) {
        if (of_pattern[i] == 0) continue;
        const double r = target(static_cast<Index>(i)) - (from_low ? low.mean : high.mean);
        energy += 0.5 * omega(static_cast<Index>(i)) * r * r;
      }
      add_exponential(fit, network_.weights(times(basis, fit.model.weights(fit.proof.x))),
                      network_.weights(direction), std::move(all_signs), energy, verdict,
                      " on " + std::to_string(model.X.rows()) + " rows", found_by);
    }
  }

  /// @param w s, exponents X w, the bias included.
  void add_exponential(const amplitude::ExponentialFit& fit, const Vector& w, const Vector& away,
                       std::vector<int> of_pattern, double energy, std::optional<bool> is_infimum,
                       const std::string& where, const char* found_by) {
    const double height = *fit.model.held_height, end = fit.model.end(fit.proof.x);
    // The part of the exponents that all patterns share is the factor.
    Vector rate = w;
    double shared = 0.0;
    const Index bias = bias_column();
    if (bias >= 0) {
      shared = w(bias) * problem_.X(0, bias);
      rate(bias) = 0.0;
    }
    NamedLimit limit;
    limit.point.exponential = ExponentialCurve{end, height * std::exp(shared), rate};
    // Node inputs are those of the logistic function over 2 input.
    limit.point.weights = height / (2.0 * model_.sigmoid.input) * rate;
    limit.point.direction = away.normalized();
    limit.point.signs = std::move(of_pattern);
    limit.point.range = height > 0.0 ? Range{end, kInfinity} : Range{-kInfinity, end};
    limit.point.energy = energy;
    limit.point.local_infimum = is_infimum;
    limit.point.found_by = found_by;
    limit.words = std::string("the data show no ") + (height > 0.0 ? "upper" : "lower") +
                  " plateau: the exponential " + number(end) + (height > 0.0 ? " + " : " - ") +
                  "exp(" + exponent_words(w, bias) + ")" + where;
    limit.point.reason =
        limit.words + "; " +
        (!is_infimum                  ? kTie
         : where.empty() && bias >= 0 ? "proven: the energy grows when the plateau comes nearer"
                                      : "the energy grows when the plateau comes nearer");
    result_.limits.push_back(std::move(limit));
  }

  [[nodiscard]] Index bias_column() const {
    for (Index j = 0; j < problem_.X.cols(); ++j)
      if (problem_.X(0, j) != 0.0 && (problem_.X.col(j).array() == problem_.X(0, j)).all())
        return j;
    return -1;
  }

  [[nodiscard]] std::string exponent_words(const Vector& w, Index bias) const {
    std::string text;
    for (Index j = 0; j < w.size(); ++j) {
      if (w(j) == 0.0) continue;
      const double value = j == bias ? w(j) * problem_.X(0, j) : w(j);
      if (!text.empty())
        text += value < 0.0 ? " - " : " + ";
      else if (value < 0.0)
        text += "-";
      text += number(std::abs(value));
      if (j != bias)
        text += ' ' + (at(j) < problem_.columns.size() ? problem_.columns[at(j)]
                                                       : 'x' + std::to_string(j + 1));
    }
    return text;
  }

  // --- A height that vanishes ----------------------------------------------------------------------------

  /// Every sigmoid is a mean of steps, so that none is better than the known plateau when no step is.
  void note_gain(const std::vector<int>& of_pattern) {
    if (!range_.low && !range_.high) return;
    double gain = 0.0, size = 0.0;
    for (std::size_t i = 0; i < of_pattern.size(); ++i) {
      if (of_pattern[i] != (range_.low ? 1 : -1)) continue;
      const auto row = static_cast<Index>(i);
      gain += omega(row) * (range_.low ? target(row) - *range_.low : *range_.high - target(row));
      size += omega(row) * std::abs(target(row));
    }
    if (gain > -kRoundedSum * size) greatest_gain_ = std::max(greatest_gain_, gain);
  }

  void add_vanishing() {
    const double end = range_.low ? *range_.low : *range_.high;
    NamedLimit limit;
    limit.point.range = Range{end, end};
    limit.point.weights = Vector::Zero(problem_.X.cols());
    limit.point.direction = has_constant_
                                ? Vector((range_.low ? -constant_ : constant_).normalized())
                                : Vector::Zero(problem_.X.cols());
    limit.point.signs.assign(at(problem_.X.rows()), range_.low ? -1 : 1);
    limit.point.energy = 0.5 * model_.omega.dot((problem_.y.array() - end).square().matrix());
    limit.point.local_infimum = true;
    limit.point.found_by = kEnumerated;
    limit.words = kVanishingHeight;
    limit.point.reason =
        limit.words + "; they are nearer to the known plateau than to any sigmoid away from it";
    result_.limits.push_back(std::move(limit));
  }

  void say() {
    std::string missing;
    const auto miss = [&](const std::string& what) {
      missing += (missing.empty() ? "" : "; ") + what;
    };
    if (network_.unknowns() > kMostRank)
      miss("steps are enumerated up to rank " + std::to_string(kMostRank) +
           ", and the rank of X is " + std::to_string(network_.unknowns()) +
           ": those that descents ran to were looked at");
    else if (!enumerated_)
      miss("not all steps were looked at: " + interrupted_);
    if (!has_constant_)
      miss("limits of networks without a bias at which a plateau moves away were not looked at");
    else if (is_algebraic())
      miss("hyperbolas, which arctan tends to when a plateau moves away, were not looked at");
    result_.complete = missing.empty();
    result_.message = result_.complete ? "steps and exponentials: all strata were looked at"
                                       : "limits of fitted plateaus: " + missing;
    result_.message +=
        "; exponentials, and minima of free patterns, come from many starts, which may miss some";
  }

  const Problem& problem_;
  Activation activation_;
  OutputRange range_;
  unsigned long seed_;
  const StopCondition& stop_;
  Perceptron network_;  ///< For its coordinates.
  Patterns patterns_;
  amplitude::Model model_;
  std::vector<std::vector<Index>> members_;  ///< Of each group.
  bool has_zero_rows_ = false, has_opposites_ = false;
  bool has_constant_ = false, enumerated_ = false;
  Vector constant_;  ///< s, X constant = 1 nearly.
  double greatest_gain_ = 0.0;
  std::string interrupted_;
  AmplitudeLimits result_;
};

}  // namespace

AmplitudeLimits limits_of_amplitude(const Problem& problem, Activation activation,
                                    const OutputRange& range,
                                    const std::vector<amplitude::Descent>& ran_off,
                                    unsigned long seed, const StopCondition& stop) {
  return Strata(problem, activation, range, seed, stop).run(ran_off);
}

}  // namespace tautrack::fits
