#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/path/branch_tree.hpp"
#include "tautrack/path/tree_audit.hpp"

#include "commands/json_parts.hpp"
#include "commands/track.hpp"

/// `tautrack track --hidden`: the branches of the natural homotopy of a network with a hidden layer.
namespace tautrack::program {

/// What one problem came to.
struct TrackedBranches {
  DataFacts facts;
  BranchTree tree;
  std::optional<PathAudit> audit;  ///< If it is asked for.

  /// Whether every branch was followed to an end of its own, and no audit doubts it.
  [[nodiscard]] bool is_solved() const;
};

/// Refuses options of track that do not go with a hidden layer.
/// @throws UsageError
void refuse_options_of_one_layer(const TrackRequest& request);

/// Tracks the branches of problem i of the data, until the stop of the request.
/// @throws UsageError, DataError
[[nodiscard]] TrackedBranches track_hidden(const TrackRequest& request, const Data& data,
                                           std::size_t i);

/// Results as text, and those of one problem as an object.
[[nodiscard]] std::string text_report(const TrackRequest& request, const Data& data,
                                      const std::vector<TrackedBranches>& tracked);
[[nodiscard]] Json problem_report(const TrackRequest& request, const ProblemView& problem,
                                  const TrackedBranches& tracked);

/// Runs the subcommand for a hidden layer and writes its results. Returns the exit status.
/// @throws UsageError, DataError
int run_track_hidden(TrackRequest request);

}  // namespace tautrack::program
