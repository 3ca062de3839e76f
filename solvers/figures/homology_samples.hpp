#pragma once

#include <array>
#include <string>
#include <vector>

#include "tautrack/topology/persistent_homology.hpp"

namespace tautrack::program {

/// A cloud of points whose Betti numbers are known.
struct KnownShape {
  std::string name, title;
  Matrix points;  ///< N x d
  std::array<int, max_homology_dimension + 1> betti{};
  int dimension = 1;  ///< Of the homology that is shown.
  Index thinned = 0;  ///< Most points of the sample of which the barcode is.
};

/// Points spread evenly over the annulus 0.45 <= r <= 1 (a sunflower), one a row.
[[nodiscard]] Matrix annulus_points(Index count);

/// Points spread evenly over the torus of radii 2 and 1 in space, one a row.
[[nodiscard]] Matrix torus_points(Index count);

/// The annulus, its images by two units (a homeomorphism) and by three (a fold, see the figure
/// holes), and the torus.
[[nodiscard]] std::vector<KnownShape> known_shapes();

/// The spirals as they are and after each layer of the network.
[[nodiscard]] std::vector<KnownShape> spiral_shapes();

}  // namespace tautrack::program
