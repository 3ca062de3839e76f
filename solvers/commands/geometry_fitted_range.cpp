#include "commands/geometry_fitted_range.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <Eigen/Cholesky>
#include <fmt/format.h>

#include "tautrack/events/morse_index.hpp"
#include "tautrack/fits/fitted_range.hpp"
#include "tautrack/geometry/amplitude_manifold.hpp"
#include "tautrack/network/hidden_layer.hpp"

#include "commands/geometry_point.hpp"
#include "commands/units.hpp"
#include "commands/verdict.hpp"
#include "io/progress.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

/// Why there is no point to examine, where the manifold has no tangent space that could be told.
constexpr const char* no_tangent_space =
    "no curvature is told: so many patterns are saturated, or the same, that double precision does "
    "not see all directions of the data manifold";

/// The Morse index of the Hessian in all unknowns; nothing when an eigenvalue has no sign.
std::optional<int> hessian_index(const AmplitudeManifold& manifold, const GeometryRequest& request,
                                 const AmplitudeCurve& curve) {
  const OutputRange asked = target_range(request.network);
  const Activation activation = request.network.perceptron.activation;
  const HiddenLayer network(manifold.problem(), amplitude_model(activation, asked));
  const tautrack::Range own = range(activation);
  // Where the known plateau is the other one, the weights of the model have the other sign.
  const bool is_turned = (asked.low && curve.range.low != *asked.low) ||
                         (asked.high && curve.range.high != *asked.high);
  const double factor =
      (is_turned ? -1.0 : 1.0) * (curve.range.high - curve.range.low) / (own.high - own.low);
  const Index s = curve.weights.size();
  Vector weights(s + (network.has_free_bias() ? 2 : 1));
  weights.head(s) = is_turned ? Vector(-curve.weights) : curve.weights;
  weights(s) = factor;
  if (network.has_free_bias())
    weights(s + 1) = curve.range.low - factor * (own.low - network.origin());
  const Index n = network.unknowns();
  HiddenLayer::Workspace work(network);
  Vector H(n), H_tau(n);
  Matrix H_x(n, n);
  (void)network.derivatives(network.coordinates(weights), 1.0, work, H, H_x, H_tau);
  return H_x.allFinite() ? MorseIndex().count(H_x) : std::nullopt;
}

/// Moves a curve that is stationary to about six digits to the stationary one itself; others stay where they are.
void settle(const AmplitudeManifold& manifold, const GeometryRequest& request,
            AmplitudeCurve& curve, ExaminedPoint& point) {
  constexpr int most_steps = 12;
  constexpr double near = 1e-6, rounding = 1e-12, standstill = 1e-9;
  point.is_stationary = false;
  AmplitudeCurve next = curve;
  double moved = 0.0, before = std::numeric_limits<double>::infinity();
  for (int k = 0; k < most_steps; ++k) {
    const std::optional<ManifoldPoint> at = manifold.at_best(next);
    if (!at) return;
    const Index n = at->dimension();
    const Vector nu = at->normal_part(at->residual());
    const Matrix hessian = Matrix::Identity(n, n) - at->shape_operator(nu);
    const Vector step = hessian.ldlt().solve(at->coefficients(at->residual()));
    const Vector change = manifold.curve(at->move(step), next).weights;
    const Vector by = manifold.problem().X * change;
    // Relative to what node inputs are summed from: weights that were printed with seven digits are near.
    const Vector sizes = manifold.problem().X.cwiseAbs() * next.weights.cwiseAbs();
    const double length = (by.array().abs() / sizes.array().max(1.0)).maxCoeff();
    if (!(moved + length <= near)) return;
    const std::optional<AmplitudeCurve> found = manifold.best_curve(next.weights + change);
    if (!found) return;
    next = *found;
    moved += length;
    const bool is_there = length <= rounding || (length <= standstill && length > 0.5 * before);
    before = length;
    if (!is_there) continue;
    point.morse_index = hessian_index(manifold, request, next);
    if (!point.morse_index) return;
    curve = next;
    point.moved = moved;
    point.is_stationary = true;
    return;
  }
}

/// The point that the user asks about; nothing when there is none, and then a sentence says why.
std::optional<AmplitudeCurve> find_curve(const GeometryRequest& request,
                                         const AmplitudeManifold& manifold,
                                         ExaminedProblem& examined, ExaminedPoint& point) {
  if (request.at) {
    point.source = PointSource::given_weights;
    const Vector weights =
        Eigen::Map<const Vector>(request.at->data(), static_cast<Index>(request.at->size()));
    if (!weights.allFinite() || !(manifold.problem().X * weights).allFinite())
      throw UsageError("--at: the node inputs of these weights are too large for numbers");
    std::optional<AmplitudeCurve> curve = manifold.best_curve(weights);
    if (!curve) {
      examined.unresolved.emplace_back(
          "with the weights of --at the best height of the curve is zero: there the data manifold "
          "has no tangent space");
      return std::nullopt;
    }
    settle(manifold, request, *curve, point);
    return curve;
  }
  const AllFits& fits = *examined.fits;
  const StationaryPoint* const best = best_minimum(fits.points);
  const std::optional<PathEnd>& end = fits.exploration.path.end;
  if (best == nullptr && !fits.infimum_at_infinity && fits.level != Completeness::complete && end &&
      end->morse_index == 0) {
    examined.unresolved.push_back(
        fmt::format("the search has found no fit: {}; what is examined is the end of the natural "
                    "path",
                    printable(fits.level_reason)));
    point.source = PointSource::natural_path;
    std::optional<AmplitudeCurve> curve = manifold.best_curve(end->weights);
    if (curve) settle(manifold, request, *curve, point);
    return curve;
  }
  if (best == nullptr) {
    examined.unresolved.push_back(
        fmt::format("there is no finite fit to examine: {}", printable(fits.global_reason)));
    return std::nullopt;
  }
  if (fits.infimum_at_infinity)
    examined.unresolved.push_back(fmt::format("{}; what is examined is the best fit that is finite",
                                              printable(fits.global_reason)));
  point.source = PointSource::best_fit;
  point.morse_index = best->morse_index;
  // Its plateaus once more, so that what is known of them is so to the last digit.
  return manifold.best_curve(best->weights);
}

/// The moves of weights and plateaus that columns of moves are.
void put_moves(const AmplitudeManifold& manifold, const AmplitudeCurve& at, const Matrix& moves,
               Matrix& weights, Matrix& ranges) {
  weights.resize(at.weights.size(), moves.cols());
  ranges.resize(2, moves.cols());
  for (Index j = 0; j < moves.cols(); ++j) {
    const AmplitudeCurve change = manifold.curve(moves.col(j), at);
    weights.col(j) = change.weights;
    ranges.col(j) << change.range.low, change.range.high;
  }
}

/// Makes those curvatures zero that are: the manifold is straight in as many directions.
void straighten(Index directions, Vector& curvatures) {
  for (Index k = 0; k < directions && k < curvatures.size(); ++k) {
    Index least = -1;
    for (Index j = 0; j < curvatures.size(); ++j)
      if (curvatures(j) != 0.0 &&
          (least < 0 || std::abs(curvatures(j)) < std::abs(curvatures(least))))
        least = j;
    const auto zeros = (curvatures.array() == 0.0).count();
    if (least < 0 || zeros >= directions) return;
    curvatures(least) = 0.0;
  }
}

void examine(const GeometryRequest& request, const AmplitudeManifold& manifold,
             const AmplitudeCurve& curve, double energy_of_replicates, ExaminedProblem& examined,
             ExaminedPoint point) {
  const std::optional<ManifoldPoint> at = manifold.at_best(curve);
  if (!at) {
    examined.unresolved.emplace_back(no_tangent_space);
    return;
  }
  point.v = at->coordinates();
  point.weights = curve.weights;
  point.range = curve.range;
  point.gradient_norm = at->coefficients(at->residual()).norm();
  point.gradient_scale = at->distance();
  point.energy = 0.5 * at->distance() * at->distance() + energy_of_replicates;
  const CurvatureMoves moves = add_curvatures(request, *at, point);
  straighten(manifold.straight_directions(), point.curvatures);
  put_moves(manifold, curve, moves.towards, point.directions, point.range_directions);
  if (moves.largest.size() > 0) {
    Matrix weights, ranges;
    put_moves(manifold, curve, moves.largest, weights, ranges);
    point.largest_direction = weights.col(0);
    point.largest_range_direction = ranges.col(0);
  }
  if (point.is_stationary && !point.morse_index)
    examined.unresolved.emplace_back("the fit is degenerate: y lies on the caustic to rounding");
  examined.point = std::move(point);
}

}  // namespace

void refuse_options_of_known_ranges(const GeometryRequest& request) {
  if (target_range(request.network).is_known()) return;
  if (request.tau != 1.0)
    throw UsageError(
        "--tau: only 1 where --range has a free end: before that the natural path has a ridge");
  if (!request.outputs.plot_file.empty())
    throw UsageError(
        "--plot: not where --range has a free end: the pictures are of manifolds with known "
        "plateaus");
}

ExaminedProblem examine_fitted_range(const GeometryRequest& request, const Problem& problem) {
  const ComputedProblem computed = merged_problem(request.network, problem);
  const OutputRange asked = target_range(request.network);
  const Activation activation = request.network.perceptron.activation;
  const AmplitudeManifold manifold(*computed.problem, activation, asked);
  ExaminedProblem examined;
  add_rows(request.network, computed, problem.y, examined.facts);
  examined.facts.rank = manifold.space().rank();
  examined.facts.dependencies = manifold.space().dependencies();
  examined.ambient = manifold.ambient();
  examined.dimension = manifold.dimension();
  if (!request.at) {
    Heartbeat progress(problem.name, request.outputs.quiet, request.outputs.listener);
    FitOptions options;
    options.seconds = request.supremum.seconds;
    options.strata = request.strata;
    options.explore.stop = request.strata.stop;
    options.explore.seed = request.seed;
    options.begins = [&](std::string_view name) { progress.note(std::string(name)); };
    AllFits fits =
        find_all_fits(*computed.problem, activation, asked, options, computed.merged.energy);
    restore_rows(computed, problem, fits);
    examined.path = fits.exploration.path;
    examined.fits = std::move(fits);
  }
  ExaminedPoint point;
  if (const std::optional<AmplitudeCurve> curve = find_curve(request, manifold, examined, point))
    examine(request, manifold, *curve, computed.merged.energy, examined, std::move(point));
  if (request.strata.stop.is_requested())
    examined.unresolved.emplace_back("interrupted: searches hold what was found until then");
  return examined;
}

}  // namespace tautrack::program
