#pragma once

#include <string>
#include <vector>

#include "commands/geometry.hpp"
#include "commands/json_parts.hpp"

/// Results of `tautrack geometry` as text. `examined` has one entry for each problem of the data set.
namespace tautrack::program {

/// Summary for a person.
[[nodiscard]] std::string text_report(const GeometryRequest& request, const Data& data,
                                      const std::vector<ExaminedProblem>& examined);

/// The whole report for programs from the parts that the problems are.
[[nodiscard]] std::string json_report(const GeometryRequest& request, const std::string& source,
                                      const Json& problems);

/// One such part.
[[nodiscard]] Json problem_report(const GeometryRequest& request, const ProblemView& problem,
                                  const ExaminedProblem& examined);

/// The principal curvatures towards y, one row each. Numbers read back as the same doubles;
/// undefined ones are empty.
[[nodiscard]] std::string csv_report(const Data& data,
                                     const std::vector<ExaminedProblem>& examined);

}  // namespace tautrack::program
