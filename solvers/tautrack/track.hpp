#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tautrack/core/column_space.hpp"
#include "tautrack/path/natural_path.hpp"

#include "curve.hpp"
#include "data.hpp"
#include "options.hpp"

namespace tautrack::program {

/// What the user asks of `tautrack track`.
struct TrackRequest {
  NetworkRequest network;
  TrackOptions track;
  std::uint64_t seed = 0;  ///< Accepted by every subcommand; track uses no random numbers.
  int threads = 1;         ///< Problems that are tracked at the same time. > 0.
  std::string json_file;   ///< Empty: none.
  std::string csv_file;    ///< Empty: none.
  std::string plot_file;   ///< Empty: none.
  bool quiet = false;      ///< No progress and no notes on standard error.
};

/// What one problem came to.
struct TrackedProblem {
  std::optional<Index> rank;                   ///< Of X; nothing when tracked matrix-free.
  std::optional<Index> zero_columns;           ///< Of X; only when tracked matrix-free.
  std::vector<ColumnDependency> dependencies;  ///< Columns that are combinations of others.
  NaturalPath path;
  std::vector<CurvePoint> curve;  ///< The path for the picture; empty if none is asked for.

  /// Whether the path arrived at a point that is known to be no degenerate one.
  [[nodiscard]] bool is_solved() const;
};

/// Adds the subcommand with all its options.
CLI::App& add_track_command(CLI::App& program, TrackRequest& request);

/// Runs the subcommand and writes its results. Returns the exit status.
/// @throws UsageError, DataError, std::invalid_argument: unusable input, option or output.
int run_track(const TrackRequest& request);

}  // namespace tautrack::program
