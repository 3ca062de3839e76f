#pragma once

#include <string>
#include <vector>

#include "commands/track.hpp"

namespace tautrack::program {

/// The picture of the paths, in the format that the ending of request.outputs.plot_file asks for: the bytes
/// of the file. One row of panels a problem: weights and energy against tau and, if there are
/// folds, both again close to the folds. @throws UsageError when gnuplot fails.
[[nodiscard]] std::string plot_report(const TrackRequest& request, const Dataset& dataset,
                                      const std::vector<TrackedProblem>& tracked);

}  // namespace tautrack::program
