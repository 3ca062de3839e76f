#pragma once

#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

#include "../tautrack/json_parts.hpp"
#include "../tautrack/solve.hpp"
#include "../tautrack/track.hpp"
#include "report.hpp"
#include "run_directory.hpp"

namespace tautrack::program {

/// What the user asks of `tautrack batch`, `resume` and `report`.
struct RunRequest {
  std::string manifest;  ///< File; `batch` only.
  std::string folder;    ///< Of the run.
  int threads = 1;       ///< Tasks that are done at the same time. > 0.
  bool quiet = false;    ///< No progress on standard error.
  RunReportRequest report;
};

/// Add the subcommands with all their options.
CLI::App& add_batch_command(CLI::App& program, RunRequest& request);
CLI::App& add_resume_command(CLI::App& program, RunRequest& request);
CLI::App& add_report_command(CLI::App& program, RunRequest& request);

/// Run the subcommands and write their results. Return the exit status: of a run that a signal ended,
/// 128 plus its number.
/// @throws UsageError, DataError: unusable input, option or output.
int run_batch(const RunRequest& request);
int run_resume(const RunRequest& request);
int run_report(const RunRequest& request);

/// Runs `tautrack track` or `solve` with --run: the same work, recorded.
int run_recorded(const CLI::App& command, const TrackRequest& request);
int run_recorded(const CLI::App& command, const SolveRequest& request);

/// How the work on a run ended.
struct RunEnd {
  RunDirectory run;
  int status = 0;  ///< Not 0: it ended early, with this exit status, and that was said.
};

/// Works on the run of a manifest in a folder until its end or a signal.
/// @param name Of the manifest, for reports and messages.
/// @param base Where relative names of files start from.
[[nodiscard]] RunEnd work_on(const Json& manifest, const std::string& name,
                             const std::filesystem::path& base, const RunRequest& request);

}  // namespace tautrack::program
