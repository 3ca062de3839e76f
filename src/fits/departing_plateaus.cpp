#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "core/decompositions.hpp"
#include "core/products.hpp"
#include "core/text.hpp"
#include "fits/amplitude_strata.hpp"

/// Limits of amplitude models at which a plateau or both move away, and that of a height of zero.
namespace tautrack::fits {
namespace {

/// Starts of descents for exponentials on all patterns.
constexpr int kExponentialStarts = 100;
/// A curve is better than a height of zero when it is so by this part of the energy.
constexpr double kBetter = 1e-12;

}  // namespace

void AmplitudeStrata::add_exponentials_on_all() {
  if (!has_constant_ || !has_exponentials()) return;
  std::optional<double> sign;
  if (range_.low) sign = 1.0;
  if (range_.high) sign = -1.0;
  for (const amplitude::ExponentialFit& fit : amplitude::exponentials_of(
           model_, constant_, activation_, sign, kExponentialStarts, seed_, stop_)) {
    if (fit.is_infimum == false) continue;
    const double height = *fit.model.held_height;
    std::vector<int> of_pattern(at(problem_.X.rows()), height > 0.0 ? -1 : 1);
    add_exponential(fit, fit.model.weights(fit.proof.x), -height * constant_, std::move(of_pattern),
                    fit.energy, fit.is_infimum, "", kEnumerated);
  }
}

void AmplitudeStrata::add_exponentials_on_face(const std::vector<int>& signs,
                                               const std::vector<int>& of_pattern,
                                               const Matrix& kernel, const Vector* inside,
                                               const Plateau& low, const Plateau& high,
                                               const char* found_by) {
  const bool from_low = high.weight == 0.0;  // the others are at the low plateau
  if (!has_exponentials() || !still_.empty() ||
      (from_low ? range_.high.has_value() : range_.low.has_value()))
    return;
  const std::vector<Index> free = free_groups(signs);
  const Index rank = network_.unknowns() - kernel.cols();
  if (static_cast<Index>(free.size()) <= rank) return;
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

void AmplitudeStrata::add_exponential(const amplitude::ExponentialFit& fit, const Vector& w,
                                      const Vector& away, std::vector<int> of_pattern,
                                      double energy, std::optional<bool> is_infimum,
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
                "exp(" + exponent_words(w, bias) + known_exponent_words(height) + where;
  limit.point.reason =
      limit.words + "; " +
      (!is_infimum                  ? kTie
       : where.empty() && bias >= 0 ? "proven: the energy grows when the plateau comes nearer"
                                    : "the energy grows when the plateau comes nearer");
  result_.limits.push_back(std::move(limit));
}

Index AmplitudeStrata::bias_column() const {
  for (Index j = 0; j < problem_.X.cols(); ++j)
    if (problem_.X(0, j) != 0.0 && (problem_.X.col(j).array() == problem_.X(0, j)).all()) return j;
  return -1;
}

std::string AmplitudeStrata::known_exponent_words(double height) const {
  if (model_.offset.size() == 0) return ")";
  const double factor = 2.0 * model_.sigmoid.input;
  return std::string(height > 0.0 ? " + " : " - ") + (factor == 1.0 ? "" : number(factor) + ' ') +
         "o), o the known part of the node input";
}

std::string AmplitudeStrata::exponent_words(const Vector& w, Index bias) const {
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

void AmplitudeStrata::add_limits_without_bias() {
  if (!range_.low && !range_.high) add_line();
  if (network_.unknowns() > 1)
    missed_without_bias_ =
        "limits of networks without a bias, and with more than one weight, at which one plateau "
        "moves away were not looked at";
  else
    add_last_group();
}

void AmplitudeStrata::add_line() {
  const Vector& o = model_.offset;
  const double c = o.size() > 0 ? o(0) : 0.0;
  if (o.size() > 0 && !(o.array() == c).all()) {
    // Sigmoids of these node inputs are nowhere nearly linear, but where the weights make them equal.
    Matrix columns(o.size(), problem_.X.cols() + 1);
    columns << problem_.X, Vector::Ones(o.size());
    const Vector rest = o - times(columns, least_squares(columns, o));
    if (rest.cwiseAbs().maxCoeff() <= kIsConstant * o.cwiseAbs().maxCoeff())
      missed_line_ =
          "straight lines were not looked at: the known part of the node inputs is nearly a "
          "combination of the columns and a constant";
    return;
  }
  const Index L = problem_.X.rows(), s = problem_.X.cols();
  const Vector root = model_.omega.cwiseSqrt();
  Matrix columns(L, s + 1);
  columns << Vector::Ones(L), problem_.X;
  const Vector best =
      least_squares(Matrix(root.asDiagonal() * columns), Vector(root.cwiseProduct(problem_.y)));
  const Vector r = times(columns, best) - problem_.y;
  const Vector rise = times(problem_.X, best.tail(s));
  // At c = 0 the second derivative is zero, and the third one negative.
  const double second = evaluate(activation_, c).second;
  double bend = 0.0, size = 0.0;
  for (Index i = 0; i < L; ++i) {
    const double square = rise(i) * rise(i);
    const double power = c == 0.0 ? -square * rise(i) : second * square;
    bend += omega(i) * r(i) * power;
    size += omega(i) * (std::abs(problem_.y(i)) + std::abs(r(i))) * std::abs(power);
  }
  NamedLimit limit;
  if (std::abs(bend) > kCancelledTails * size) limit.point.local_infimum = bend > 0.0;
  if (limit.point.local_infimum == false) return;
  limit.point.line = LinearCurve{best(0), best.tail(s)};
  limit.point.weights = Vector::Zero(s);
  limit.point.direction = Vector::Zero(s);
  limit.point.signs.assign(at(L), 0);
  limit.point.range = Range{-kInfinity, kInfinity};
  limit.point.energy = 0.5 * model_.omega.dot(r.cwiseAbs2());
  limit.point.found_by = kEnumerated;
  limit.words =
      "the data show no plateau: curves tend to a straight line while both plateaus move away";
  limit.point.reason =
      limit.words + "; " +
      (limit.point.local_infimum ? "the energy grows when the plateaus come nearer" : kTie);
  result_.limits.push_back(std::move(limit));
}

void AmplitudeStrata::add_last_group() {
  const Vector inputs = patterns_.rows.col(0), sizes = inputs.cwiseAbs();
  const bool is_one_sided = (inputs.array() > 0.0).all() || (inputs.array() < 0.0).all();
  // Else some come to the other plateau.
  if (!is_one_sided || has_opposites_ || !still_.empty() || is_algebraic()) return;
  Index last = 0;
  const double least = sizes.minCoeff(&last);
  if ((sizes.array() == least).count() > 1 || !has_exponentials()) {
    missed_without_bias_ =
        "limits beside a known part of the node inputs at which one plateau moves away were not "
        "looked at";
    return;
  }
  for (const bool from_low : {true, false}) {
    if (from_low ? range_.high.has_value() : range_.low.has_value()) continue;
    std::vector<int> signs(at(patterns_.count()), from_low ? -1 : 1);
    signs[at(last)] = 0;
    add_limit_of_last_group(last, signs, from_low);
  }
}

void AmplitudeStrata::add_limit_of_last_group(Index last, const std::vector<int>& signs,
                                              bool from_low) {
  const std::vector<int> of_pattern = infinity::pattern_signs(patterns_, signs);
  Plateau own, others;
  for (std::size_t i = 0; i < of_pattern.size(); ++i) {
    const auto row = static_cast<Index>(i);
    Plateau& side = of_pattern[i] == 0 ? own : others;
    side.weight += omega(row);
    side.mean += omega(row) * target(row);
  }
  if (others.weight == 0.0) return;
  own.mean /= own.weight;
  others.mean /= others.weight;
  const double end = range_.low ? *range_.low : range_.high ? *range_.high : others.mean;
  if (from_low ? !(own.mean > end) : !(own.mean < end)) return;
  const Range plateaus = from_low ? Range{end, kInfinity} : Range{-kInfinity, end};
  const Verdict verdict = verdict_of_variants(
      variants(signs, of_pattern, plateaus),
      [&](const Variant& variant) { return judge_beyond(last, signs, variant); });
  if (verdict.local_infimum == false) return;
  NamedLimit limit;
  const double sense = (patterns_.rows(last, 0) > 0.0) == from_low ? -1.0 : 1.0;
  limit.point.weights = Vector::Zero(problem_.X.cols());
  limit.point.direction = network_.weights(Vector::Constant(1, sense)).normalized();
  limit.point.signs.assign(of_pattern.size(), from_low ? -1 : 1);
  limit.point.range = plateaus;
  limit.point.energy = 0.0;
  for (std::size_t i = 0; i < of_pattern.size(); ++i) {
    const auto row = static_cast<Index>(i);
    const double r = (of_pattern[i] == 0 ? own.mean : end) - target(row);
    limit.point.energy += 0.5 * omega(row) * r * r;
  }
  limit.point.local_infimum = verdict.local_infimum;
  limit.point.found_by = kEnumerated;
  limit.words = std::string("the slope and the ") + (from_low ? "upper" : "lower") +
                " plateau are infinite: " + counted(members_[at(last)].size(), "row", "rows") +
                " at " + number(own.mean) + ", the others at " + number(end);
  limit.point.reason = limit.words + "; " + verdict.reason;
  result_.limits.push_back(std::move(limit));
}

AmplitudeStrata::Verdict AmplitudeStrata::judge_beyond(Index last, const std::vector<int>& signs,
                                                       const Variant& variant) const {
  std::vector<Index> saturated;
  for (std::size_t g = 0; g < signs.size(); ++g)
    if (signs[g] != 0 && !variant.inert[g]) saturated.push_back(static_cast<Index>(g));
  if (saturated.empty()) return {true, kFollows, {}};
  Vector excess = variant.excess;
  if (!join_equal_rows(signs, excess, saturated)) return {std::nullopt, kTie, {}};
  const bool is_gaussian = traits(activation_).tails == Tails::gaussian;
  const double least = std::abs(patterns_.rows(last, 0));
  Cone cone;
  cone.rates.resize(static_cast<Index>(saturated.size()), 1);
  for (Index k = 0; k < cone.rates.rows(); ++k) {
    const double size = std::abs(patterns_.rows(saturated[at(k)], 0));
    cone.rates(k, 0) = is_gaussian ? (size - least) * (size + least) : size - least;
  }
  cone.excess = entries_of(excess, saturated);
  cone.inside = Vector::Ones(1);
  // The rates are those of logarithms, whatever the tails are.
  return infinity::judge(cone, Activation::logistic, stop_);
}

bool AmplitudeStrata::steps_are_all_thresholds() const {
  return has_constant_ && model_.offset.size() == 0;
}

std::optional<double> AmplitudeStrata::value_without_height() const {
  if (range_.low) return range_.low;
  if (range_.high) return range_.high;
  if (model_.offset.size() == 0) return std::nullopt;
  return model_.omega.dot(problem_.y) / model_.omega.sum();
}

void AmplitudeStrata::note_gain(const std::vector<int>& of_pattern) {
  const std::optional<double> end = value_without_height();
  if (!end) return;
  const int side = range_.high ? -1 : 1;
  double gain = 0.0, size = 0.0;
  for (std::size_t i = 0; i < of_pattern.size(); ++i) {
    if (of_pattern[i] != side) continue;
    const auto row = static_cast<Index>(i);
    gain += omega(row) * side * (target(row) - *end);
    size += omega(row) * std::abs(target(row));
  }
  if (gain > -kRoundedSum * size) greatest_gain_ = std::max(greatest_gain_, gain);
}

std::optional<double> AmplitudeStrata::greatest_gain_of_thresholds() {
  const Index L = problem_.X.rows(), s = problem_.X.cols();
  Matrix columns(L, s + 1);
  columns << problem_.X, Vector::Ones(L);
  bool has_own = false;  // a known part that is no combination of the columns and a constant
  if (model_.offset.size() > 0) {
    const Vector rest = model_.offset - times(columns, least_squares(columns, model_.offset));
    has_own = rest.cwiseAbs().maxCoeff() > kIsConstant * model_.offset.cwiseAbs().maxCoeff();
  }
  // Its weight is one, of which the sign counts: that of one more row.
  Problem more;
  more.X = Matrix::Zero(has_own ? L + 1 : L, has_own ? s + 2 : s + 1);
  more.X.topLeftCorner(L, s + 1) = columns;
  if (has_own) {
    more.X.col(s + 1).head(L) = model_.offset;
    more.X(L, s + 1) = 1.0;
  }
  more.columns.resize(at(more.X.cols()));
  more.y = Vector::Zero(more.X.rows());
  const Perceptron network(centred(more, activation_), options_of(activation_));
  if (network.unknowns() > kMostRank) return std::nullopt;
  const Patterns patterns = infinity::patterns_of(network);
  const infinity::Arrangement arrangement = infinity::arrangement_of(patterns.rows);
  greatest_gain_ = 0.0;
  long faces = 0;
  const bool all = infinity::for_each_face(arrangement, [&](const Face& face) {
    if (++faces > kMostStrata || stop_.is_met()) return false;
    std::vector<int> of_pattern = infinity::pattern_signs(patterns, signs_of(arrangement, face));
    if (has_own) {
      if (of_pattern.back() < 0) return true;
      of_pattern.pop_back();
    }
    note_gain(of_pattern);
    return greatest_gain_ <= 0.0;
  });
  if (greatest_gain_ <= 0.0 && !all) return std::nullopt;
  return greatest_gain_;
}

void AmplitudeStrata::add_vanishing() {
  const std::optional<double> end = value_without_height();
  if (!end) return;
  const double energy = 0.5 * model_.omega.dot((problem_.y.array() - *end).square().matrix());
  // A curve that is better, or a limit of such, shows a way down, by its height.
  double lowest = lowest_;
  for (const NamedLimit& limit : result_.limits) lowest = std::min(lowest, limit.point.energy);
  if (lowest < energy - kBetter * energy) return;
  std::optional<double> gain = greatest_gain_of_steps_;
  if (!steps_are_all_thresholds()) gain = greatest_gain_of_thresholds();
  if (!gain || (*gain > 0.0 && steps_are_all_thresholds())) return;
  NamedLimit limit;
  limit.point.range = Range{*end, *end};
  limit.point.weights = Vector::Zero(problem_.X.cols());
  limit.point.direction = has_constant_
                              ? Vector((range_.high ? constant_ : -constant_).normalized())
                              : Vector::Zero(problem_.X.cols());
  limit.point.signs.assign(at(problem_.X.rows()), range_.high ? 1 : -1);
  limit.point.energy = energy;
  if (*gain <= 0.0) limit.point.local_infimum = true;
  limit.point.found_by = kEnumerated;
  limit.words = range_.low || range_.high ? kVanishingHeight : kVanishingHeightBesideHeld;
  limit.point.reason =
      limit.words + (*gain <= 0.0 ? "; no step, and so no sigmoid, is nearer to them"
                                  : "; no sigmoid that is nearer to them was found, and it is not "
                                    "proven that there is none");
  result_.limits.push_back(std::move(limit));
}

}  // namespace tautrack::fits
