#include "fits/amplitude_limits.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "tautrack/infinity/strata.hpp"

#include "amplitude/point_proof.hpp"
#include "core/decompositions.hpp"
#include "core/products.hpp"
#include "core/text.hpp"
#include "fits/amplitude_strata.hpp"
#include "infinity/stratum.hpp"
#include "network/inverse.hpp"

namespace tautrack::fits {
namespace {

/// Parts of the height nearer to each other than this are one.
constexpr double kSameShare = 1e-12;
/// Node inputs beyond this, in units of tanh, are on their way to infinity where a descent came to no minimum.
constexpr double kSaturated = 6.0;
/// Rates nearer than this, relative, are equal.
constexpr double kEqualRates = 1e-9;

constexpr const char* kWhereDescentsWent = "limit of a descent";

}  // namespace

AmplitudeStrata::AmplitudeStrata(const Problem& problem, Activation activation,
                                 const OutputRange& range, double lowest, unsigned long seed,
                                 const StopCondition& stop)
    : problem_(problem),
      activation_(activation),
      range_(range),
      seed_(seed),
      stop_(stop),
      network_(centred(problem, activation), options_of(activation)),
      patterns_(infinity::patterns_of(network_)),
      model_(amplitude::model_of(problem, activation, range)),
      lowest_(lowest) {
  for (Index i = 0; i < problem.X.rows(); ++i) {
    const Index g = patterns_.group[at(i)];
    if (members_.size() < at(patterns_.count())) members_.resize(at(patterns_.count()));
    if (g >= 0) members_[at(g)].push_back(i);
  }
  for (Index i = 0; i < problem.X.rows(); ++i)
    if (patterns_.group[at(i)] < 0) still_.push_back(i);
  std::map<std::vector<double>, Index> rows;
  for (Index g = 0; g < patterns_.count(); ++g) {
    const Vector row = patterns_.rows.row(g);
    const auto lead = std::find_if(row.begin(), row.end(), [](double x) { return x != 0.0; });
    std::vector<double> key;
    for (const double x : row) key.push_back((*lead > 0.0 ? 1.0 : -1.0) * x + 0.0);
    same_row_.push_back(rows.try_emplace(std::move(key), g).first->second);
  }
  has_opposites_ = std::any_of(patterns_.orientation.begin(), patterns_.orientation.end(),
                               [](int orientation) { return orientation < 0; });
  const Vector ones = Vector::Ones(problem.X.rows());
  constant_ =
      bias_column() >= 0
          ? Vector(Vector::Unit(problem.X.cols(), bias_column()) / problem.X(0, bias_column()))
          : least_squares(problem.X, ones);
  has_constant_ = (problem.X * constant_ - ones).cwiseAbs().maxCoeff() <= kIsConstant;
}

AmplitudeLimits AmplitudeStrata::run(const std::vector<amplitude::Descent>& ran_off) {
  add_exponentials_on_all();
  if (!has_constant_) add_limits_without_bias();
  if (network_.unknowns() <= kMostRank)
    enumerate();
  else
    look_where_descents_went(ran_off);
  add_vanishing();
  std::stable_sort(
      result_.limits.begin(), result_.limits.end(),
      [](const NamedLimit& a, const NamedLimit& b) { return a.point.energy < b.point.energy; });
  say();
  return std::move(result_);
}

PerceptronOptions AmplitudeStrata::options_of(Activation activation) {
  PerceptronOptions options;
  options.activation = activation;
  return options;
}

Problem AmplitudeStrata::centred(const Problem& problem, Activation activation) {
  Problem inputs = problem;
  const Range ends = tautrack::range(activation);
  inputs.y.setConstant(0.5 * (ends.low + ends.high));
  return inputs;
}

bool AmplitudeStrata::has_exponentials() const {
  const Tails tails = traits(activation_).tails;
  return tails == Tails::exponential || (tails == Tails::gaussian && model_.offset.size() == 0);
}

std::vector<int> AmplitudeStrata::signs_of(const infinity::Arrangement& arrangement,
                                           const Face& face) {
  std::vector<int> signs(arrangement.plane.size());
  for (std::size_t g = 0; g < signs.size(); ++g) {
    const int sign = face.signs[at(arrangement.plane[g])];
    signs[g] = arrangement.coefficient(static_cast<Index>(g)) > 0.0 ? sign : -sign;
  }
  return signs;
}

void AmplitudeStrata::enumerate() {
  const infinity::Arrangement arrangement = infinity::arrangement_of(patterns_.rows);
  const char* interrupted = nullptr;
  bool doubtful = false;
  const bool all = infinity::for_each_face(arrangement, [&](const Face& face) {
    if (result_.strata >= kMostStrata) interrupted = "there are too many";
    if (stop_.is_met()) interrupted = stop_.reason();
    if (interrupted != nullptr) return false;
    ++result_.strata;
    const std::vector<int> signs = signs_of(arrangement, face);
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
  if (steps_are_all_thresholds() && enumerated_) greatest_gain_of_steps_ = greatest_gain_;
}

void AmplitudeStrata::look_where_descents_went(const std::vector<amplitude::Descent>& ran_off) {
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

void AmplitudeStrata::look_at(const std::vector<int>& signs, const Matrix& kernel,
                              const Vector* inside, const char* found_by) {
  const std::vector<int> of_pattern = infinity::pattern_signs(patterns_, signs);
  Plateau low, high;
  for (std::size_t i = 0; i < of_pattern.size(); ++i) {
    const auto row = static_cast<Index>(i);
    if (of_pattern[i] == 0) continue;
    Plateau& side = of_pattern[i] > 0 ? high : low;
    side.weight += omega(row);
    side.mean += omega(row) * target(row);
  }
  for (Plateau* side : {&low, &high})
    if (side->weight > 0.0) side->mean /= side->weight;
  note_gain(of_pattern);
  if (free_groups(signs).empty()) {
    const std::optional<StratumFit> fit = step_of(low, high);
    if (fit) judge_step(signs, of_pattern, kernel, inside, *fit, found_by);
    return;
  }
  for (const StratumFit& fit : fits_with_free(signs, kernel, low, high))
    judge_step(signs, of_pattern, kernel, inside, fit, found_by);
  if (low.weight == 0.0 || high.weight == 0.0)
    add_exponentials_on_face(signs, of_pattern, kernel, inside, low, high, found_by);
}

std::optional<Range> AmplitudeStrata::plateaus_of(const Plateau& low, const Plateau& high) const {
  if (!still_.empty()) return plateaus_beside_still_rows(low, high);
  if ((!range_.low && low.weight == 0.0) || (!range_.high && high.weight == 0.0))
    return std::nullopt;
  const Range plateaus{range_.low ? *range_.low : low.mean, range_.high ? *range_.high : high.mean};
  if (!(plateaus.low < plateaus.high)) return std::nullopt;
  return plateaus;
}

double AmplitudeStrata::share_at(double u) const {
  const Range ends = tautrack::range(activation_);
  return (evaluate(activation_, u).value - ends.low) / (ends.high - ends.low);
}

std::optional<Range> AmplitudeStrata::plateaus_beside_still_rows(const Plateau& low,
                                                                 const Plateau& high) const {
  std::vector<double> shares, weights, targets;
  const auto add = [&](double share, double weight, double value) {
    if (!(weight > 0.0)) return;
    shares.push_back(share);
    weights.push_back(weight);
    targets.push_back(value);
  };
  add(0.0, low.weight, low.mean);
  add(1.0, high.weight, high.mean);
  for (const Index i : still_) add(share_at(model_.offset_of(i)), omega(i), target(i));
  // From the known end, or from the means.
  double from = 0.0, value = 0.0;
  if (range_.low || range_.high) {
    from = range_.low ? 0.0 : 1.0;
    value = range_.low ? *range_.low : *range_.high;
  } else {
    double total = 0.0;
    for (std::size_t k = 0; k < shares.size(); ++k) {
      total += weights[k];
      from += weights[k] * shares[k];
      value += weights[k] * targets[k];
    }
    from /= total;
    value /= total;
  }
  double along = 0.0, square = 0.0, farthest = 0.0;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    const double apart = shares[k] - from;
    along += weights[k] * apart * (targets[k] - value);
    square += weights[k] * apart * apart;
    farthest = std::max(farthest, std::abs(apart));
  }
  if (!(farthest > kSameShare)) return std::nullopt;
  const double height = along / square;
  const Range plateaus{range_.low ? *range_.low : value - height * from,
                       range_.high ? *range_.high : value + height * (1.0 - from)};
  if (!(plateaus.low < plateaus.high)) return std::nullopt;
  return plateaus;
}

std::optional<AmplitudeStrata::StratumFit> AmplitudeStrata::step_of(const Plateau& low,
                                                                    const Plateau& high) const {
  // All patterns at one plateau: a constant, which is a limit where no slopes of zero give the same and the other
  // plateau is known.
  if (still_.empty() && (low.weight == 0.0 || high.weight == 0.0) && steps_are_all_thresholds())
    return std::nullopt;
  const std::optional<Range> plateaus = plateaus_of(low, high);
  if (!plateaus) return std::nullopt;
  return StratumFit{*plateaus, Vector::Zero(network_.unknowns())};
}

std::vector<AmplitudeStrata::StratumFit> AmplitudeStrata::fits_with_free(
    const std::vector<int>& signs, const Matrix& kernel, const Plateau& low, const Plateau& high) {
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
      inputs(k) = inverse_sigmoid(activation_, ends.low + share * (ends.high - ends.low)) -
                  offset_of_group(free[at(k)]);
    }
    return {{*plateaus, times(pseudo_inverse(rows), inputs)}};
  }
  std::set<double> still;
  for (const Index i : still_) still.insert(model_.offset_of(i));
  const Index sides =
      (low.weight > 0.0 ? 1 : 0) + (high.weight > 0.0 ? 1 : 0) + static_cast<Index>(still.size());
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

double AmplitudeStrata::offset_of_group(Index g) const {
  return patterns_.offsets.size() > 0 ? patterns_.offsets(g) : 0.0;
}

std::vector<Index> AmplitudeStrata::free_groups(const std::vector<int>& signs) const {
  std::vector<Index> free;
  for (std::size_t g = 0; g < signs.size(); ++g)
    if (signs[g] == 0) free.push_back(static_cast<Index>(g));
  return free;
}

double AmplitudeStrata::mean_of(Index g, const Range& plateaus) const {
  double sum = 0.0, weight = 0.0;
  for (const Index i : members_[at(g)]) {
    const bool is_turned = patterns_.orientation[at(i)] < 0;
    sum += omega(i) * (is_turned ? plateaus.low + plateaus.high - target(i) : target(i));
    weight += omega(i);
  }
  return sum / weight;
}

amplitude::Model AmplitudeStrata::free_model(const std::vector<Index>& free, const Matrix& basis,
                                             const Plateau& low, const Plateau& high) const {
  std::vector<Index> patterns;
  for (const Index g : free)
    for (const Index i : members_[at(g)]) patterns.push_back(i);
  const Index moved = static_cast<Index>(patterns.size());
  patterns.insert(patterns.end(), still_.begin(), still_.end());
  amplitude::Model model = model_;
  const Index rows = static_cast<Index>(patterns.size());
  Matrix of_patterns = Matrix::Zero(rows, patterns_.rows.cols());
  for (Index k = 0; k < moved; ++k) {
    const Index i = patterns[at(k)];
    of_patterns.row(k) = patterns_.orientation[at(i)] * patterns_.rows.row(patterns_.group[at(i)]);
  }
  model.X = product(of_patterns, basis);
  if (model_.offset.size() > 0) model.offset = entries_of(model_.offset, patterns);
  model.y = entries_of(problem_.y, patterns);
  model.omega = entries_of(model_.omega, patterns);
  model.low = {low.weight, low.mean};
  model.high = {high.weight, high.mean};
  return model;
}

double AmplitudeStrata::energy_at(const std::vector<int>& of_pattern, const StratumFit& fit) const {
  double energy = 0.0;
  for (std::size_t i = 0; i < of_pattern.size(); ++i) {
    const auto row = static_cast<Index>(i);
    double z = of_pattern[i] > 0 ? fit.plateaus.high : fit.plateaus.low;
    if (of_pattern[i] == 0) {
      const Index g = patterns_.group[i];
      const double moved =
          g < 0 ? 0.0 : patterns_.orientation[i] * patterns_.rows.row(g).dot(fit.v.transpose());
      z = fit.plateaus.low +
          share_at(moved + model_.offset_of(row)) * (fit.plateaus.high - fit.plateaus.low);
    }
    const double r = z - target(row);
    energy += 0.5 * omega(row) * r * r;
  }
  return energy;
}

std::vector<AmplitudeStrata::Variant> AmplitudeStrata::variants(const std::vector<int>& signs,
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
      if (all && !is_known && !has_opposites_ && still_.empty()) {
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

AmplitudeStrata::Verdict AmplitudeStrata::judge_variant(const std::vector<int>& signs,
                                                        const Matrix& kernel, const Vector* inside,
                                                        const Variant& variant, const Vector& v,
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
  Vector excess = variant.excess;
  if (!join_equal_rows(signs, excess, saturated)) return {std::nullopt, kTie, {}};
  if (saturated.empty()) return {true, kFollows, {}};
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
  cone.excess = entries_of(excess, saturated);
  cone.inside = transposed_times(kernel, *inside);
  Verdict verdict = infinity::judge(cone, activation_, stop_);
  if (!verdict.local_infimum && kernel.cols() == 1 &&
      traits(activation_).tails == Tails::exponential)
    settle_on_ray(signs, saturated, cone, v, verdict);
  return verdict;
}

bool AmplitudeStrata::join_equal_rows(const std::vector<int>& signs, Vector& excess,
                                      std::vector<Index>& saturated) const {
  if (model_.offset.size() == 0) return true;
  const Tails tails = traits(activation_).tails;
  const double per_input = tails == Tails::exponential ? 2.0 * model_.sigmoid.input : 0.0;
  const auto slow = [&](Index g) { return -signs[at(g)] * offset_of_group(g); };
  std::map<Index, std::vector<Index>> of_row;
  for (const Index g : saturated) of_row[same_row_[at(g)]].push_back(g);
  saturated.clear();
  for (auto& [row, groups] : of_row) {
    std::stable_sort(groups.begin(), groups.end(),
                     [&](Index a, Index b) { return slow(a) > slow(b); });
    const Index last = groups.front();
    saturated.push_back(last);
    const auto wants =
        std::find_if(groups.begin(), groups.end(), [&](Index g) { return excess(g) != 0.0; });
    if (wants == groups.end()) continue;
    double sum = 0.0, size = 0.0;
    for (const Index g : groups) {
      if (std::abs(excess(g)) <= proof::kUnderflow) continue;  // set one way
      const double term = excess(g) * std::exp(per_input * (slow(g) - slow(last)));
      sum += term;
      size += std::abs(term);
    }
    if (tails == Tails::gaussian || size == 0.0) {
      excess(last) = excess(*wants);
      continue;
    }
    if (!(std::abs(sum) > kCancelledTails * size)) return false;
    excess(last) = sum;
  }
  return true;
}

void AmplitudeStrata::settle_on_ray(const std::vector<int>& signs,
                                    const std::vector<Index>& saturated, const Cone& cone,
                                    const Vector& v, Verdict& verdict) const {
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
      const double more =
          signs[at(g)] * (patterns_.rows.row(g).dot(v.transpose()) + offset_of_group(g));
      const double term = cone.excess(order[k]) * std::exp(-per_input * more);
      sum += term;
      size += std::abs(term);
    }
    if (!(std::abs(sum) > kCancelledTails * size)) return;
    if (size <= proof::kUnderflow * 1e3) return;
    verdict.local_infimum = sum > 0.0;
    verdict.reason = sum > 0.0 ? "of the patterns that saturate slowest those that want an output "
                                 "beyond their plateau prevail"
                               : "of the patterns that saturate slowest those that want an output "
                                 "inside prevail";
    return;
  }
}

AmplitudeStrata::Verdict AmplitudeStrata::verdict_of_variants(
    const std::vector<Variant>& variants, const std::function<Verdict(const Variant&)>& judge) {
  std::optional<Verdict> verdict;
  for (const Variant& variant : variants) {
    Verdict next = judge(variant);
    if (verdict && verdict->local_infimum != next.local_infimum) return {std::nullopt, kTie, {}};
    verdict = std::move(next);
  }
  return *verdict;
}

void AmplitudeStrata::judge_step(const std::vector<int>& signs, const std::vector<int>& of_pattern,
                                 const Matrix& kernel, const Vector* inside, const StratumFit& fit,
                                 const char* found_by) {
  Vector direction;
  const Verdict verdict =
      verdict_of_variants(variants(signs, of_pattern, fit.plateaus), [&](const Variant& variant) {
        return judge_variant(signs, kernel, inside, variant, fit.v, direction);
      });
  if (verdict.local_infimum == false) return;
  NamedLimit limit;
  limit.point.weights = network_.weights(fit.v);
  limit.point.direction = network_.weights(direction).normalized();
  limit.point.signs = of_pattern;
  limit.point.range = fit.plateaus;
  limit.point.energy = energy_at(of_pattern, fit);
  limit.point.local_infimum = verdict.local_infimum;
  limit.point.found_by = found_by;
  limit.words = step_words(of_pattern, fit.plateaus);
  limit.point.reason = limit.words + "; " + verdict.reason;
  result_.limits.push_back(std::move(limit));
}

std::string AmplitudeStrata::step_words(const std::vector<int>& of_pattern, const Range& plateaus) {
  const auto count = [&](int sign) {
    return std::count(of_pattern.begin(), of_pattern.end(), sign);
  };
  if (count(0) == 0 && (count(1) == 0 || count(-1) == 0))
    return "the weights are infinite: all rows at the fitted plateau, " +
           number(count(1) == 0 ? plateaus.low : plateaus.high);
  std::string text = "the slope is infinite: a step from " + number(plateaus.low) + " (" +
                     std::to_string(count(-1)) + " rows) to " + number(plateaus.high) + " (" +
                     std::to_string(count(1)) + ")";
  if (count(0) > 0) text += ", with " + std::to_string(count(0)) + " on its way";
  return text;
}
void AmplitudeStrata::say() {
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
  if (!missed_line_.empty()) miss(missed_line_);
  if (!missed_without_bias_.empty()) miss(missed_without_bias_);
  if (is_algebraic())
    miss("hyperbolas, which arctan tends to when a plateau moves away, were not looked at");
  else if (has_constant_ && !has_exponentials())
    miss(
        "limits of erf beside a known part of the node inputs at which one plateau moves away "
        "were not looked at");
  result_.complete = missing.empty();
  result_.message = result_.complete ? "steps and exponentials: all strata were looked at"
                                     : "limits of fitted plateaus: " + missing;
  result_.message +=
      "; exponentials, and minima of free patterns, come from many starts, which may miss some";
}

AmplitudeLimits limits_of_amplitude(const Problem& problem, Activation activation,
                                    const OutputRange& range,
                                    const std::vector<amplitude::Descent>& ran_off, double lowest,
                                    unsigned long seed, const StopCondition& stop) {
  return AmplitudeStrata(problem, activation, range, lowest, seed, stop).run(ran_off);
}

}  // namespace tautrack::fits
