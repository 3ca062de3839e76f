#pragma once

#include <string>

#include "tautrack/core/communicator.hpp"

#include "commands/solve.hpp"
#include "commands/track.hpp"
#include "runs/report.hpp"

namespace tautrack::program {

/// What the user asks of `tautrack batch`, `resume` and `report`.
struct RunRequest {
  std::string manifest;  ///< File; `batch` only.
  std::string folder;    ///< Of the run.
  int threads = 1;       ///< Tasks that are done at the same time. > 0.
  bool quiet = false;    ///< No progress on standard error.
  bool strict =
      false;  ///< Data that cannot be used are no failed tasks but end it before it begins.
  RunReportRequest report;
};

/// The subcommands with all their options, which fill the request.
[[nodiscard]] Command batch_command(RunRequest& request);
[[nodiscard]] Command resume_command(RunRequest& request);
[[nodiscard]] Command report_command(RunRequest& request);

/// Run the subcommands and write their results. Return the exit status: of a run that a signal ended,
/// 128 plus its number.
/// @throws UsageError, DataError: unusable input, option or output.
/// @param ranks Processes that share the work: then collective, and rank 0 tells the results.
int run_batch(const RunRequest& request, Communicator& ranks);
int run_resume(const RunRequest& request, Communicator& ranks);
int run_report(const RunRequest& request);

/// Runs `tautrack track` or `solve` with --run: the same work, recorded, and shared like the above.
int run_recorded(const Command& command, const TrackRequest& request, Communicator& ranks);
int run_recorded(const Command& command, const SolveRequest& request, Communicator& ranks);

}  // namespace tautrack::program
