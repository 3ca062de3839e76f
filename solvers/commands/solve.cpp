#include "commands/solve.hpp"

#include <fmt/format.h>

#include "tautrack/data/zero_doses.hpp"
#include "tautrack/fits/fitted_range.hpp"
#include "tautrack/fits/zero_doses.hpp"
#include "tautrack/network/perceptron.hpp"

#include "commands/json_parts.hpp"
#include "commands/solve_hidden.hpp"
#include "commands/solve_plot.hpp"
#include "commands/solve_report.hpp"
#include "commands/table_report.hpp"
#include "commands/units.hpp"
#include "commands/verdict.hpp"
#include "io/interruption.hpp"
#include "io/progress.hpp"
#include "io/standard_input.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"
#include "records/restart.hpp"

namespace tautrack::program {
namespace {

constexpr const char* about_solve =
    R"(All fits, best first, and what the best is worth

A sigmoid network has many fits: minima, saddles and maxima of the energy

    E(w) = 1/2 sum (sigma(x.w) - y)^2 + R/2 |w|^2,

and limits at weights that grow without bound. `solve` finds the end of the
natural path (see `tautrack track`), then follows the curves
grad E(w) = lambda a for random directions a through every point that it knows
and descends from every saddle, until several rounds in a row bring nothing
new. Each point is certified by ball arithmetic where that is built in; with few
weights an exhaustive interval search proves the list complete. Every list is
printed with how far it is known to be complete, from the weakest statement on:

  heuristic         searched until nothing new came, or until time was up
  index-consistent  and the sum of (-1)^index is the one that topology forces
  complete-in-box   proven in the box that was searched
  complete          proven everywhere
)";

constexpr const char* more_about_solve =
    R"(Data files are those of `tautrack track`. Sparse data of more than 1000 weights
(or 1 GB) are refused.

Unknown plateaus: --range free,free fits both plateaus of the outputs (with one
input column a four-parameter curve), --range 0,free the upper one. For one
column and tanh or logistic an interval search over all curves makes the list
complete and proves where no finite fit is the best: the data show no upper or
no lower plateau, and the best is an exponential; or the slope is infinite, and
the best is a step. For several columns, arctan and erf minima are looked for by
descents and each is proven; limits are listed and judged; that there is nothing
else is not proven. --ridge, --box, --graph, --from and mpirun are for known
plateaus.

Points are numbered by energy: from 1 in the text, the CSV and the picture, from
0 in the JSON. Ctrl-C ends the search and reports what was found; a second one
ends the program. With --run DIR every curve is recorded when it is done, an end
of any kind is followed by `tautrack resume DIR`, and mpirun has the processes
share the curves.

Examples:
  tautrack solve                                  the bundled iris data
  tautrack solve cancer.csv --seconds 300 --threads 8
  tautrack solve two.csv --no-bias --box -50,50   proven complete in a box
  tautrack solve data.csv --plot fits.svg --json fits.json --graph
  tautrack solve dose.csv --range free,free       a four-parameter curve
  mpirun -n 4 tautrack solve big.csv --seconds 86400 --run big

Exit status:
  0  every problem has a best fit with finite weights, all its points are
     certified (or converged, with --no-certify or without ball arithmetic), and
     the search came to its end by itself; more points may exist unless the list
     is said to be complete
  1  something is unresolved: the lowest energy is at infinite weights or
     plateaus, the search was cut off or interrupted, a point is not certified,
     the index sum says that points are missing, or an exhaustive search that
     was asked for did not finish; the output says which, under "unresolved"
  2  the data, an option or an output is unusable: one sentence on standard
     error says why, nothing is written)";

/// Takes the text of --box: LOW,HIGH or L1:H1,L2:H2,...
std::optional<std::string> take_box(const std::string& text, std::optional<BoxRequest>& box) {
  BoxRequest read;
  read.text = text;
  read.is_for_each = text.find(':') != std::string::npos;
  const std::vector<std::string> intervals =
      read.is_for_each ? split(text, ',') : std::vector<std::string>{text};
  for (const std::string& interval : intervals) {
    const std::vector<std::string> ends = split(interval, read.is_for_each ? ':' : ',');
    if (ends.size() != 2) return fmt::format("'{}' is neither LOW,HIGH nor L1:H1,L2:H2,...", text);
    for (const std::string& end : ends)
      if (!read_number(end)) return fmt::format("'{}' is not a number", end);
    read.low.push_back(*read_number(ends[0]));
    read.high.push_back(*read_number(ends[1]));
    if (!(read.low.back() < read.high.back()))
      return fmt::format("'{}' is not below '{}'", ends[0], ends[1]);
  }
  box = std::move(read);
  return std::nullopt;
}

/// The box that the user asked for, in a problem of so many weights.
Box make_box(const BoxRequest& request, Index weights) {
  if (!request.is_for_each)
    return {Vector::Constant(weights, request.low[0]), Vector::Constant(weights, request.high[0])};
  const auto count = static_cast<Index>(request.low.size());
  if (count != weights)
    throw UsageError(fmt::format("--box: {} but the data have {} to fit, the bias included",
                                 counted(count, "interval"), counted(weights, "weight")));
  return {Eigen::Map<const Vector>(request.low.data(), count),
          Eigen::Map<const Vector>(request.high.data(), count)};
}

/// What is asked for of this problem. All ranks that share the work get or throw the same.
FitOptions options_for(const SolveRequest& request, const Problem& problem) {
  FitOptions options = request.fits;
  options.explore.seconds = options.seconds;  // what the other parts leave
  const auto fill = [&] {
    const HeldWeights held = held_weights(request.network, problem.columns);
    if (!request.from.empty())
      for (const Vector& weights :
           restart_points(request.from, problem.columns, target_range(request.network),
                          held_report(request.network)))
        options.starts.push_back(held.fitted(weights));
    const Index units = request.network.hidden.units;
    const auto outputs =
        static_cast<Index>(std::max<std::size_t>(1, request.network.hidden.outputs.size()));
    const auto fitted = units > 0 ? problem.X.cols() * units + (units + 1) * outputs
                                  : problem.X.cols() - static_cast<Index>(held.list().size());
    if (request.box) options.search.box = make_box(*request.box, fitted);
    if (const auto reason = options.invalid_reason()) throw UsageError(*reason);
    check_with_zero_doses(problem);
    if (options.explore.ranks != nullptr && has_zero_doses(problem.X))
      throw UsageError("mpirun: not with doses of zero (--log)");
  };
  if (options.explore.ranks != nullptr)
    options.explore.ranks->together(fill);
  else
    fill();
  return options;
}

}  // namespace

void help_to_solve(const SolveRequest& request, const Problem& problem) {
  FitOptions options = options_for(request, problem);
  options.explore.stop = options.explore.stop.within(options.seconds);
  const ComputedProblem computed = computed_problem(request.network, problem);
  (void)explore(Perceptron(computed.problem, computed.perceptron), options.explore, options.starts);
}

namespace {

/// What is reported of the best fit; results are in the user's units already.
void add_fit_report(const SolveRequest& request, const Problem& problem, SolvedProblem& solved) {
  ProfileOptions options;
  options.seconds = request.fits.seconds;
  options.threads = request.fits.explore.threads;
  options.stop = request.fits.explore.stop;
  solved.fit = fit_report(request.network, problem, solved.fits, request.intervals, options);
}

/// A problem of a network of which an end of the range is fitted.
SolvedProblem solve_fitted_range(const SolveRequest& request, const Problem& problem,
                                 const FitOptions& options) {
  SolvedProblem solved;
  const ComputedProblem computed = merged_problem(request.network, problem);
  if (computed.held.any() && has_zero_doses(problem.X))
    throw UsageError("--fix: not with doses of zero (--log)");
  add_rows(request.network, computed, problem.y, solved.facts);
  const Problem positive = without_zero_doses(*computed.problem);
  const ColumnSpace space(positive.X, positive.pattern_weights, computed.perceptron.rank_tolerance);
  solved.facts.rank = space.rank();
  solved.facts.dependencies = space.dependencies();
  restore(computed, solved.facts);
  solved.fits = find_all_fits(*computed.problem, request.network.perceptron.activation,
                              target_range(request.network), options, computed.merged.energy);
  restore_rows(computed, problem, solved.fits);
  add_fit_report(request, problem, solved);
  solved.unresolved = unresolved_matters(request, solved.fits);
  return solved;
}

/// A problem of a known range with doses of zero.
SolvedProblem solve_zero_doses(const SolveRequest& request, const Problem& problem,
                               const FitOptions& options) {
  const auto refuse = [](const char* option) {
    throw UsageError(fmt::format("{}: not with doses of zero (--log)", option));
  };
  if (request.network.perceptron.ridge > 0.0) refuse("--ridge");
  if (!request.network.fix.empty()) refuse("--fix");
  if (request.graph) refuse("--graph");
  if (request.box) refuse("--box");
  SolvedProblem solved;
  const Problem positive = without_zero_doses(problem);
  const ComputedProblem computed = computed_problem(request.network, positive);
  const Perceptron network(computed.problem, computed.perceptron);
  solved.facts.unreachable = unreachable_targets(request.network, problem.y);
  solved.facts.rank = network.unknowns();
  solved.facts.dependencies = network.space().dependencies();
  AllFits of_positive = find_all_fits(network, options);
  restore(computed, solved.facts);
  restore(computed, of_positive);
  const OutputRange range = target_range(request.network);
  solved.fits = with_zero_doses(std::move(of_positive), problem,
                                request.network.perceptron.activation, {*range.low, *range.high});
  add_fit_report(request, problem, solved);
  solved.unresolved = unresolved_matters(request, solved.fits);
  return solved;
}

}  // namespace

void refuse_options_of_known_ranges(const SolveRequest& request) {
  refuse_options_of_one_layer(request);
  if (target_range(request.network).is_known()) return;
  const auto refuse = [](const char* option) {
    throw UsageError(fmt::format("{}: not where --range has a free end", option));
  };
  if (request.box) refuse("--box");
  if (request.graph) refuse("--graph");
  if (!request.from.empty()) refuse("--from");
  if (request.fits.explore.ranks != nullptr) refuse("mpirun");
}

SolvedProblem solve_problem(const SolveRequest& request, const Problem& problem) {
  return solve_problems(request, {&problem});
}

SolvedProblem solve_problems(const SolveRequest& request,
                             const std::vector<const Problem*>& problems) {
  const Problem& problem = *problems.front();
  const StopCondition stop = request.fits.explore.stop.within(request.fits.seconds);
  FitOptions options = options_for(request, problem);
  options.explore.stop = stop;
  Heartbeat progress(problem.name, request.outputs.quiet, request.outputs.listener);
  progress.note("the linear fit");
  std::string part;
  options.begins = [&](std::string_view name) {
    part = name;
    progress.note(part);
  };
  options.explore.progress = [&](long points, long curves, int quiet) {
    if (progress.is_due())
      progress.note(fmt::format("{}: {}, {}, {} without news", part,
                                request.network.hidden.is_there()
                                    ? counted(points, "family", "families")
                                    : counted(points, "point"),
                                counted(curves, "curve"), counted(quiet, "round")));
  };
  options.search.progress = [&](long looked_at, long left, double done) {
    if (progress.is_due())
      progress.note(fmt::format("{}: {:.3g} % done, {} looked at, {} left", part, 100.0 * done,
                                counted(looked_at, "box", "boxes"), left));
  };
  options.bound.progress = [&](double bound, double best, long nodes, long left) {
    if (progress.is_due())
      progress.note(fmt::format("{}: {:.6g} of {:.6g}, {}, {} left", part, bound, best,
                                counted(nodes, "node"), left));
  };
  if (request.network.hidden.is_there()) return solve_hidden(request, problems, options);
  if (!target_range(request.network).is_known())
    return solve_fitted_range(request, problem, options);
  if (has_zero_doses(problem.X)) return solve_zero_doses(request, problem, options);
  SolvedProblem solved;
  const ComputedProblem computed = computed_problem(request.network, problem);
  const Perceptron network(computed.problem, computed.perceptron);
  add_rows(request.network, computed, problem.y, solved.facts);
  solved.facts.rank = network.unknowns();
  solved.facts.dependencies = network.space().dependencies();
  solved.fits = find_all_fits(network, options);
  restore(computed, solved.facts);
  restore(computed, solved.fits);
  add_fit_report(request, problem, solved);
  solved.unresolved = unresolved_matters(request, solved.fits);
  return solved;
}

std::vector<Problem> share_layer(Data& data) {
  std::vector<Problem> problems = std::move(data.dense.problems);
  Problem together = problems.front();
  for (std::size_t k = 1; k < problems.size(); ++k) together.name += ", " + problems[k].name;
  data.dense.problems.assign(1, std::move(together));
  return problems;
}

namespace {

/// Solves one problem after the other, each with all threads.
std::vector<SolvedProblem> solve_all(const SolveRequest& request, const Dataset& dataset) {
  std::vector<SolvedProblem> solved;
  for (const Problem& problem : dataset.problems) {
    try {
      solved.push_back(solve_problem(request, problem));
    } catch (const DataError& error) {
      throw DataError(dataset.source + ": " + error.what());
    }
  }
  return solved;
}

/// A rule for a number of seconds that some options of the library hold.
template <class Options>
NumberRule seconds_rule() {
  return [](double seconds) {
    Options options;
    options.seconds = seconds;
    return options.invalid_reason();
  };
}

void add_exploration_options(Command& command, FitOptions& fits) {
  ExploreOptions& explore = fits.explore;
  command.group("Search along curves");
  command.add_number("--seconds", "S",
                     "Time for each problem, all that follows included,\nin seconds", fits.seconds,
                     seconds_rule<FitOptions>());
  command.add_whole_number("--rounds", "N",
                           "Rounds without news after which the search ends;\n"
                           "four times as many while points are missing",
                           explore.quiet_rounds, 1);
  command.add_whole_number("--descents", "N",
                           "Descents from a saddle: both ways along so many\n"
                           "negative eigenvectors",
                           explore.descent_directions, 0);
  command.add_whole_number("--max-curves", "N", "Budget of curves", explore.max_curves, 1);
  command.add_whole_number("--max-points", "N", "Budget of points", explore.max_points, 1);
  command.add_whole_number("--max-steps", "N", "Budget of steps of one curve, each way",
                           explore.max_steps, 1);
  command.add_flag("--no-certify", "Prove nothing about the points", explore.certify, false);
  command.add_whole_number("--seed", "N", "Of the random directions", explore.seed, 0);
  command.add_whole_number("--threads", "N",
                           "Threads; no result depends on it, but for what a\n"
                           "search that is cut off has come to",
                           explore.threads, 1);
}

void add_interval_options(Command& command, IntervalRequest& intervals) {
  command.group("Intervals");
  command.add_value("--intervals", "LEVEL",
                    "Profile intervals, of this level (such as 0.95), of\n"
                    "the parameters of the best fit (default: those of\n"
                    "standard errors, level 0.95)",
                    [&intervals](const std::string& text) -> std::optional<std::string> {
                      const std::optional<double> level = read_number(text);
                      if (!level) return fmt::format("'{}' is not a number", text);
                      ProfileOptions options;
                      options.level = *level;
                      if (auto reason = options.invalid_reason()) return reason;
                      intervals.level = *level;
                      intervals.profile = true;
                      return std::nullopt;
                    });
}

void add_search_options(Command& command, SolveRequest& request) {
  command.group("Exhaustive search");
  FitOptions& fits = request.fits;
  command.add_flag("--exhaustive",
                   fmt::format("Search by intervals, whatever the size; the default\n"
                               "is to do so for a rank of at most {}, and where that\n"
                               "gets on for {}, or {} with at most {} patterns",
                               fits.exhaustive_rank, fits.exhaustive_rank + 1,
                               fits.exhaustive_rank + 2, fits.exhaustive_patterns),
                   [&fits] { fits.exhaustive = true; });
  // Options take effect in the order in which they stand here.
  command.add_flag("--no-exhaustive", "Do not search by intervals", [&fits] {
    if (fits.exhaustive) throw UsageError("--no-exhaustive: --exhaustive is there, too");
    fits.exhaustive = false;
  });
  command.add_value("--box", "LOW,HIGH",
                    "Search there: the same interval for all weights, or\n"
                    "L1:H1,L2:H2,... one for each, the bias last\n"
                    "(default: a region proven to hold all)",
                    [&request](const std::string& text) -> std::optional<std::string> {
                      if (request.fits.exhaustive == false) return "--no-exhaustive is there, too";
                      if (std::optional<std::string> reason = take_box(text, request.box))
                        return reason;
                      request.fits.exhaustive = true;
                      return std::nullopt;
                    });
  command.add_number("--search-seconds", "S", "Most of that time that it takes, in seconds",
                     fits.search.seconds, seconds_rule<SearchOptions>());
  command.group("Lower bound of the energy");
  command.add_number(
      "--global-seconds", "S",
      "Most of that time that the proof takes that no\nweights have less energy, in seconds",
      fits.bound.seconds, seconds_rule<EnergyBoundOptions>());
  command.add_whole_number("--global-nodes", "N", "Budget of nodes of that proof",
                           fits.bound.max_nodes, 1);
  command.group("Limits at infinite weights");
  command.add_number("--infinity-seconds", "S", "Most of that time that they take, in seconds",
                     fits.strata.seconds, above(0.0));
}

}  // namespace

Command solve_command(SolveRequest& request) {
  request.network.dataset.zero_doses = true;
  Command command("solve", about_solve, more_about_solve);
  add_file_options(command, request.network);
  add_network_options(command, request.network);
  add_hidden_options(command, request.network);
  add_exploration_options(command, request.fits);
  add_search_options(command, request);
  add_interval_options(command, request.intervals);
  add_output_options(
      command, request.outputs,
      "The rows, with the best fit's outputs, their\nintervals and residuals; '-' as above",
      "Picture of the points: .svg, .png or .pdf");
  command.add_text("--points", "FILE", "The points as CSV, one row a point; '-' as above",
                   request.outputs.points_file);
  command.add_flag("--verbose", "Counters of the search in the text", request.verbose);
  command.add_flag("--graph",
                   "Add to the JSON which points the curves joined, and\n"
                   "where they ran away to infinite weights",
                   request.graph);
  add_from_option(command, "Start from the points of a recorded task of a run,\ntoo", request.from);
  add_run_option(command, request.run_folder);
  command.set_essentials({"DATA.csv", "--target", "--targets", "--ignore", "--log", "--activation",
                          "--range", "--fix", "--ridge", "--hidden", "--pattern-weights",
                          "--intervals", "--seconds", "--threads", "--json", "--csv", "--plot",
                          "--verbose"});
  return command;
}

int run_solve(SolveRequest request) {
  refuse_options_of_known_ranges(request);
  Outputs outputs(request.outputs, request.network.file);
  if (!request.network.hidden.outputs.empty())
    request.network.dataset.targets = request.network.hidden.outputs;
  Data data = [&] {
    Heartbeat progress(shown_name(request.network.file), request.outputs.quiet,
                       request.outputs.listener);
    progress.note("reading");
    return load_dense(request.network, "solve");
  }();
  tell_notes(data.table, request.outputs.quiet);
  tell_unreachable(request.network, data, request.outputs.quiet);
  std::vector<SolvedProblem> solved;
  {
    const Interruption interruption;
    request.fits.explore.stop = interruption.token();
    if (request.network.hidden.outputs.empty()) {
      solved = solve_all(request, data.dense);
    } else {
      const std::vector<Problem> problems = share_layer(data);
      std::vector<const Problem*> together;
      for (const Problem& problem : problems) together.push_back(&problem);
      try {
        solved.push_back(solve_problems(request, together));
      } catch (const DataError& error) {
        throw DataError(data.dense.source + ": " + error.what());
      }
    }
  }
  publish_reports(outputs, request, data, solved);
  return exit_status(solved);
}

}  // namespace tautrack::program
