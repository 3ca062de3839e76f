#include "commands/units.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "io/process.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

template <class T>
void spread(const MergedProblem& merged, std::vector<T>& of_patterns) {
  if (of_patterns.size() != merged.replicates.first.size()) return;  // nothing is known
  std::vector<T> of_rows;
  of_rows.reserve(merged.replicates.pattern_of.size());
  for (const Index pattern : merged.replicates.pattern_of)
    of_rows.push_back(of_patterns[static_cast<std::size_t>(pattern)]);
  of_patterns = std::move(of_rows);
}

/// Whether results are those of the user's problem as they are.
bool is_unchanged(const ComputedProblem& computed) {
  return computed.scale.is_identity() && !computed.merged.replicates.any() && !computed.held.any();
}

/// A direction of the weights, and of tau behind them.
Vector restored_tangent(const HeldWeights& held, const Vector& tangent) {
  if (!held.any()) return tangent;
  const Vector weights = held.direction(tangent.head(tangent.size() - 1));
  Vector all(weights.size() + 1);
  all << weights, tangent(tangent.size() - 1);
  return all;
}

void restore_box(const HeldWeights& held, tautrack::Box& box) {
  box.low = held.weights(box.low);
  box.high = held.weights(box.high);
}

void restore_limit(const ComputedProblem& computed, InfinitePoint& limit) {
  const bool is_merged = computed.merged.replicates.any();
  limit.energy = users_energy(computed, limit.energy);
  limit.weights = computed.held.weights(limit.weights);
  limit.direction = computed.held.direction(limit.direction);
  if (is_merged) spread(computed.merged, limit.signs);
  if (!limit.approach) return;
  limit.approach->linear_rate = computed.held.direction(limit.approach->linear_rate);
  limit.approach->energy = users_energy(computed, limit.approach->energy);
  if (is_merged) spread(computed.merged, limit.approach->growth);
}

}  // namespace

OutputScale output_scale(const NetworkRequest& request) {
  if (!target_range(request).is_known()) return {};
  const Range own = range(request.perceptron.activation);
  try {
    return {OutputRange{own.low, own.high}, target_range(request)};
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--range: {}", error.what()));
  }
}

ComputedProblem computed_units(const NetworkRequest& request) {
  ComputedProblem computed;
  computed.scale = output_scale(request);
  computed.perceptron = request.perceptron;
  try {
    computed.perceptron.ridge = computed.scale.ridge(request.perceptron.ridge);
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--ridge: {}", error.what()));
  }
  return computed;
}

ComputedProblem computed_rows(const NetworkRequest& request, const Problem& problem) {
  ComputedProblem computed = computed_units(request);
  // Shared, not copied: the data stay where they are.
  computed.held = held_weights(request, problem.columns);
  computed.merged.problem = hold_weights(
      std::shared_ptr<const Problem>(std::shared_ptr<void>(), &problem), computed.held);
  computed.problem = scale_targets(computed.merged.problem, computed.scale);
  return computed;
}

ComputedProblem computed_problem(const NetworkRequest& request, const Problem& problem) {
  if (request.keep_replicates) return computed_rows(request, problem);
  ComputedProblem computed = computed_units(request);
  computed.held = held_weights(request, problem.columns);
  computed.merged = merge_replicates(hold_weights(
      std::shared_ptr<const Problem>(std::shared_ptr<void>(), &problem), computed.held));
  computed.problem = scale_targets(computed.merged.problem, computed.scale);
  return computed;
}

ComputedProblem merged_problem(const NetworkRequest& request, const Problem& problem) {
  ComputedProblem computed;
  computed.perceptron = request.perceptron;
  computed.held = held_weights(request, problem.columns);
  const std::shared_ptr<const Problem> given = hold_weights(
      std::shared_ptr<const Problem>(std::shared_ptr<void>(), &problem), computed.held);
  if (request.keep_replicates)
    computed.merged.problem = given;
  else
    computed.merged = merge_replicates(given);
  computed.problem = computed.merged.problem;
  return computed;
}

void add_rows(const NetworkRequest& request, const ComputedProblem& computed, const Vector& targets,
              DataFacts& facts) {
  facts.unreachable = unreachable_targets(request, targets);
  const MergedProblem& merged = computed.merged;
  if (!merged.replicates.first.empty()) facts.replicates = merged.replicates;
  facts.energy_of_replicates = merged.energy;
}

double users_energy(const ComputedProblem& computed, double energy) {
  return computed.scale.energy(energy) + computed.merged.energy;
}

void restore(const ComputedProblem& computed, NaturalPath& path) {
  if (is_unchanged(computed)) return;
  const OutputScale& scale = computed.scale;
  const HeldWeights& held = computed.held;
  const auto restore_point = [&](auto& point) {
    point.energy = users_energy(computed, point.energy);
    point.weights = held.weights(point.weights);
  };
  for (NaturalPoint& point : path.points) restore_point(point);
  for (NaturalFold& fold : path.folds) {
    restore_point(fold.point);
    fold.tangent = held.direction(fold.tangent);
  }
  for (NaturalBranchPoint& branch : path.branch_points) {
    restore_point(branch.point);
    branch.tangent = restored_tangent(held, branch.tangent);
    if (branch.other_tangent) branch.other_tangent = restored_tangent(held, *branch.other_tangent);
  }
  if (path.end) {
    PathEnd& end = *path.end;
    restore_point(end);
    end.gradient_norm = scale.energy(end.gradient_norm);
    end.gradient_scale = scale.energy(end.gradient_scale);
    end.eigenvalues *= scale.energy(1.0);
    if (end.nearest_eigenvalue) end.nearest_eigenvalue = scale.energy(*end.nearest_eigenvalue);
    end.lowest_eigenvalue = scale.energy(end.lowest_eigenvalue);
  }
  if (path.infinity) restore_limit(computed, *path.infinity);
}

void restore(const ComputedProblem& computed, StrataResult& strata) {
  if (is_unchanged(computed)) return;
  for (InfinitePoint& limit : strata.infima) restore_limit(computed, limit);
}

void restore(const ComputedProblem& computed, AllFits& fits) {
  if (is_unchanged(computed)) return;
  for (StationaryPoint& point : fits.points) {
    point.energy = users_energy(computed, point.energy);
    point.eigenvalues *= computed.scale.energy(1.0);
    point.weights = computed.held.weights(point.weights);
  }
  if (fits.search) {
    restore_box(computed.held, fits.search->region);
    for (tautrack::Box& box : fits.search->undecided) restore_box(computed.held, box);
  }
  for (InfinitePoint& limit : fits.at_infinity) restore_limit(computed, limit);
  for (Escape& escape : fits.exploration.escapes) restore_limit(computed, escape.limit);
  restore(computed, fits.exploration.path);
  if (fits.certificate) restore(computed, *fits.certificate);
  if (fits.bound) {
    fits.bound->bound = users_energy(computed, fits.bound->bound);
    fits.bound->best = users_energy(computed, fits.bound->best);
  }
  say_energies_again(fits);
}

namespace {

/// The exponent of what is left of a sigmoid has the held weights, too; those of constant columns are a factor.
void restore_exponential(const ComputedProblem& computed, const Problem& problem,
                         ExponentialCurve& curve) {
  curve.rate = computed.held.direction(curve.rate);
  const double per_input = computed.perceptron.activation == Activation::tanh ? 2.0 : 1.0;
  for (const HeldWeight& weight : computed.held.list()) {
    const double rate = (curve.factor > 0.0 ? per_input : -per_input) * weight.value;
    const auto column = problem.X.col(weight.column);
    if ((column.array() == column(0)).all())
      curve.factor *= std::exp(rate * column(0));
    else
      curve.rate(weight.column) = rate;
  }
}

}  // namespace

void restore_rows(const ComputedProblem& computed, const Problem& problem, NaturalPath& path) {
  restore(computed, path);
  if (path.infinity && path.infinity->exponential && computed.held.any())
    restore_exponential(computed, problem, *path.infinity->exponential);
}

void restore_rows(const ComputedProblem& computed, const Problem& problem, AllFits& fits) {
  restore_rows(computed, problem, fits.exploration.path);
  const HeldWeights& held = computed.held;
  for (StationaryPoint& point : fits.points) point.weights = held.weights(point.weights);
  for (InfinitePoint& limit : fits.at_infinity) {
    limit.weights = held.weights(limit.weights);
    limit.direction = held.direction(limit.direction);
    if (limit.exponential && held.any()) restore_exponential(computed, problem, *limit.exponential);
    if (limit.line) limit.line->slope = held.direction(limit.line->slope);
    if (computed.merged.replicates.any()) spread(computed.merged, limit.signs);
  }
}

void restore(const ComputedProblem& computed, UniquenessCertificate& certificate) {
  certificate.distance = computed.scale.distance(certificate.distance);
  certificate.curvature_bound = computed.scale.curvature(certificate.curvature_bound);
}

void restore(const ComputedProblem& computed, PathUniqueness& uniqueness) {
  uniqueness.distance = computed.scale.distance(uniqueness.distance);
  uniqueness.curvature_bound = computed.scale.curvature(uniqueness.curvature_bound);
}

void restore(const ComputedProblem& computed, CurvatureSupremum& supremum) {
  supremum.best = computed.scale.curvature(supremum.best);
  supremum.upper = computed.scale.curvature(supremum.upper);
}

void restore(const ComputedProblem& computed, LargestCurvature& largest) {
  largest.value = computed.scale.curvature(largest.value);
  largest.upper = computed.scale.curvature(largest.upper);
  // Of speed one in output space.
  largest.direction *= computed.scale.curvature(1.0);
}

void restore(const ComputedProblem& computed, BatesWatts& curvature) {
  curvature.intrinsic = computed.scale.curvature(curvature.intrinsic);
  curvature.parameter_effects = computed.scale.curvature(curvature.parameter_effects);
  curvature.rho = computed.scale.distance(curvature.rho);
}

void restore(const ComputedProblem& computed, std::vector<CurvePoint>& curve) {
  if (is_unchanged(computed)) return;
  for (CurvePoint& point : curve) {
    point.energy = users_energy(computed, point.energy);
    point.weights = computed.held.weights(point.weights);
  }
}

void restore(const ComputedProblem& computed, DataFacts& facts) {
  facts.held = computed.held;
  for (ColumnDependency& dependency : facts.dependencies) {
    dependency.column = computed.held.column(dependency.column);
    for (auto& [column, coefficient] : dependency.on) column = computed.held.column(column);
  }
}

namespace {

/// From here to 100 percentages are said to run to about 100.
constexpr double nearly_whole = 90.0, whole = 100.0;

/// The range that targets like these suggest: ends that the user gave are kept where the targets respect them.
OutputRange suggested_range(const NetworkRequest& request, const UnreachableTargets& found) {
  const OutputRange asked = target_range(request);
  const double spread = found.highest - found.lowest;
  OutputRange range{found.lowest, found.highest};
  const bool is_given = request.range.has_value();
  // 0 is the end of most quantities; not of those that stay far away from it.
  const auto is_near_zero = [&](double end, double sign) {
    return sign * end >= 0.0 && std::abs(end) <= spread;
  };
  if (!found.below && (is_given || found.lowest < 0.0 || *asked.low == 0.0))
    range.low = asked.low;
  else if (is_near_zero(found.lowest, 1.0))
    range.low = 0.0;
  if (!found.above && (is_given || found.highest > 0.0))
    range.high = asked.high;
  else if (is_near_zero(found.highest, -1.0))
    range.high = 0.0;
  else if (range.low == 0.0 && found.highest >= nearly_whole && found.highest <= whole)
    range.high = whole;
  return range;
}

std::string end_text(const std::optional<double>& end) {
  return end ? fmt::format("{}", *end) : "free";
}

/// What to type: a range of numbers, and one with those ends free that the targets do not respect.
std::string suggested_options(const NetworkRequest& request, const UnreachableTargets& found) {
  const OutputRange asked = target_range(request);
  const OutputRange range = suggested_range(request, found);
  const bool is_usable = !range.is_known() || *range.low < *range.high;
  std::string text =
      is_usable ? fmt::format("--range {},{}", end_text(range.low), end_text(range.high)) : "";
  if (request.perceptron.ridge > 0.0) return text;  // It goes with no free end.
  const auto is_free = [](bool is_crossed, const std::optional<double>& end,
                          const std::optional<double>& asked_end, double extreme) {
    return is_crossed || (end != asked_end && end == extreme && extreme != 0.0);
  };
  OutputRange free = range;
  if (is_free(found.below, range.low, asked.low, found.lowest)) free.low.reset();
  if (is_free(found.above, range.high, asked.high, found.highest)) free.high.reset();
  return text + fmt::format("{}--range {},{}", text.empty() ? "" : " or ", end_text(free.low),
                            end_text(free.high));
}

}  // namespace

std::optional<UnreachableTargets> unreachable_targets(const NetworkRequest& request,
                                                      const Vector& targets) {
  // Linear outputs reach all.
  if (request.hidden.is_there() && request.hidden.output == OutputNode::linear) return std::nullopt;
  return tautrack::unreachable_targets(targets, target_range(request));
}

std::string unreachable_text(const NetworkRequest& request, const UnreachableTargets& found) {
  const OutputRange asked = target_range(request);
  std::string rows;
  for (const Index row : found.rows) rows += fmt::format("{}{}", rows.empty() ? "" : ", ", row + 1);
  if (static_cast<std::size_t>(found.count) > found.rows.size()) rows += ", ...";
  const std::string options = suggested_options(request, found);
  return fmt::format(
      "{} of {} targets {} outside {} ... {} ({} {}): they run from {:.6g} to {:.6g}{}",
      found.count, found.of, found.count == 1 ? "is" : "are", end_text(asked.low),
      end_text(asked.high), found.count == 1 ? "row" : "rows", rows, found.lowest, found.highest,
      options.empty() ? "" : "; " + options + "?");
}

void tell_unreachable(const NetworkRequest& request, const Data& data, bool quiet) {
  for (std::size_t i = 0; i < data.size() && !quiet; ++i) {
    const auto found = unreachable_targets(request, data.problem(i).targets());
    if (found)
      say(fmt::format("{}: {}", cut(data.problem(i).name(), quote_width),
                      unreachable_text(request, *found)));
  }
}

}  // namespace tautrack::program
