#pragma once

#include <string>
#include <vector>

#include "commands/geometry.hpp"

/// Results of `tautrack geometry` as text. `examined` has one entry for each problem of the data set.
namespace tautrack::program {

/// Summary for a person.
[[nodiscard]] std::string text_report(const GeometryRequest& request, const Data& data,
                                      const std::vector<ExaminedProblem>& examined);

/// Everything, for programs (docs/reference.md, JSON). Infinite and undefined numbers are null.
[[nodiscard]] std::string json_report(const GeometryRequest& request, const Data& data,
                                      const std::vector<ExaminedProblem>& examined);

/// The principal curvatures towards y, one row each. Numbers read back as the same doubles;
/// undefined ones are empty.
[[nodiscard]] std::string csv_report(const Data& data,
                                     const std::vector<ExaminedProblem>& examined);

}  // namespace tautrack::program
