#pragma once

#include <optional>
#include <string>

#include "tautrack/fits/all_fits.hpp"
#include "tautrack/inference/profile.hpp"

#include "commands/page.hpp"
#include "commands/units.hpp"
#include "io/json.hpp"
#include "io/options.hpp"

/// What is reported of the best fit: its numbers with their uncertainty, and how well it fits.
namespace tautrack::program {

/// Rows by class and by the side of the middle of the range that their output is on.
struct ClassCounts {
  long long false_low = 0, true_low = 0, false_high = 0, true_high = 0;

  [[nodiscard]] double accuracy() const {
    return static_cast<double>(true_low + true_high) /
           static_cast<double>(true_low + true_high + false_low + false_high);
  }
};

/// The best fit with finite weights, in the user's units and of all rows.
struct FitReport {
  int point = 0;      ///< Into AllFits::points.
  FittedSigmoid fit;  ///< Of the weights that are fitted.
  FitStatistics statistics;
  Vector
      output_errors;  ///< L, standard errors of the outputs of the rows; empty where there are none.
  double level = 0.0;                         ///< Of all intervals.
  std::optional<ProfileIntervals> intervals;  ///< Where they were asked for.
  std::optional<ClassCounts> classes;         ///< Where targets are classes.
};

/// What intervals are wanted.
struct IntervalRequest {
  double level = ProfileOptions{}.level;
  bool profile = false;  ///< Follow constrained minima; else estimates +- standard errors.
};

/// @param fits In the user's units.
/// @return Nothing without a best fit with finite weights.
[[nodiscard]] std::optional<FitReport> fit_report(const NetworkRequest& request,
                                                  const Problem& problem, const AllFits& fits,
                                                  const IntervalRequest& intervals,
                                                  const ProfileOptions& options);

/// NAME of a column log10(NAME); nothing of others.
[[nodiscard]] std::optional<std::string> column_of_logarithm(const std::string& column);

/// How far the intervals of the outputs of the rows reach, linearised; nothing without standard errors.
[[nodiscard]] std::optional<Vector> reach_of_outputs(const FitReport& report);

/// The field `fit` of a problem; null where there is none.
[[nodiscard]] Json json_of(const std::optional<FitReport>& report);

/// The table of parameters and a line on how well it fits.
void add_fit(Page& page, const ProblemView& problem, const HeldWeights& held,
             const FitReport& report);

}  // namespace tautrack::program
