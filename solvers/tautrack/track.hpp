#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <CLI/CLI.hpp>

#include "tautrack/certify/path_certificate.hpp"
#include "tautrack/geometry/uniqueness.hpp"
#include "tautrack/path/natural_path.hpp"

#include "curve.hpp"
#include "data.hpp"
#include "options.hpp"
#include "outputs.hpp"

namespace tautrack::program {

/// What the user asks of `tautrack track`.
struct TrackRequest {
  NetworkRequest network;
  TrackOptions track;
  bool certify_unique =
      false;                  ///< Say how far along the path the stationary point is the only one.
  bool certify_path = false;  ///< Prove that the end is connected to the linear solution.
  std::uint64_t seed = 0;     ///< Accepted by every subcommand; track uses no random numbers.
  int threads = 1;            ///< Problems that are tracked at the same time. > 0.
  OutputRequest outputs;
};

/// What one problem came to.
struct TrackedProblem {
  ColumnFacts facts;
  NaturalPath path;
  std::vector<CurvePoint> curve;  ///< The path for the picture; empty if none is asked for.
  std::optional<PathUniqueness> uniqueness;    ///< If it is asked for.
  std::optional<PathCertificate> certificate;  ///< If it is asked for.

  /// Whether the path arrived at a point that is known to be no degenerate one, and is certified if that
  /// is asked for.
  [[nodiscard]] bool is_solved() const;
};

/// Adds the subcommand with all its options.
CLI::App& add_track_command(CLI::App& program, TrackRequest& request);

/// Runs the subcommand and writes its results. Returns the exit status.
/// @throws UsageError, DataError, std::invalid_argument: unusable input, option or output.
int run_track(TrackRequest request);

}  // namespace tautrack::program
