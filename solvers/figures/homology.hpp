#pragma once

#include "figure.hpp"

namespace tautrack::program {

/// Barcodes and persistence diagrams of an annulus before and after a homeomorphism and a fold, of a
/// torus, and of the spirals after each layer.
[[nodiscard]] Figure make_homology(const FigureRequest& request);

}  // namespace tautrack::program
