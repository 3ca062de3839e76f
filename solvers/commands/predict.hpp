#pragma once

#include <string>

#include "tautrack/data/table.hpp"

#include "commands/outputs.hpp"
#include "io/command.hpp"

namespace tautrack::program {

/// What the user asks of `tautrack predict`.
struct PredictRequest {
  std::string fit_file;  ///< A JSON report of `tautrack solve`.
  std::string file;      ///< The table with new rows.
  std::string problem;   ///< Name of the one that is meant; empty: all of the report.
  std::string
      response;  ///< Column of responses whose inputs are wanted; empty: outputs are wanted.
  int measurements = 1;  ///< That a response is the mean of; 0: it is exact.
  double level = 0.95;
  TableOptions table;
  OutputRequest outputs;
};

/// The subcommand with all its options, which fill the request.
[[nodiscard]] Command predict_command(PredictRequest& request);

/// Runs the subcommand and writes its results. Returns the exit status.
/// @throws UsageError, DataError: unusable input, option or output.
int run_predict(const PredictRequest& request);

}  // namespace tautrack::program
