#pragma once

#include <string>
#include <vector>

#include "commands/geometry.hpp"

namespace tautrack::program {

/// Checks that the data manifold of each problem is a curve in the plane or a surface in space.
/// @throws UsageError
void require_drawable(const GeometryRequest& request, const Dataset& dataset);

/// The picture of the data manifolds, in the format that the ending of request.outputs.plot_file
/// asks for: the bytes of the file. Two patterns: the curve with its caustic, the curves parallel
/// to it and all feet of y. Three: the surface with its normal at the foot of y. One panel a
/// problem. @throws UsageError when gnuplot fails.
[[nodiscard]] std::string plot_report(const GeometryRequest& request, const Dataset& dataset,
                                      const std::vector<ExaminedProblem>& examined);

}  // namespace tautrack::program
