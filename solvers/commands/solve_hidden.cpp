#include "commands/solve_hidden.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "tautrack/network/hidden_layer.hpp"

#include "commands/hidden_network.hpp"
#include "commands/solve_report.hpp"
#include "commands/verdict.hpp"
#include "io/csv_field.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

constexpr std::size_t most_points_shown = 14;  ///< Rows of the table of points.
constexpr Index most_units_shown = 3;          ///< Columns of the table of weights.

/// Outputs (L x K) in the user's units, of rows of the user.
Matrix outputs_of(const HiddenLayer& network, const OutputScale& scale, const Vector& weights,
                  const Matrix& X) {
  const HiddenLayer all(make_problem(X, Vector::Zero(X.rows())),
                        Matrix::Zero(X.rows(), network.outputs()), network.options());
  Matrix Z = all.node_outputs(all.coordinates(weights), 1.0);
  for (Index k = 0; k < Z.cols(); ++k)
    for (Index i = 0; i < Z.rows(); ++i) Z(i, k) = scale.output(Z(i, k));
  return Z;
}

}  // namespace

void refuse_options_of_one_layer(const SolveRequest& request) {
  check_hidden_options(request.network);
  if (!request.network.hidden.is_there()) return;
  const auto refuse = [](const char* option) {
    throw UsageError(fmt::format("{}: not where there is a hidden layer", option));
  };
  if (request.intervals.profile) refuse("--intervals");
  if (!request.from.empty()) refuse("--from");
  if (request.fits.explore.ranks != nullptr) refuse("mpirun");
}

Matrix hidden_outputs(const NetworkRequest& request, const std::vector<const Problem*>& problems,
                      const Vector& weights, const Matrix& X) {
  const HiddenProblem hidden = hidden_problem(request, problems);
  return outputs_of(hidden.network, hidden.computed.scale, weights, X);
}

SolvedProblem solve_hidden(const SolveRequest& request, const std::vector<const Problem*>& problems,
                           const FitOptions& options) {
  SolvedProblem solved;
  const HiddenProblem hidden_of = hidden_problem(request.network, problems);
  const ComputedProblem& computed = hidden_of.computed;
  const HiddenLayer& network = hidden_of.network;
  const Index K = network.outputs();
  add_rows(request.network, computed, problems.front()->y, solved.facts);
  solved.facts.rank = network.space().rank();
  solved.facts.dependencies = network.space().dependencies();
  solved.fits = find_all_fits(network, options);
  restore(computed, solved.facts);
  restore(computed, solved.fits);
  if (solved.fits.tree) restore(computed, *solved.fits.tree);
  SolvedHidden& hidden = solved.hidden.emplace();
  hidden.columns = network.columns();
  hidden.units = network.units();
  hidden.outputs = K;
  for (const Problem* problem : problems) hidden.names.push_back(problem->name);
  hidden.targets.resize(problems.front()->y.size(), K);
  for (Index k = 0; k < K; ++k) hidden.targets.col(k) = problems[static_cast<std::size_t>(k)]->y;
  hidden.unit_symmetries = network.orbit_size(network.coordinates(
      Vector::LinSpaced(network.columns() * network.units() + network.units() * K + K, 1.0, 2.0)));
  hidden.data_symmetries = data_symmetries(network).size();
  for (const StationaryPoint& point : solved.fits.points)
    hidden.facts.push_back(unit_facts(network, point.weights));
  if (const StationaryPoint* best = best_minimum(solved.fits.points))
    hidden.fitted = outputs_of(network, computed.scale, best->weights, problems.front()->X);
  solved.unresolved = unresolved_matters(request, solved.fits);
  return solved;
}

// ------------------------------------------------------------------------------------------- text

namespace {

double copies_of(const std::vector<StationaryPoint>& points,
                 const std::function<bool(const StationaryPoint&)>& which) {
  double sum = 0.0;
  for (const StationaryPoint& point : points)
    if (which(point)) sum += point.copies;
  return sum;
}

/// How many families and points, and of which index.
std::string families_text(const std::vector<StationaryPoint>& points) {
  std::map<int, double> of_index;
  double unknown = 0.0;
  for (const StationaryPoint& point : points) {
    if (point.morse_index)
      of_index[*point.morse_index] += point.copies;
    else
      unknown += point.copies;
  }
  std::string text =
      fmt::format("{} of {:.15g} points with their copies",
                  points.size() == 1 ? "1 family" : fmt::format("{} families", points.size()),
                  copies_of(points, [](const StationaryPoint&) { return true; }));
  const char* lead = ": ";
  for (const auto& [index, copies] : of_index) {
    text += fmt::format("{}{:.15g} {}", lead, copies,
                        index == 0 ? "minima" : fmt::format("of index {}", index));
    lead = ", ";
  }
  if (unknown > 0.0) text += fmt::format("{}{:.15g} without a sure index", lead, unknown);
  return text;
}

std::string stands_out_text(const UnitFacts& facts) {
  std::string text;
  if (!facts.dead.empty()) text = fmt::format("{} dead", facts.dead.size());
  for (const std::vector<Index>& group : facts.equal)
    text += fmt::format("{}{} equal", text.empty() ? "" : ", ", group.size());
  return text;
}

void add_families(Page& page, const SolvedProblem& solved) {
  const std::vector<StationaryPoint>& points = solved.fits.points;
  if (points.empty()) return;
  const auto row = [](std::string_view number, std::string_view energy, std::string_view kind,
                      std::string_view morse, std::string_view copies, std::string_view status,
                      std::string_view units) {
    return fmt::format("{:>3} {:<15}{:<9}{:>5}{:>7}  {:<10} {}", number, energy, kind, morse,
                       copies, status, units);
  };
  page.row(row("", "E", "kind", "Morse", "copies", "status", "units"), "points");
  const std::size_t shown =
      points.size() <= most_points_shown + 1 ? points.size() : most_points_shown;
  for (std::size_t i = 0; i < shown; ++i) {
    const StationaryPoint& point = points[i];
    page.row(row(std::to_string(i + 1), fmt::format("{:.10g}", point.energy), to_string(point.kind),
                 index_text(point.morse_index), fmt::format("{:.15g}", point.copies),
                 to_string(point.status), cut(stands_out_text(solved.hidden->facts[i]), 12)));
  }
  if (shown < points.size())
    page.row(fmt::format("    and {} more, up to E = {:.6g} (all: --points, --json)",
                         points.size() - shown, points.back().energy));
}

/// Weights of the best fit: a column for each unit.
void add_best_weights(Page& page, const ProblemView& problem, const SolvedHidden& hidden,
                      const StationaryPoint& best) {
  constexpr int width = 14, name = 18;
  const Index shown = std::min(hidden.units, most_units_shown);
  const auto row = [&](std::string_view title, const auto& cell) {
    std::string text = fmt::format("{:<{}}", cut(std::string(title), name - 1), name);
    for (Index j = 0; j < shown; ++j) text += fmt::format("{:>{}}", cell(j), width);
    return text;
  };
  page.row(row("column", [](Index j) { return fmt::format("unit {}", j + 1); }), "weights");
  constexpr Index most_columns_shown = 12;
  for (Index a = 0; a < std::min(hidden.columns, most_columns_shown); ++a)
    page.row(row(problem.column(a),
                 [&](Index j) { return short_number(best.weights(j * hidden.columns + a)); }));
  if (hidden.columns > most_columns_shown)
    page.row(fmt::format("and {} more (all: --json)", hidden.columns - most_columns_shown));
  const Index first = hidden.columns * hidden.units;
  for (Index k = 0; k < hidden.outputs; ++k) {
    const std::string& output = hidden.names[static_cast<std::size_t>(k)];
    page.row(row("-> " + output, [&](Index j) {
      return short_number(best.weights(first + k * hidden.units + j));
    }));
    page.row(fmt::format("{:<{}}{:>{}}", cut("-> " + output + ", bias", name - 1), name,
                         short_number(best.weights(first + hidden.units * hidden.outputs + k)),
                         width));
  }
  if (shown < hidden.units)
    page.row(fmt::format("and {} (all: --json)",
                         counted(static_cast<long long>(hidden.units - shown), "unit")));
}

/// How much of the list the curves from tau = 0 reach.
std::string reach_text(const AllFits& fits) {
  std::size_t families = 0;
  double copies = 0.0;
  for (std::size_t i = 0; i < fits.points.size(); ++i)
    if (fits.reached_by[i] >= 0) {
      ++families;
      copies += fits.points[i].copies;
    }
  return fmt::format("{}; they end at {} of {} families, {:.15g} of {:.15g} points",
                     printable(fits.tree->message), families, fits.points.size(), copies,
                     copies_of(fits.points, [](const StationaryPoint&) { return true; }));
}

}  // namespace

void add_hidden(Page& page, const SolveRequest& request, const ProblemView& problem,
                const SolvedProblem& solved) {
  const SolvedHidden& hidden = *solved.hidden;
  const AllFits& fits = solved.fits;
  page.line("found", families_text(fits.points));
  add_families(page, solved);
  if (fits.tree) page.line("from tau = 0", reach_text(fits));
  if (const StationaryPoint* best = best_minimum(fits.points)) {
    const double squares = (hidden.fitted - hidden.targets).squaredNorm();
    page.line("fit", fmt::format("sum of squares {:.6g}, root mean square {:.4g}", squares,
                                 std::sqrt(squares / static_cast<double>(hidden.targets.size()))));
    add_best_weights(page, problem, hidden, *best);
  }
  page.line("symmetry",
            fmt::format("{:.15g} of the units{}", hidden.unit_symmetries,
                        hidden.data_symmetries > 1
                            ? fmt::format(" times {} of the data", hidden.data_symmetries)
                            : ", none of the data"));
  page.line("network", hidden_network_text(request.network, problem, hidden.outputs));
}

// ------------------------------------------------------------------------------------------- JSON

namespace {

Json rows_of(const Matrix& matrix) {
  Json rows = Json::array();
  for (Index i = 0; i < matrix.rows(); ++i) rows.push_back(numbers(matrix.row(i)));
  return rows;
}

}  // namespace

Json hidden_report(const SolveRequest& request, const SolvedProblem& solved) {
  Json report = hidden_network_report(request.network, solved.hidden->names);
  report["unit_symmetries"] = solved.hidden->unit_symmetries;
  report["data_symmetries"] = solved.hidden->data_symmetries;
  return report;
}

Json hidden_point_report(const SolvedProblem& solved, std::size_t i) {
  const SolvedHidden& hidden = *solved.hidden;
  const Vector& w = solved.fits.points[i].weights;
  const Index s = hidden.columns, h = hidden.units, K = hidden.outputs;
  const int reached_by = solved.fits.reached_by[i];
  return {{"hidden_weights", rows_of(w.head(s * h).reshaped(s, h).transpose())},
          {"output_weights", rows_of(w.segment(s * h, h * K).reshaped(h, K))},
          {"output_bias", numbers(w.tail(K))},
          {"copies", solved.fits.points[i].copies},
          {"dead_units", hidden.facts[i].dead},
          {"equal_units", hidden.facts[i].equal},
          {"branch", reached_by >= 0 ? Json(reached_by) : Json()}};
}

// -------------------------------------------------------------------------------------------- CSV

std::string hidden_csv(const Data& data, const std::vector<SolvedProblem>& solved) {
  std::string out = "problem,row,output,target,fitted,residual" + csv_columns(data);
  for (std::size_t i = 0; i < solved.size(); ++i) {
    const SolvedHidden& hidden = *solved[i].hidden;
    const Problem& problem = data.dense.problems[i];
    for (Index row = 0; row < hidden.fitted.rows(); ++row)
      for (Index k = 0; k < hidden.outputs; ++k) {
        fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{}", csv_field(problem.name),
                       row + 1, csv_field(hidden.names[static_cast<std::size_t>(k)]),
                       csv_field(hidden.targets(row, k)), csv_field(hidden.fitted(row, k)),
                       csv_field(hidden.targets(row, k) - hidden.fitted(row, k)));
        out += csv_tail(problem.X.row(row));
      }
  }
  return out;
}

std::string hidden_points_csv(const Data& data, const std::vector<SolvedProblem>& solved) {
  const SolvedHidden& first = *solved.front().hidden;
  std::string out = "problem,number,energy,kind,morse_index,status,radius,found_by,copies" +
                    hidden_columns(data.problem(0), first.units, first.outputs);
  for (std::size_t i = 0; i < solved.size(); ++i) {
    std::size_t number = 0;
    for (const StationaryPoint& point : solved[i].fits.points) {
      fmt::format_to(
          std::back_inserter(out), "{},{},{},{},{},{},{},{},{}", csv_field(data.problem(i).name()),
          ++number, csv_field(point.energy), to_string(point.kind),
          point.morse_index ? std::to_string(*point.morse_index) : "", to_string(point.status),
          point.status == PointStatus::certified ? csv_field(point.radius) : "",
          csv_field(point.found_by), csv_field(point.copies));
      out += csv_tail(point.weights);
    }
  }
  return out;
}

}  // namespace tautrack::program
