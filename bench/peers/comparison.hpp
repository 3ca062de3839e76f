#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/types.hpp"

namespace tautrack::peers {

/// A set of problems of one size, from bench::regression_problem with the seeds 1, 2, ...
struct ProblemSet {
  std::string name;
  Index L = 0;
  Index s = 0;
  std::uint64_t seeds = 1;
  bool has_limit = false;  ///< Large enough to compare with the limit of the machine.
};

/// P1 to P5.
[[nodiscard]] const std::vector<ProblemSet>& problem_sets();

/// Products X'X and passes over X that a path costs at least, in the model that it is compared with.
constexpr int kModelProducts = 6;
constexpr int kModelPasses = 40;

/// Seconds of the operations that bound a path from below.
struct MachineLimit {
  double product = 0.0;  ///< One symmetric product X'X.
  double pass = 0.0;     ///< One pass over X.
  [[nodiscard]] double path() const { return kModelProducts * product + kModelPasses * pass; }
};

/// Times are seconds per problem, the least over the rounds; counts are means per problem.
struct Comparison {
  ProblemSet set;
  int rounds = 0;
  double share_of_processor = 0.0;  ///< See Stopwatch.
  double tautrack = 0.0;            ///< From X and y to the end of the path.
  double path_only = 0.0;           ///< The same without the construction of the Perceptron.
  double ceres = 0.0;               ///< ceres::Solve with its fastest set-up.
  std::optional<double> tiny;       ///< ceres::TinySolver, for small problems.
  double textbook = 0.0;
  double tautrack_hessians = 0.0;
  double tautrack_passes = 0.0;
  double ceres_jacobians = 0.0;
  double textbook_hessians = 0.0;
  std::uint64_t ceres_same = 0;  ///< Fits with the energy of the end of the path.
  std::uint64_t tiny_same = 0;
  std::uint64_t textbook_same = 0;  ///< Ends with the weights of the end of the path.
  std::size_t folds = 0;            ///< Of all paths together.
  std::string ceres_setup;          ///< The one that is compared.
  std::optional<MachineLimit> limit;
  std::vector<std::string> remarks;   ///< Sentences: trials of the set-ups, other ends.
  std::vector<std::string> failures;  ///< Sentences; empty when every contender arrived.
};

/// Runs the contenders on one set: first untimed, to compare their answers, then in turn, at least
/// three times and on until that has taken `seconds` per contender on average.
[[nodiscard]] Comparison compare(const ProblemSet& set, double seconds);

}  // namespace tautrack::peers
