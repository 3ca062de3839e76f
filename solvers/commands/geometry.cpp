#include "commands/geometry.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include <Eigen/Cholesky>
#include <fmt/format.h>

#include "tautrack/events/morse_index.hpp"
#include "tautrack/geometry/data_manifold.hpp"
#include "tautrack/infinity/counts.hpp"

#include "commands/each_problem.hpp"
#include "commands/geometry_fitted_range.hpp"
#include "commands/geometry_plot.hpp"
#include "commands/geometry_point.hpp"
#include "commands/geometry_report.hpp"
#include "commands/table_report.hpp"
#include "commands/units.hpp"
#include "io/interruption.hpp"
#include "io/progress.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

constexpr const char* about_geometry =
    R"(Curvature and reach: is the fit provably unique?

All outputs z that a network can give on the data form its data manifold, and a
fit is a projection of the targets y on it: y - z is normal to the manifold.
`geometry` goes to the fit at the end of the natural path (see `tautrack track`)
and reports how the manifold bends there and how far y is from trouble:

  towards y    principal curvatures kappa in the direction of y, with their
               focal distances 1/kappa. All |y - z| kappa < 1: a minimum; each
               one above 1 is a direction in which the energy falls
  largest      the largest curvature in any direction, with a proven bound, and
               what it means for the linear approximation (Bates & Watts 1980)
  everywhere   the largest curvature at any weights, and the reach: a stationary
               point nearer to y than the reach is the only one
  unique       a proof that the fit is the only stationary point, or the numbers
               that show why there is none; the same for the lowest energy
  infinity     which limits at infinite weights can hold an infimum

Where --range has a free end it goes to the best finite fit (see `tautrack
solve`), and what it says is local: curvature, focal distances and the linear
approximation, in weights and plateaus. The reach and the proofs that rest on
curvature do not hold for such manifolds.
)";

constexpr const char* more_about_geometry =
    R"(Data files are those of `tautrack track`. Sparse data of more than 1000 weights
(or 1 GB) are refused. With a ridge the penalty counts as further outputs.

Examples:
  tautrack geometry                             the bundled iris data
  tautrack geometry data.csv --tau 0.9          where the path first meets 0.9
  tautrack geometry data.csv --at 0.5,-2,0.25   at given weights
  tautrack geometry two.csv --no-bias --plot manifold.svg
  tautrack geometry dose.csv --range free,free  plateaus are fitted, too

Exit status:
  0  everything that was asked for is known; "not certified" is an answer, too
  1  the natural path has no end at that tau, or its end is degenerate, or (free
     ends of --range) no finite fit is the best, or the search was interrupted;
     the output says which, under "unresolved"
  2  the data, an option or an output is unusable: one sentence on standard
     error says why, nothing is written)";

/// Takes the text of --at.
std::optional<std::string> take_weights(const std::string& text, GeometryRequest& request) {
  std::vector<double> weights;
  for (const std::string& part : split(text, ',')) {
    const std::optional<double> weight = read_number(part);
    if (!weight) return fmt::format("'{}' is not a number", part);
    weights.push_back(*weight);
  }
  request.at = std::move(weights);
  return std::nullopt;
}

/// Moves a point that is stationary to about six digits to the stationary point itself. Others
/// stay where they are, and degenerate ones, which cannot be told from false zeros.
void settle(const Perceptron& network, double tau, ExaminedPoint& point) {
  constexpr int most_steps = 8;
  constexpr double near = 1e-6, rounding = 1e-13;
  const Index n = network.unknowns();
  Perceptron::Workspace work(network);
  Vector v = point.v, H(n), H_tau(n);
  Matrix H_v(n, n);
  double moved = 0.0;
  point.is_stationary = false;
  for (int k = 0; k < most_steps; ++k) {
    network.derivatives(v, tau, work, H, H_v, H_tau);
    const Vector step = -H_v.ldlt().solve(H);
    const double length = network.relative_displacement(v, step, work);
    if (!(moved + length <= near)) return;
    v += step;
    moved += length;
    if (length > rounding) continue;
    if (!MorseIndex().count(H_v)) return;  // As where all units saturate and nothing is stationary.
    point.weights += network.weights(v - point.v);
    point.v = v;
    point.moved = moved;
    point.is_stationary = true;
    return;
  }
}

/// Energy, gradient and Morse index at a point.
void add_derivatives(const Perceptron& network, double tau, ExaminedPoint& point) {
  const Index n = network.unknowns();
  Perceptron::Workspace work(network);
  Vector H(n), H_tau(n);
  Matrix H_v(n, n);
  point.gradient_scale = network.derivatives(point.v, tau, work, H, H_v, H_tau);
  point.gradient_norm = H.norm();
  point.energy = network.energy(point.v, tau, work);
  if (point.is_stationary && point.source != PointSource::natural_path)
    point.morse_index = MorseIndex().count(H_v);
}

ExaminedPoint examine(const GeometryRequest& request, const Perceptron& network,
                      ExaminedPoint point) {
  const ManifoldPoint at = DataManifold(network, request.tau).at(point.v);
  add_derivatives(network, request.tau, point);
  const CurvatureMoves moves = add_curvatures(request, at, point);
  point.directions.resize(point.weights.size(), moves.towards.cols());
  for (Index j = 0; j < moves.towards.cols(); ++j)
    point.directions.col(j) = network.weights(moves.towards.col(j));
  if (moves.largest.size() > 0) point.largest_direction = network.weights(moves.largest);
  return point;
}

/// The point that the user asks about, before it is examined; nothing when the path has no end.
std::optional<ExaminedPoint> find_point(const GeometryRequest& request, const Perceptron& network,
                                        const std::optional<NaturalPath>& path) {
  ExaminedPoint point;
  if (request.at) {
    point.source = PointSource::given_weights;
    point.weights =
        Eigen::Map<const Vector>(request.at->data(), static_cast<Index>(request.at->size()));
    point.v = network.coordinates(point.weights);
    if (!point.v.allFinite() || !network.node_inputs(point.v).allFinite())
      throw UsageError("--at: the node inputs of these weights are too large for numbers");
    settle(network, request.tau, point);
    return point;
  }
  if (!path) {
    point.source = PointSource::linear_fit;
    point.v = network.linear_solution();
    point.weights = network.weights(point.v);
    return point;
  }
  if (!path->end) return std::nullopt;
  point.weights = path->end->weights;
  point.morse_index = path->end->morse_index;
  point.v = network.coordinates(point.weights);
  return point;
}

void restore(const ComputedProblem& computed, ExaminedPoint& point) {
  const OutputScale& scale = computed.scale;
  point.gradient_norm = scale.energy(point.gradient_norm);
  point.gradient_scale = scale.energy(point.gradient_scale);
  point.energy = users_energy(computed, point.energy);
  point.distance = scale.distance(point.distance);
  point.normal_distance = scale.distance(point.normal_distance);
  point.curvatures *= scale.curvature(1.0);
  point.directions *= scale.curvature(1.0);
  restore(computed, point.largest);
  point.largest_direction *= scale.curvature(1.0);
  restore(computed, point.bates_watts);
}

/// Puts what was found in the user's units.
void restore(const ComputedProblem& computed, ExaminedProblem& examined) {
  if (examined.path) restore(computed, *examined.path);
  if (examined.point) restore(computed, *examined.point);
  if (examined.supremum) restore(computed, *examined.supremum);
  if (examined.certificate) restore(computed, *examined.certificate);
  restore(computed, examined.strata);
}

/// What keeps the answer from being whole, if anything does.
std::vector<std::string> unresolved_matters(const GeometryRequest& request,
                                            const ExaminedProblem& examined) {
  std::vector<std::string> matters;
  if (examined.path && !examined.point)
    matters.push_back(fmt::format(
        "the natural path has no end at tau = {:.15g} whose curvature could be told: {}; --at and "
        "--tau examine other points",
        request.tau, printable(examined.path->message)));
  if (examined.path && examined.path->end && examined.path->end->status != "converged")
    matters.push_back(fmt::format("the end of the path is {}: y lies on the caustic to rounding",
                                  examined.path->end->status));
  if (request.supremum.stop.is_requested())
    matters.emplace_back("interrupted: searches hold what was found until then");
  return matters;
}

ExaminedProblem examine_problem(const GeometryRequest& request, const Problem& problem,
                                const CurvatureSupremum& supremum, int threads) {
  const ComputedProblem computed = computed_problem(request.network, problem);
  const Perceptron network(computed.problem, computed.perceptron);
  const bool is_loud = request.outputs.tells_progress();
  ExaminedProblem examined;
  add_rows(request.network, computed, problem.y, examined.facts);
  examined.facts.rank = network.unknowns();
  examined.facts.dependencies = network.space().dependencies();
  examined.ambient = DataManifold(network, request.tau).ambient();
  examined.dimension = network.unknowns();
  if (!request.at && request.tau > 0.0) {
    PathProgress progress(problem.name, request.outputs.listener);
    TrackOptions track;
    track.tau_target = request.tau;
    examined.path = track_natural(
        network, track,
        [&](const PathPoint& point) {
          if (is_loud) progress.see(point);
          return !request.strata.stop.is_met();
        },
        threads);
  }
  Progress progress(problem.name, request.outputs.listener);
  const auto say = [&](std::string_view what) {
    if (is_loud && progress.is_due()) progress.say(what);
  };
  if (std::optional<ExaminedPoint> point = find_point(request, network, examined.path))
    examined.point = examine(request, network, std::move(*point));
  examined.supremum = supremum;
  say("the curvature at the point is known, now the certificate");
  if (examined.point && examined.point->is_stationary)
    examined.certificate =
        certify_unique(network, examined.point->v, request.tau,
                       {supremum.upper, supremum.upper_from}, request.strata.stop);
  say("now the limits at infinite weights");
  examined.strata = enumerate_strata(network, request.strata);
  examined.strata_in_general = strata_count(network.patterns(), network.unknowns()) - 1.0;
  restore(computed, examined);
  examined.unresolved = unresolved_matters(request, examined);
  return examined;
}

/// Whether two problems have the same data manifold.
bool have_same_inputs(const Problem& a, const Problem& b) {
  const Vector &omega = a.pattern_weights, &other = b.pattern_weights;
  return a.X.rows() == b.X.rows() && a.X == b.X && omega.size() == other.size() && omega == other;
}

}  // namespace

void check_request(const GeometryRequest& request) {
  refuse_options_of_known_ranges(request);
  need_no_held_weights(request.network, "geometry");
}

void check_data(const GeometryRequest& request, const Data& data) {
  const auto wanted = static_cast<long long>(data.dense.problems.front().X.cols());
  if (!request.at || static_cast<long long>(request.at->size()) == wanted) return;
  throw UsageError(fmt::format("--at: {} but the data have {}{}",
                               counted(static_cast<long long>(request.at->size()), "number"),
                               counted(wanted, "weight"),
                               request.network.dataset.bias ? ", the bias last" : ""));
}

std::vector<ExaminedProblem> examine_all(GeometryRequest request, const Data& data) {
  request.curvature.seed = request.supremum.seed = request.seed;
  const std::vector<Problem>& problems = data.dense.problems;
  std::vector<ExaminedProblem> examined(problems.size());
  if (!target_range(request.network).is_known()) {
    for_each_problem(data, request.threads, [&](std::size_t i, int) {
      examined[i] = examine_fitted_range(request, problems[i]);
    });
    return examined;
  }
  std::vector<CurvatureSupremum> suprema;
  try {
    for (std::size_t i = 0; i < problems.size(); ++i) {
      if (i > 0 && have_same_inputs(problems[i - 1], problems[i])) {
        suprema.push_back(suprema.back());
        continue;
      }
      const ComputedProblem computed = computed_problem(request.network, problems[i]);
      const Perceptron network(computed.problem, computed.perceptron);
      suprema.push_back(curvature_supremum(network, request.tau, request.supremum));
    }
  } catch (const DataError& error) {
    throw DataError(data.source() + ": " + error.what());
  }
  for_each_problem(data, request.threads, [&](std::size_t i, int within) {
    examined[i] = examine_problem(request, problems[i], suprema[i], within);
  });
  return examined;
}

std::string_view to_string(PointSource source) noexcept {
  switch (source) {
    case PointSource::natural_path:
      return "natural path";
    case PointSource::linear_fit:
      return "linear fit";
    case PointSource::best_fit:
      return "best fit";
    case PointSource::given_weights:
      break;
  }
  return "given weights";
}

Command geometry_command(GeometryRequest& request) {
  Command command("geometry", about_geometry, more_about_geometry);
  add_file_options(command, request.network);
  add_network_options(command, request.network);

  command.group("Geometry");
  command.add_value("--at", "W1,W2,...",
                    "Weights to examine, in the units and the column\n"
                    "order of the data, the bias last (default: the fit\n"
                    "at the end of the natural path)",
                    [&request](const std::string& text) { return take_weights(text, request); });
  command.add_number("--tau", "T", "Data manifold to examine: 0 linear, 1 sigmoid", request.tau,
                     tau_reason);
  command.add_number("--seconds", "S",
                     "Time for the search of the largest curvature at any\n"
                     "weights, or of all fits where --range has a free\n"
                     "end, in seconds",
                     request.supremum.seconds, above(0.0));
  command.add_number("--infinity-seconds", "S",
                     "Time for the limits at infinite weights of each\n"
                     "problem, in seconds (a free end of --range: that is\n"
                     "part of the above)",
                     request.strata.seconds, above(0.0));
  command.add_whole_number(
      "--threads", "N",
      "Threads, over problems and large data; no result\ndepends on it, but for "
      "searches cut off by time",
      request.threads, 1);
  command.add_whole_number("--seed", "N", "Of the random starts", request.seed, 0);

  add_output_options(command, request.outputs,
                     "The principal curvatures, one row each; '-' as\nabove",
                     "Picture of the data manifold of 2 or 3 patterns:\n.svg, .png or .pdf");
  command.set_essentials({"DATA.csv", "--target", "--ignore", "--log", "--activation", "--range",
                          "--ridge", "--at", "--seconds", "--threads", "--json", "--csv",
                          "--plot"});
  return command;
}

int run_geometry(GeometryRequest request) {
  check_request(request);
  Outputs outputs(request.outputs, request.network.file);
  const Data data = load_dense(request.network, "geometry");
  check_data(request, data);
  if (outputs.has_plot()) require_drawable(request, data.dense);
  tell_notes(data.table, request.outputs.quiet);
  tell_unreachable(request.network, data, request.outputs.quiet);
  std::vector<ExaminedProblem> examined;
  {
    const Interruption interruption;
    request.supremum.stop = request.strata.stop = interruption.token();
    examined = examine_all(request, data);
  }
  publish_reports(outputs, request, data, examined);
  return exit_status(examined);
}

}  // namespace tautrack::program
