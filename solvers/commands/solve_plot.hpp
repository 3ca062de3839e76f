#pragma once

#include <string>
#include <vector>

#include "commands/solve.hpp"

namespace tautrack::program {

/// The picture of the points, in the format that the ending of request.outputs.plot_file asks for:
/// the bytes of the file. One panel a problem: the energy of one weight, the contours of the energy
/// of two, and for more the energies of the points over their Morse indices, with the descents from
/// saddles to minima. @throws UsageError when gnuplot fails.
[[nodiscard]] std::string plot_report(const SolveRequest& request, const Dataset& dataset,
                                      const std::vector<SolvedProblem>& solved);

}  // namespace tautrack::program
