#include "commands/track.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "tautrack/path/amplitude_path.hpp"

#include "commands/each_problem.hpp"
#include "commands/json_parts.hpp"
#include "commands/table_report.hpp"
#include "commands/track_hidden.hpp"
#include "commands/track_plot.hpp"
#include "commands/track_ranks.hpp"
#include "commands/track_report.hpp"
#include "commands/units.hpp"
#include "io/progress.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"
#include "records/restart.hpp"

namespace tautrack::program {
namespace {

constexpr const char* about_track =
    R"(Follow the path from the linear to the sigmoid fit

The natural homotopy of a single-layer perceptron is the curve of stationary
points of the energy

    E(w, tau) = 1/2 sum (f(x.w, tau) - y)^2 + R/2 |w|^2,
    f(u, tau) = (1 - tau) u + tau sigma(u),

from the linear least-squares fit at tau = 0 to a fit of the sigmoid network at
tau = 1. `track` follows it through every fold on the way and reports the path,
its folds and branch points with their Morse indices (numbers of negative
eigenvalues of the Hessian: 0 at a minimum), and the fit it ends at, or the
limit of weights that grow without bound.
)";

constexpr const char* more_about_track =
    R"(Data file: a header line of column names, then one pattern a line, all numbers
but for the target. What separates columns (commas, semicolons, tabs, blanks)
and whether decimals have a point or a comma is found from the file and said in
the report, as is which columns became inputs: --ignore id,rep leaves some out,
--columns dose,age names them. A target of text (of any kind with --classes)
makes one problem a class, class against rest; two classes make one problem. A
target of numbers is fitted as it is; --targets A1,B1 fits several columns.

Sparse data: files *.svm, *.svmlight and *.libsvm, or --format svmlight, have
lines "TARGET INDEX:VALUE INDEX:VALUE ...", indices from 1. Their targets are
numbers to fit, labels -1 and +1 too; --classes takes them for labels. Up to
1000 weights (and 1 GB) they are tracked like tables, larger ones matrix-free:
the same path, folds and end, but no Morse indices (the end is "unclassified",
with estimates of eigenvalues), no branch points, no check of dependent columns,
no picture, and infinite weights are not recognised. JSON then has no names of
more than 1000 columns.

Unknown plateaus: --range free,free, or 0,free, fits them, too. The path then
begins with a small penalty that is gone at tau = 1. It ends at a finite fit, or
at a limit: an exponential, when a plateau moves away, or a step. --ridge,
--certify, --audit, --from, --matrix-free and --split-rows are for known ones.

Many machines: started by mpirun with --split-rows, each process reads the file,
keeps its share of the patterns and works with the others on one problem after
the other, with --threads threads each. The result is that of one process to
rounding, and the first process writes it. Infinite weights are not recognised;
there is no picture, no --certify, and nothing matrix-free.

Examples:
  tautrack track                               the bundled iris data
  tautrack track cancer.csv --plot path.svg    with a picture of the path
  tautrack track data.csv --target y --json -  everything, for programs
  tautrack track plate.csv --columns dose --log dose --targets all
  cut -d, -f2- raw.csv | tautrack track -      standard input

Exit status:
  0  every path has its end at tau = 1; whether that is a minimum, or a saddle
     or maximum and so no fit, the output says; tautrack solve looks for others
  1  something is unresolved or infinite; the output says what
  2  the data, an option or an output is unusable: one sentence on standard
     error says why, nothing is written)";

/// About as many points of a path as a picture can show.
constexpr std::size_t most_drawn_points = 1500;

/// The steps of the Taylor predictor are few and long. A path that is drawn or written point by point
/// is followed with one of low order and small error: many short steps where the curve bends.
constexpr int drawn_order = 6;
constexpr double drawn_tolerance = 1e-8;

/// Takes the text of --tau.
std::optional<std::string> take_landings(const std::string& text, TrackOptions& track) {
  std::vector<double> landings;
  for (const std::string& part : split(text, ',')) {
    const std::optional<double> tau = read_number(part);
    if (!tau) return fmt::format("'{}' is not a number", part);
    if (!(*tau > 0.0 && *tau < 1.0)) return fmt::format("{} is not in (0, 1)", *tau);
    landings.push_back(*tau);
  }
  std::sort(landings.begin(), landings.end());
  landings.erase(std::unique(landings.begin(), landings.end()), landings.end());
  track.landings = landings;
  return std::nullopt;
}

/// Takes the text of --certify.
std::optional<std::string> take_certificates(const std::string& text, TrackRequest& request) {
  for (const std::string& part : split(text, ',')) {
    if (part == "unique")
      request.certify_unique = true;
    else if (part == "path")
      request.certify_path = true;
    else
      return fmt::format("'{}' is no certificate that is known: unique, path", part);
  }
  return std::nullopt;
}

/// Tracks one problem matrix-free.
TrackedProblem track_problem(const TrackRequest& request, const SparseProblem& problem) {
  const ComputedProblem computed = computed_units(request.network);
  const SparsePerceptron network(scale_targets(problem, computed.scale), computed.perceptron);
  PathProgress progress(problem.name, request.outputs.listener);
  TrackedProblem tracked;
  tracked.facts.unreachable = unreachable_targets(request.network, problem.y);
  tracked.facts.zero_columns = network.columns() - network.unknowns();
  tracked.path = track_natural(network, request.track, [&](const PathPoint& point) {
    if (request.outputs.tells_progress()) progress.see(point);
    return true;
  });
  restore(computed, tracked.path);
  return tracked;
}

/// Tracks one problem, with so many threads in each pass over its data.
/// @param held The weights that the network does not have.
/// @param columns Names of all weights.
TrackedProblem track_problem(const TrackRequest& request, const Perceptron& network,
                             const HeldWeights& held, const std::string& name,
                             const std::vector<std::string>& columns, int threads) {
  PathProgress progress(name, request.outputs.listener);
  std::vector<PathPoint> points;
  const bool is_drawn = request.is_drawn;
  Observer observer;
  if (request.keeps_points || is_drawn || !request.outputs.quiet)
    observer = [&](const PathPoint& point) {
      if (request.outputs.tells_progress()) progress.see(point);
      if (is_drawn) points.push_back(point);
      return true;
    };
  TrackedProblem tracked;
  tracked.facts.rank = network.unknowns();
  tracked.facts.dependencies = network.space().dependencies();
  if (request.from.empty()) {
    tracked.path = track_natural(network, request.track, observer, threads);
  } else {
    const RestartPoint restart = restart_point(request.from, columns, target_range(request.network),
                                               held_report(request.network));
    TrackOptions options = request.track;
    options.tau_start = restart.tau;
    tracked.path =
        resume_natural(network, held.fitted(restart.weights), options, observer, threads);
  }
  if (const AuditLevel level = request.audit.value_or(AuditLevel::none); level != AuditLevel::none)
    tracked.audit = audit_path(network, request.track, level, tracked.path);
  if (is_drawn) tracked.curve = smooth_curve(network, points, most_drawn_points);
  if (request.certify_unique) tracked.uniqueness = certify_unique_path(network);
  if (request.certify_path) {
    PathCertifyOptions options;
    options.stop = request.track.stop;
    tracked.certificate = certify_path(network, tracked.path, options);
  }
  return tracked;
}

void restore(const ComputedProblem& computed, TrackedProblem& tracked) {
  restore(computed, tracked.facts);
  restore(computed, tracked.path);
  restore(computed, tracked.curve);
  if (tracked.uniqueness) restore(computed, *tracked.uniqueness);
}

}  // namespace

namespace {

/// Tracks the model of one problem in which an end of the range is fitted.
TrackedProblem track_fitted_range(const TrackRequest& request, const Problem& problem) {
  const ComputedProblem computed = merged_problem(request.network, problem);
  PathProgress progress(problem.name, request.outputs.listener);
  AmplitudePathOptions model;
  model.activation = request.network.perceptron.activation;
  model.range = target_range(request.network);
  TrackedProblem tracked;
  tracked.path =
      track_amplitude(*computed.problem, model, request.track, [&](const PathPoint& point) {
        if (request.outputs.tells_progress()) progress.see(point);
        return true;
      });
  const ColumnSpace space = Perceptron(computed.problem, computed.perceptron).space();
  tracked.facts.rank = space.rank();
  tracked.facts.dependencies = space.dependencies();
  add_rows(request.network, computed, problem.y, tracked.facts);
  restore(computed, tracked.facts);
  restore_rows(computed, problem, tracked.path);
  if (request.is_drawn)
    for (const NaturalPoint& point : tracked.path.points)
      tracked.curve.push_back({point.tau, point.weights, point.energy});
  return tracked;
}

}  // namespace

void draw_finely(TrackRequest& request) {
  request.track.predictor.max_order = drawn_order;
  request.track.predictor.series_tolerance = drawn_tolerance;
}

void refuse_options_of_known_ranges(const TrackRequest& request) {
  if (target_range(request.network).is_known()) return;
  const auto refuse = [](const char* option, const char* why) {
    throw UsageError(fmt::format("{}: {} where --range has a free end", option, why));
  };
  if (request.split_rows) refuse("--split-rows", "rows are not split");
  if (request.network.matrix_free) refuse("--matrix-free", "paths are not followed matrix-free");
  if (request.certify_unique || request.certify_path)
    refuse("--certify", "nothing is proven of paths");
  if (request.audit.value_or(AuditLevel::none) != AuditLevel::none)
    refuse("--audit", "paths are not audited");
  if (!request.from.empty()) refuse("--from", "paths are not taken up again");
}

void refuse_options_of_dense_data(const TrackRequest& request, const Data& data) {
  if (!data.is_matrix_free()) return;
  if (request.certify_unique || request.certify_path)
    throw UsageError(
        "--certify: nothing is proven about data that are tracked matrix-free (more than 1000 "
        "weights, or --matrix-free)");
  if (request.audit.value_or(AuditLevel::none) != AuditLevel::none)
    throw UsageError(
        "--audit: data that are tracked matrix-free (more than 1000 weights, or --matrix-free) are "
        "not tracked twice");
}

void refuse_options_of_free_weights(const TrackRequest& request) {
  if (request.certify_unique) need_no_held_weights(request.network, "--certify unique");
}

TrackedProblem track_problem(const TrackRequest& request, const Data& data, std::size_t i,
                             int threads) {
  if (data.is_matrix_free()) return track_problem(request, data.sparse->problems[i]);
  const Problem& problem = data.dense.problems[i];
  if (!target_range(request.network).is_known()) return track_fitted_range(request, problem);
  const ComputedProblem computed = data.all_rows.empty()
                                       ? computed_problem(request.network, problem)
                                       : computed_rows(request.network, problem);  // Of a rank.
  const Perceptron network(computed.problem, computed.perceptron);
  TrackedProblem tracked =
      track_problem(request, network, computed.held, problem.name, problem.columns, threads);
  add_rows(request.network, computed, problem.y, tracked.facts);
  restore(computed, tracked);
  return tracked;
}

TrackedProblem track_targets(const TrackRequest& request, const Perceptron& network,
                             const HeldWeights& held, const Vector& targets, int threads) {
  ComputedProblem computed = computed_units(request.network);
  computed.held = held;
  TrackedProblem tracked =
      track_problem(request, network.with_targets(computed.scale.targets(targets)), held,
                    network.name(), {}, threads);
  tracked.facts.unreachable = unreachable_targets(request.network, targets);
  restore(computed, tracked);
  return tracked;
}

namespace {

/// Tracks all problems, several at a time if the request says so: the results do not depend on
/// that.
std::vector<TrackedProblem> track_all(const TrackRequest& request, const Data& data) {
  std::vector<TrackedProblem> tracked(data.size());
  for_each_problem(data, request.threads, [&](std::size_t i, int within) {
    tracked[i] = track_problem(request, data, i, within);
  });
  return tracked;
}

}  // namespace

bool TrackedProblem::is_solved() const {
  return path.ok() && path.end && path.end->status != "degenerate" &&
         path.end->nearest_eigenvalue && (!audit || audit->verdict != AuditVerdict::suspect) &&
         (!certificate || certificate->certified);
}

Command track_command(TrackRequest& request) {
  Command command("track", about_track, more_about_track);
  add_file_options(command, request.network);
  add_network_options(command, request.network);
  add_hidden_options(command, request.network);
  command.group("Data");
  command.add_flag("--matrix-free",
                   "No matrix of the size of the weights, whatever the\n"
                   "size of the data; less is examined (see below)",
                   request.network.matrix_free);

  command.group("Tracking");
  TrackOptions& track = request.track;
  command.add_choice("--predictor", "Predictor", track.predictor.kind, predictor_names(),
                     [](std::string_view name) { return predictor_from_name(name); });
  command.add_number("--tolerance", "T",
                     "Longest last Newton step of the corrector, relative\n"
                     "to the size of the node inputs",
                     track.corrector.tolerance, [](double tolerance) {
                       CorrectorOptions options;
                       options.tolerance = tolerance;
                       return options.invalid_reason();
                     });
  command.add_whole_number("--max-steps", "N", "Budget of steps, refused ones included",
                           track.max_steps, 1);
  command.add_value("--tau", "T1,T2,...", "Stop exactly at these taus, each time they are met",
                    [&track](const std::string& text) { return take_landings(text, track); });
  command.add_value(
      "--certify", "WHAT",
      "unique: prove for how large taus the path is the\n"
      "only stationary point; path: prove that the curve\n"
      "joins the linear fit to this end, and how often it\n"
      "folds; or both: unique,path",
      [&request](const std::string& text) { return take_certificates(text, request); });
  command.add_value("--audit", "LEVEL",
                    "Track again with tighter steps and compare: none,\n"
                    "suspects (paths that fold, branch or had steps\n"
                    "refused) or all (default: none; suspects in runs)",
                    [&request](const std::string& text) -> std::optional<std::string> {
                      request.audit = audit_level_from_name(text);
                      if (request.audit) return std::nullopt;
                      return fmt::format("'{}' is none of none, suspects, all", text);
                    });
  add_from_option(command,
                  "Take up the recorded path of a run at its last point\n"
                  "with growing tau, instead of starting at tau = 0",
                  request.from);
  command.add_flag("--split-rows",
                   "Started by mpirun: one problem on all processes,\neach with a share of the "
                   "patterns (see below)",
                   request.split_rows);
  command.add_whole_number("--threads", "N",
                           "Threads, over problems and large data; no result\ndepends on it",
                           request.threads, 1);
  command.add_whole_number("--seed", "N", "Without effect: track uses no random numbers",
                           request.seed, 0);

  add_output_options(command, request.outputs,
                     "The path, one row a point; '-' as above. With\n"
                     "--csv or --plot it takes more and shorter steps",
                     "Picture of the path: .svg, .png or .pdf");
  command.add_flag("--verbose", "Counters of the work in the text", request.verbose);
  add_run_option(command, request.run_folder);
  command.set_essentials({"DATA.csv", "--target", "--targets", "--ignore", "--log", "--activation",
                          "--range", "--fix", "--ridge", "--hidden", "--pattern-weights",
                          "--threads", "--json", "--csv", "--plot"});
  return command;
}

int run_track(TrackRequest request, Communicator& ranks) {
  request.is_drawn = !request.outputs.plot_file.empty();
  if (request.is_drawn || !request.outputs.csv_file.empty()) draw_finely(request);
  if (request.network.hidden.is_there()) return run_track_hidden(std::move(request));
  check_hidden_options(request.network);
  refuse_options_of_known_ranges(request);
  refuse_options_of_free_weights(request);
  if (request.split_rows) return run_split_track(request, ranks);
  Outputs outputs(request.outputs, request.network.file);
  const Data data = load(request.network);
  if (outputs.has_plot() && data.is_matrix_free())
    throw UsageError(
        "--plot: pictures are not made of data that are tracked matrix-free (more than 1000 "
        "weights, or --matrix-free)");
  refuse_options_of_dense_data(request, data);
  if (!request.from.empty()) {
    if (data.is_matrix_free() || data.size() != 1)
      throw UsageError(
          "--from: the data must be one problem of at most 1000 weights (--positive picks a "
          "class)");
    if (request.audit || request.certify_unique || request.certify_path)
      throw UsageError("--from: --audit and --certify are for whole paths");
  }
  if (request.audit.value_or(AuditLevel::none) != AuditLevel::none && outputs.has_plot())
    throw UsageError("--audit: not with --plot, which shows the first run only");
  tell_notes(data.table, request.outputs.quiet);
  tell_unreachable(request.network, data, request.outputs.quiet);
  const std::vector<TrackedProblem> tracked = track_all(request, data);

  publish_reports(outputs, request, data, tracked);
  return exit_status(tracked);
}

}  // namespace tautrack::program
