#pragma once

#include <string>
#include <vector>

#include "commands/json_parts.hpp"
#include "commands/solve.hpp"

/// Results of `tautrack solve` as text. `solved` has one entry for each problem of the data set.
namespace tautrack::program {

/// Summary for a person, who reads the first lines of each problem only.
[[nodiscard]] std::string text_report(const SolveRequest& request, const Data& data,
                                      const std::vector<SolvedProblem>& solved);

/// The whole report for programs from the parts that the problems are.
[[nodiscard]] std::string json_report(const SolveRequest& request, const std::string& source,
                                      const Json& problems);

/// One such part.
[[nodiscard]] Json problem_report(const SolveRequest& request, const ProblemView& problem,
                                  const SolvedProblem& solved);

/// The rows of the problems that have a best fit, with its outputs, their intervals and the residuals. Numbers read
/// back as the same doubles; undefined ones are empty.
[[nodiscard]] std::string csv_report(const Data& data, const std::vector<SolvedProblem>& solved);

/// The stationary points, one row a point.
[[nodiscard]] std::string points_report(const Data& data, const std::vector<SolvedProblem>& solved);

}  // namespace tautrack::program
