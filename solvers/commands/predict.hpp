#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/data/table.hpp"
#include "tautrack/inference/fit_statistics.hpp"

#include "commands/outputs.hpp"
#include "io/command.hpp"
#include "io/json_fwd.hpp"

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

/// The best fit of a problem of a report.
struct SavedFit {
  std::string name;
  std::vector<std::string> columns;
  std::unique_ptr<Problem> problem;  ///< Its columns, without rows.
  Activation activation = Activation::tanh;
  OutputRange range;
  FittedSigmoid fit;  ///< Of all weights.
  Matrix covariance;  ///< Of all weights and fitted plateaus; empty where there is none.
  double error = 0.0;
  Index degrees_of_freedom = 0;

  [[nodiscard]] SigmoidModel model() const { return {*problem, activation, range}; }
};

/// @param problem Of a report of `tautrack solve`. @param where Begins sentences on what is wrong with it.
/// @return Nothing where the problem has no finite best fit.
/// @throws UsageError
[[nodiscard]] std::optional<SavedFit> saved_fit(const Json& problem, const std::string& where);

/// Outputs of a fit and the intervals of the linearised model. Empty vectors: no errors are known.
struct PredictedOutputs {
  Vector value;
  Vector low, high;          ///< Of the curve.
  Vector new_low, new_high;  ///< Of a new measurement.
};
[[nodiscard]] PredictedOutputs predict_outputs(const SavedFit& saved, double level,
                                               const Matrix& X);

/// The subcommand with all its options, which fill the request.
[[nodiscard]] Command predict_command(PredictRequest& request);

/// Runs the subcommand and writes its results. Returns the exit status.
/// @throws UsageError, DataError: unusable input, option or output.
int run_predict(const PredictRequest& request);

}  // namespace tautrack::program
