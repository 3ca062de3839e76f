#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/certify/path_certificate.hpp"
#include "tautrack/core/communicator.hpp"
#include "tautrack/geometry/uniqueness.hpp"
#include "tautrack/path/audit.hpp"
#include "tautrack/path/natural_path.hpp"

#include "commands/outputs.hpp"
#include "io/command.hpp"
#include "io/data.hpp"
#include "io/options.hpp"
#include "pictures/curve.hpp"

namespace tautrack::program {

/// What the user asks of `tautrack track`.
struct TrackRequest {
  NetworkRequest network;
  TrackOptions track;
  bool certify_unique =
      false;                  ///< Say how far along the path the stationary point is the only one.
  bool certify_path = false;  ///< Prove that the end is connected to the linear solution.
  bool split_rows = false;    ///< The patterns of each problem are split among ranks.
  /// Which paths are tracked again; nothing: none, and in runs that are recorded the suspects.
  std::optional<AuditLevel> audit;
  std::uint64_t seed = 0;  ///< Accepted by every subcommand; track uses no random numbers.
  int threads = 1;         ///< Problems that are tracked at the same time. > 0.
  bool verbose = false;    ///< The text has counters of the work.
  /// Points on the way are wanted: without them a path may be told by fewer (track_natural() without an observer).
  bool keeps_points = true;
  bool is_drawn = false;  ///< The curve is wanted. See draw_finely().
  OutputRequest outputs;
  std::string from;        ///< Point of a recorded path to start from, DIR:LABEL; empty: tau = 0.
  std::string run_folder;  ///< Where each problem is recorded when it is done; empty: nowhere.
};

/// What one problem came to.
struct TrackedProblem {
  DataFacts facts;
  NaturalPath path;
  std::vector<CurvePoint> curve;  ///< The path for the picture; empty if none is asked for.
  std::optional<PathUniqueness> uniqueness;    ///< If it is asked for.
  std::optional<PathCertificate> certificate;  ///< If it is asked for.
  std::optional<PathAudit> audit;              ///< If it is asked for.

  /// Whether the path arrived at a point that is known to be no degenerate one, no audit doubts it, and
  /// it is certified if that is asked for.
  [[nodiscard]] bool is_solved() const;
};

/// Has paths followed in many short steps, for what is drawn or written point by point.
void draw_finely(TrackRequest& request);

/// The subcommand with all its options, which fill the request.
[[nodiscard]] Command track_command(TrackRequest& request);

/// Tracks problem i of the data, with so many threads in each pass over them.
/// @throws DataError, std::invalid_argument
[[nodiscard]] TrackedProblem track_problem(const TrackRequest& request, const Data& data,
                                           std::size_t i, int threads);

/// Refuses options that do not go with a range of which an end is fitted, if that is asked for.
/// @throws UsageError
void refuse_options_of_known_ranges(const TrackRequest& request);

/// Refuses options that do not go with data that are tracked matrix-free, if they are.
/// @throws UsageError
void refuse_options_of_dense_data(const TrackRequest& request, const Data& data);

/// Refuses options that do not go with held weights, if any are.
/// @throws UsageError
void refuse_options_of_free_weights(const TrackRequest& request);

/// Tracks the network, which is one of computed_rows(), with other targets in the user's units.
/// @param held The weights that the network does not have.
/// @throws DataError, std::invalid_argument
[[nodiscard]] TrackedProblem track_targets(const TrackRequest& request, const Perceptron& network,
                                           const HeldWeights& held, const Vector& targets,
                                           int threads);

/// Runs the subcommand and writes its results. Returns the exit status.
/// @param ranks Those among which the request may want to split the patterns: then collective, and
/// rank 0 writes.
/// @throws UsageError, DataError, std::invalid_argument: unusable input, option or output.
int run_track(TrackRequest request, Communicator& ranks);

}  // namespace tautrack::program
