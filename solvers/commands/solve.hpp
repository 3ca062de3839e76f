#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/fits/all_fits.hpp"

#include "commands/fit_report.hpp"
#include "commands/outputs.hpp"
#include "io/command.hpp"
#include "io/data.hpp"
#include "io/options.hpp"

namespace tautrack::program {

/// What the user says about the box of the exhaustive search: one interval for all weights, or one
/// for each.
struct BoxRequest {
  std::string text;          ///< As the user wrote it.
  std::vector<double> low;   ///< As many as there are intervals.
  std::vector<double> high;  ///< low < high
  bool is_for_each = false;  ///< One interval a weight.
};

/// What the user asks of `tautrack solve`.
struct SolveRequest {
  NetworkRequest network;
  FitOptions fits;  ///< Without the box, which depends on the number of weights.
  std::optional<BoxRequest> box;
  IntervalRequest intervals;
  bool graph = false;    ///< Report the links and escapes.
  bool verbose = false;  ///< The text has counters of the search.
  OutputRequest outputs;
  std::string from;        ///< Recorded points to start from, too, DIR:LABEL; empty: none.
  std::string run_folder;  ///< Where each problem is recorded when it is done; empty: nowhere.
};

/// What a problem of a network with a hidden layer came to, beside its fits, whose weights are HiddenLayer::weights().
struct SolvedHidden {
  Index columns = 0, units = 0, outputs = 0;
  std::vector<std::string> names;  ///< Of the outputs.
  Matrix targets;                  ///< L x K
  Matrix fitted;                   ///< L x K, of the best fit; empty without one.
  double unit_symmetries = 1.0;
  std::size_t data_symmetries = 1;
  std::vector<UnitFacts> facts;  ///< Of the points.
};

/// What one problem came to.
struct SolvedProblem {
  DataFacts facts;
  AllFits fits;
  std::optional<FitReport> fit;  ///< Of the best fit with finite weights, if that is the best.
  std::optional<SolvedHidden> hidden;   ///< Where there is a hidden layer.
  std::vector<std::string> unresolved;  ///< Sentences: what is missing, and what may help.

  [[nodiscard]] bool is_solved() const { return unresolved.empty(); }
};

/// The subcommand with all its options, which fill the request.
[[nodiscard]] Command solve_command(SolveRequest& request);

/// Refuses options that do not go with a range of which an end is fitted, if that is asked for.
/// @throws UsageError
void refuse_options_of_known_ranges(const SolveRequest& request);

/// Solves one problem, with the threads of the request.
/// @throws UsageError when the box does not fit; DataError, std::invalid_argument
[[nodiscard]] SolvedProblem solve_problem(const SolveRequest& request, const Problem& problem);

/// The same of problems that share a hidden layer, one for each of its outputs; one problem without a hidden layer.
[[nodiscard]] SolvedProblem solve_problems(const SolveRequest& request,
                                           const std::vector<const Problem*>& problems);

/// Makes one problem of those that share a hidden layer, named after all of them. @return the problems of each.
[[nodiscard]] std::vector<Problem> share_layer(Data& data);

/// Shares the search along curves of solve_problem() on the first rank of the request, on another one.
/// @throws as above.
void help_to_solve(const SolveRequest& request, const Problem& problem);

/// Runs the subcommand and writes its results. Returns the exit status.
/// @throws UsageError, DataError, std::invalid_argument: unusable input, option or output.
int run_solve(SolveRequest request);

}  // namespace tautrack::program
