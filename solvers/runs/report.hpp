#pragma once

#include <functional>
#include <string>

#include "io/command.hpp"
#include "io/json_fwd.hpp"

namespace tautrack::program {

class RunDirectory;

/// Outputs of a report on a run.
struct RunReportRequest {
  std::string json_file;     ///< The summary, or what `make_json` makes; empty: none.
  std::string csv_file;      ///< One row a task; empty: none.
  std::string records_file;  ///< The records, sorted and without times; empty: none.
  /// Makes the JSON report of a subcommand from the results of all tasks.
  std::function<std::string(const Json&)> make_json;
};

/// Adds the options that fill the request to a subcommand.
void add_run_report_options(Command& command, RunReportRequest& request);

/// Writes what a run has come to so far: a summary for a person, and the files that are asked for. All
/// but the line that says whether a process is working on it depends on the finished tasks alone.
/// Returns the exit status: solved when all tasks are done and solved.
/// @throws UsageError, DataError
int report_run(const RunDirectory& run, const RunReportRequest& request);

}  // namespace tautrack::program
