#pragma once

#include "figure.hpp"

namespace tautrack::program {

/// An annulus keeps its hole in a homeomorphic layer and loses it where three units fold the plane.
[[nodiscard]] Figure make_holes(const FigureRequest& request);

}  // namespace tautrack::program
