#include "tautrack/fits/fitted_range.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tautrack/core/column_space.hpp"
#include "tautrack/data/zero_doses.hpp"
#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/path/amplitude_path.hpp"

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "fits/any_inputs.hpp"
#include "fits/covariate.hpp"
#include "fits/curve_points.hpp"
#include "fits/range_verdict.hpp"

namespace tautrack {
namespace {

/// Boxes of the interval search: some hundred times what data without ties take, and so many more for each level.
constexpr long kMostBoxes = 100000, kMostBoxesForLevel = 200;

/// Limits are listed with a sign for each pattern: so many signs, and so many limits whatever the number of patterns.
constexpr std::size_t kMostSigns = 5000000, kListedLimits = 100;

/// All curves of one input.
class OneInput {
 public:
  OneInput(const fits::Covariate& data, Activation activation, const OutputRange& range)
      : data_(data), terms_(data, activation, range) {}

  /// @param known Adds minima that are known without the search: called where it is not complete.
  void find(AllFits& fits, const std::function<void(AllFits&)>& known, const StopCondition& stop) {
    const auto start = std::chrono::steady_clock::now();
    const long most = kMostBoxes + kMostBoxesForLevel * static_cast<long>(data_.size());
    const amplitude::CurveFits found = amplitude::find_curve_fits(terms_.levels(), most, stop);
    for (const amplitude::StationaryCurve& curve : found.curves)
      fits.points.push_back(terms_.point(curve));
    if (!found.complete) known(fits);
    std::stable_sort(
        fits.points.begin(), fits.points.end(),
        [](const StationaryPoint& a, const StationaryPoint& b) { return a.energy < b.energy; });
    std::vector<fits::NamedLimit> limits = limits_of(fits, found);
    say_completeness(fits, found);
    fits.search->seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    fits::judge_fitted_range(fits, std::move(limits), found.complete);
  }

 private:
  std::vector<fits::NamedLimit> limits_of(AllFits& fits, const amplitude::CurveFits& found) {
    std::vector<fits::NamedLimit> limits;
    std::vector<amplitude::CurveLimit> listed = found.limits;
    fits.unlisted_limits =
        terms_.keep_lowest(listed, std::max(kListedLimits, kMostSigns / data_.level_of.size()));
    for (const amplitude::CurveLimit& limit : listed) {
      if (limit.is_infimum == false) continue;
      InfinitePoint point = terms_.limit(limit);
      std::string words = terms_.words(limit, point);
      point.reason = words + "; " + point.reason;
      limits.push_back({std::move(point), std::move(words)});
    }
    if (terms_.vanishes()) limits.push_back({terms_.vanishing(), fits::kVanishingHeight});
    fits.strata.strata = static_cast<long>(2 * (data_.size() + (data_.zero ? 1 : 0)) - 3);
    fits.strata.complete = found.complete;
    fits.strata.message =
        found.complete
            ? "exponentials, steps and steps with a free level: all of them were looked at"
            : "limits of fitted plateaus: " + found.reason;
    return limits;
  }

  void say_completeness(AllFits& fits, const amplitude::CurveFits& found) {
    SearchResult search;
    search.finished = found.complete;
    search.region.low = Vector::Constant(2, -kInfinity);
    search.region.high = Vector::Constant(2, kInfinity);
    search.region_holds_all = true;
    search.region_reason = "all slopes and half points are searched";
    search.boxes = found.boxes;
    search.message = found.complete ? "exactly " +
                                          fits::counted(fits.points.size(), "stationary point",
                                                        "stationary points") +
                                          " with finite weights and plateaus"
                                    : found.reason;
    fits.search = search;
    fits.index_sum = found.index_sum.value_or(0);
    if (!terms_.levels().has_known_offset() && found.index_sum &&
        (found.complete || *found.index_sum == 1))
      fits.expected_index_sum = 1;
    if (found.complete) {
      fits.level = Completeness::complete;
      fits.level_reason = search.message + "; " + search.region_reason;
    } else {
      const bool consistent = found.index_sum == 1;
      fits.level = consistent ? Completeness::index_consistent : Completeness::heuristic;
      fits.level_reason = found.reason;
      if (consistent)
        fits.level_reason += ", but the sum over all critical points is 1, as it must be";
    }
    if (found.index_sum && found.complete)
      fits.level_reason += "; the sum over points and limits is 1, as it must be";
    if (terms_.levels().moved > 0.0)
      fits.level_reason += "; of inputs that are rounded by up to " +
                           number(terms_.levels().moved) +
                           ", so that gaps which are equal are exactly so";
  }

  const fits::Covariate& data_;
  fits::CurveTerms terms_;
};

/// Whether there are fewer different rows than unknowns, and curves through all means make a continuum: then says so.
bool are_too_few(AllFits& fits, const Problem& problem, const OutputRange& range,
                 bool is_one_input) {
  std::set<std::vector<double>> rows;
  for (Index i = 0; i < problem.X.rows(); ++i) {
    const Vector row = problem.X.row(i);
    std::vector<double> inputs(row.data(), row.data() + row.size());
    if (problem.offset.size() > 0) inputs.push_back(problem.offset(i));
    rows.insert(std::move(inputs));
  }
  const Problem finite = without_zero_doses(problem);
  const ColumnSpace space(finite.X, finite.pattern_weights, HiddenLayerOptions{}.rank_tolerance);
  const auto unknowns = static_cast<std::size_t>(space.rank() + (range.low || range.high ? 1 : 2));
  // Of any number of inputs rows can be independent, and the rank the number of rows.
  // Of curves that have them on the known plateau doses of zero say nothing.
  const bool has_idle_row = (range.low || range.high) && finite.X.rows() < problem.X.rows();
  const std::size_t count = rows.size() - (has_idle_row ? 1 : 0);
  if (count >= unknowns) return false;
  const std::string reason =
      (is_one_input ? fits::counted(count, "level", "levels") + " of the input"
                    : fits::counted(count, "different row", "different rows")) +
      " and " + std::to_string(unknowns) +
      " unknowns: infinitely many curves go through the means, or tend to that; more levels, or a "
      "known plateau, are needed";
  fits.level = Completeness::heuristic;
  fits.level_reason = reason;
  fits.global_reason = reason;
  fits.unique = Answer::no;
  fits.unique_reason = reason;
  fits.strata.message = "not looked at";
  return true;
}

/// Residuals of the best straight line below this part of the extent of the targets are rounding.
constexpr double kStraight = 1e-13;

/// Whether the targets are a linear function of the inputs, to rounding.
bool is_straight(const Problem& problem) {
  const Index L = problem.X.rows(), s = problem.X.cols();
  Matrix columns(L, s + 1);
  columns << problem.X, Vector::Ones(L);
  const Vector above = problem.y.array() - problem.y(0);
  const Vector residual = columns * least_squares(columns, above) - above;
  return residual.cwiseAbs().maxCoeff() <= kStraight * above.cwiseAbs().maxCoeff();
}

void say_straight(AllFits& fits) {
  fits.global_reason =
      "the targets lie on a straight line (a plane), to rounding: sigmoids with plateaus further "
      "and further away come as near to it as one likes, and none is the best";
  fits.unique = Answer::unknown;
  fits.unique_reason = "other minima and limits were not looked for";
  fits.level = Completeness::heuristic;
  fits.level_reason = fits.unique_reason;
  fits.strata.message = "not looked at";
}

}  // namespace

double energy_of_best_range(const Problem& problem, Activation activation, const OutputRange& range,
                            const Vector& weights) {
  const Range own = tautrack::range(activation);
  const Index L = problem.X.rows();
  const Vector inputs = node_inputs(problem.X, weights, problem.offset);
  const Vector omega =
      problem.pattern_weights.size() > 0 ? problem.pattern_weights : Vector::Ones(L);
  // Outputs and targets from the known end, or the end that most node inputs are nearer to: nothing cancels there.
  const auto side = [](double u) { return std::clamp(u, -1e3, 1e3); };
  const bool from_high =
      range.high || (!range.low && omega.dot(Vector(inputs.unaryExpr(side))) > 0.0);
  Vector outputs(L), targets = problem.y;
  for (Index i = 0; i < L; ++i) {
    const ActivationValues at = evaluate(activation, inputs(i));
    const bool is_near = (inputs(i) > 0.0) == from_high;
    const double distance = is_near     ? at.tail
                            : from_high ? own.high - at.value
                                        : at.value - own.low;
    outputs(i) = (from_high ? -distance : distance) / (own.high - own.low);
  }
  if (range.low || range.high) {
    targets.array() -= range.low ? *range.low : *range.high;
  } else {
    outputs.array() -= outputs.dot(omega) / omega.sum();
    targets.array() -= targets.dot(omega) / omega.sum();
  }
  const Vector weighted = omega.cwiseProduct(outputs);
  const double size = weighted.dot(outputs);
  double height = size > 0.0 ? weighted.dot(targets) / size : 0.0;
  // Beside an offset low < high is a restriction, and the height may only vanish.
  if (problem.offset.size() > 0) height = std::max(0.0, height);
  return 0.5 * omega.dot((targets - height * outputs).cwiseAbs2());
}

AllFits find_all_fits(const Problem& problem, Activation activation, const OutputRange& range,
                      const FitOptions& options, double constant) {
  checked(options);
  check_with_zero_doses(problem);
  const bool has_zero = has_zero_doses(problem.X);
  if (const auto reason = range.invalid_reason()) throw std::invalid_argument(*reason);
  if (range.is_known())
    throw std::invalid_argument(
        "both ends of the range are known: the problem is that of a perceptron");
  if ((problem.y.array() == problem.y(0)).all())
    throw DataError(
        (problem.y.size() == 1
             ? "all rows have the same inputs, and their targets the mean " + number(problem.y(0))
             : "all targets are " + number(problem.y(0))) +
        ": every sigmoid with a plateau there is as good as its limit");
  const StopCondition stop = options.explore.stop.within(options.seconds);
  AllFits fits;
  const auto begin = [&](std::string_view part) {
    if (options.begins) options.begins(part);
  };
  const bool is_held = problem.offset.size() > 0;
  if (has_zero && is_held)
    throw DataError("doses of zero take a problem in which no part of the node inputs is known");
  if (!has_zero) {
    begin("natural path");
    AmplitudePathOptions model;
    model.activation = activation;
    model.range = range;
    TrackOptions track;
    track.stop = stop;
    fits.exploration.path = track_amplitude(problem, model, track);
  } else {
    fits.exploration.path.message = fits::kNoPathOfZeroDoses;
  }
  fits.exploration.end = ExploreEnd::quiet;
  std::optional<fits::Covariate> data;
  if (!is_held) data = fits::covariate_of(problem);
  if (are_too_few(fits, problem, range, data.has_value())) return fits;
  const bool is_line_a_limit = !range.low && !range.high &&
                               (!is_held || (problem.offset.array() == problem.offset(0)).all());
  if (is_line_a_limit && !has_zero && is_straight(problem)) {
    say_straight(fits);
    return fits;
  }
  if (data) data->energy += constant;
  const bool is_logistic = activation == Activation::tanh || activation == Activation::logistic;
  if (has_zero && !is_logistic)
    throw DataError("a dose of zero and a fitted range take a tanh or logistic curve");
  if (has_zero && !data) throw DataError("a dose of zero takes one input and a bias");
  if (data && is_logistic) {
    begin("interval search");
    const auto add_end_of_path = [&](AllFits& list) {
      if (const auto& end = list.exploration.path.end)
        fits::add_minimum_near(list, problem, activation, range, end->weights, constant);
    };
    OneInput(*data, activation, range).find(fits, add_end_of_path, stop);
  } else {
    begin("descents");
    fits::find_by_descents(fits, problem, activation, range, options.explore.seed,
                           options.explore.certify, constant, stop);
  }
  if (stop.is_requested()) fits.exploration.end = ExploreEnd::cancelled;
  return fits;
}

}  // namespace tautrack
