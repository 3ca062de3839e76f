#include "fits/any_inputs.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "tautrack/core/column_space.hpp"
#include "tautrack/network/hidden_layer.hpp"

#include "amplitude/descents.hpp"
#include "amplitude/eigenvalues.hpp"
#include "amplitude/point_proof.hpp"
#include "core/numbers.hpp"
#include "core/products.hpp"
#include "core/text.hpp"
#include "fits/amplitude_limits.hpp"
#include "fits/range_verdict.hpp"

namespace tautrack::fits {
namespace {

constexpr int kDescents = 200;
/// See ColumnSpace: as for the other networks.
const double kDependentColumns = HiddenLayerOptions{}.rank_tolerance;
/// A minimum that is not proven is not believed where node inputs are beyond this: sigmoids are saturated to
/// rounding there.
constexpr double kFarInput = 35.0;

double largest_offset(const amplitude::Model& model) {
  return model.offset.size() > 0 ? model.offset.cwiseAbs().maxCoeff() : 0.0;
}

StationaryPoint point_of(const amplitude::Descent& found, const amplitude::PointProof& proof,
                         double constant, const char* found_by) {
  const amplitude::Model& model = found.model;
  const Vector& x = proof.is_proven ? proof.x : found.x;
  StationaryPoint point;
  point.weights = model.weights(x);
  point.range = model.plateaus(x);
  point.energy = amplitude::energy_of_model(model, x) + constant;
  point.morse_index = proof.is_proven ? proof.index : 0;
  point.kind = kind_of(point.morse_index, model.unknowns());
  const Vector eigenvalues = amplitude::relative_eigenvalues(model, x);
  if ((eigenvalues.array() < 0.0).count() == *point.morse_index) point.eigenvalues = eigenvalues;
  point.status = proof.is_proven ? PointStatus::certified : PointStatus::converged;
  point.reason = proof.reason;
  point.radius = proof.radius;
  point.found_by = found_by;
  point.data_sensitivity =
      kEpsilon *
      (times(model.X.cwiseAbs(), point.weights.cwiseAbs()).maxCoeff() + largest_offset(model));
  return point;
}

bool is_listed(const AllFits& fits, const Matrix& X, const Vector& weights) {
  return std::any_of(fits.points.begin(), fits.points.end(), [&](const StationaryPoint& point) {
    return amplitude::are_same_inputs(X, weights, point.weights);
  });
}

}  // namespace

void add_minimum_near(AllFits& fits, const Problem& problem, Activation activation,
                      const OutputRange& range, const Vector& weights, double constant) {
  const amplitude::Model model = amplitude::model_of(problem, activation, range);
  Vector x = Vector::Zero(model.unknowns());
  x.tail(weights.size()) = weights;
  amplitude::Descent end = amplitude::descend(model, std::move(x), {});
  if (!end.is_minimum || !amplitude::turn_upright(end.model, end.x)) return;
  const amplitude::PointProof proof = amplitude::prove_point(end.model, end.x);
  if (!proof.is_proven || proof.index != 0 ||
      is_listed(fits, problem.X, end.model.weights(proof.x)))
    return;
  fits.points.push_back(point_of(end, proof, constant, "natural path"));
}

namespace {

/// A problem without the columns that depend on others: the node inputs are the same.
class IndependentColumns {
 public:
  IndependentColumns(const Problem& problem, double tolerance)
      : space_(problem.X, problem.pattern_weights, tolerance),
        reduced_(problem),
        columns_(problem.X.cols()) {
    std::vector<bool> is_dependent(at(problem.X.cols()), false);
    for (const ColumnDependency& dependency : space_.dependencies())
      is_dependent[at(dependency.column)] = true;
    for (Index j = 0; j < problem.X.cols(); ++j)
      if (!is_dependent[at(j)]) kept_.push_back(j);
    if (all_are_kept()) return;
    reduced_.X = problem.X(Eigen::all, kept_);
    reduced_.columns.clear();
    for (const Index j : kept_)
      if (at(j) < problem.columns.size()) reduced_.columns.push_back(problem.columns[at(j)]);
    for (Index j = 0; j < columns_; ++j)
      if (is_dependent[at(j)] && !problem.X.col(j).isZero(0.0)) only_zero_ = false;
  }

  [[nodiscard]] const Problem& problem() const { return reduced_; }
  [[nodiscard]] bool all_are_kept() const { return static_cast<Index>(kept_.size()) == columns_; }
  /// Whether those left out are zero: then nothing is rounded when the weights of all columns are made.
  [[nodiscard]] bool only_zero_left_out() const { return only_zero_; }

  /// Weights of all columns, the others zero.
  [[nodiscard]] Vector spread(const Vector& w) const {
    Vector all = Vector::Zero(columns_);
    for (std::size_t k = 0; k < kept_.size(); ++k) all(kept_[k]) = w(static_cast<Index>(k));
    return all;
  }
  /// The same node inputs by the weights of least norm.
  [[nodiscard]] Vector least(const Vector& w) const {
    return only_zero_ ? spread(w) : space_.weights(space_.coordinates(spread(w)));
  }

 private:
  ColumnSpace space_;
  Problem reduced_;
  Index columns_;
  std::vector<Index> kept_;
  bool only_zero_ = true;
};

}  // namespace

void find_by_descents(AllFits& fits, const Problem& problem, Activation activation,
                      const OutputRange& range, unsigned long seed, bool certify, double constant,
                      const StopCondition& stop) {
  const IndependentColumns columns(problem, kDependentColumns);
  const Problem& independent = columns.problem();
  const amplitude::Model model = amplitude::model_of(independent, activation, range);
  amplitude::Descents found = amplitude::descend_from_many(model, kDescents, seed, stop);
  for (const amplitude::Descent& minimum : found.minima) {
    amplitude::PointProof proof;
    proof.reason = "proofs were not asked for";
    if (certify) proof = amplitude::prove_point(minimum.model, minimum.x);
    const Vector u =
        model.sigmoid.input * model.inputs(minimum.model.weights(minimum.x)).cwiseAbs();
    if (proof.is_proven ? proof.index != 0 : u.maxCoeff() > kFarInput) {
      found.ran_off.push_back(minimum);
      continue;
    }
    fits.points.push_back(point_of(minimum, proof, constant, "descent"));
  }
  if (const auto& end = fits.exploration.path.end; end && certify && columns.all_are_kept())
    add_minimum_near(fits, independent, activation, range, end->weights, constant);
  for (StationaryPoint& point : fits.points) {
    point.weights = columns.least(point.weights);
    if (columns.only_zero_left_out() || point.status != PointStatus::certified) continue;
    point.status = PointStatus::converged;
    point.radius = 0.0;
    point.reason =
        "columns of X depend on each other: it is proven without them, and the weights of minimum "
        "norm are rounded";
  }
  std::stable_sort(
      fits.points.begin(), fits.points.end(),
      [](const StationaryPoint& a, const StationaryPoint& b) { return a.energy < b.energy; });
  double lowest_off = kInfinity;
  for (const amplitude::Descent& descent : found.ran_off)
    lowest_off = std::min(lowest_off, descent.energy);
  double lowest = lowest_off;
  for (const StationaryPoint& point : fits.points)
    lowest = std::min(lowest, point.energy - constant);
  AmplitudeLimits limits =
      limits_of_amplitude(independent, activation, range, found.ran_off, lowest, seed, stop);
  for (NamedLimit& limit : limits.limits) {
    limit.point.energy += constant;
    limit.point.weights = columns.least(limit.point.weights);
    limit.point.direction = columns.least(limit.point.direction);
    if (const double length = limit.point.direction.norm(); length > 0.0)
      limit.point.direction /= length;
    if (limit.point.exponential)
      limit.point.exponential->rate = columns.spread(limit.point.exponential->rate);
    if (limit.point.line) limit.point.line->slope = columns.spread(limit.point.line->slope);
  }
  fits.exploration.descents = found.starts;
  fits.strata.strata = limits.strata;
  fits.strata.searched = limits.searched;
  fits.strata.complete = limits.complete;
  fits.strata.message = limits.message;
  fits.level = Completeness::heuristic;
  fits.level_reason = "the minima that " + std::to_string(found.starts) +
                      " descents from random slopes came to; " +
                      std::to_string(found.ran_off.size()) + " of them ran off to limits";
  judge_fitted_range(fits, std::move(limits.limits), false, lowest_off + constant);
}

}  // namespace tautrack::fits
