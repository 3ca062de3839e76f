#pragma once

#include <string>
#include <vector>

#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/path/branch_tree.hpp"

#include "commands/units.hpp"
#include "io/json.hpp"
#include "io/options.hpp"

/// What subcommands that know hidden layers share.
namespace tautrack::program {

/// The problems of a network with one output each as one network.
struct HiddenProblem {
  ComputedProblem computed;  ///< Of the first output; its energy of replicates is that of all.
  HiddenLayer network;       ///< In the units that are computed with.
};

/// @param problems One for each output, in order; they share their inputs.
/// @throws UsageError, DataError
[[nodiscard]] HiddenProblem hidden_problem(const NetworkRequest& request,
                                           const std::vector<const Problem*>& problems);

/// The network in words.
[[nodiscard]] std::string hidden_network_text(const NetworkRequest& request,
                                              const ProblemView& problem, Index outputs);

/// The same as an object.
[[nodiscard]] Json hidden_network_report(const NetworkRequest& request,
                                         const std::vector<std::string>& outputs);

/// Names of HiddenLayer::weights() as CSV fields, a comma in front of each, and a line end.
[[nodiscard]] std::string hidden_columns(const ProblemView& problem, Index units, Index outputs);

/// Energies in the user's units, those of replicates included.
void restore(const ComputedProblem& computed, BranchTree& tree);

/// @param reached_by For each stationary point of a list the branch that ends there, or -1; null: there is no list.
[[nodiscard]] Json tree_report(const BranchTree& tree, const std::vector<int>* reached_by);

}  // namespace tautrack::program
