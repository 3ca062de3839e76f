#pragma once

#include "figure.hpp"
#include "holes.hpp"
#include "homology.hpp"
#include "layers.hpp"
#include "mug.hpp"
#include "spirals.hpp"

namespace tautrack::program {

/// The figures, each in a file of its name. @throws DataError for data that it cannot show.
[[nodiscard]] Figure make_manifold(const FigureRequest& request);
[[nodiscard]] Figure make_projections(const FigureRequest& request);
[[nodiscard]] Figure make_boundaries(const FigureRequest& request);
[[nodiscard]] Figure make_boundaries_surface(const FigureRequest& request);
[[nodiscard]] Figure make_counts(const FigureRequest& request);
[[nodiscard]] Figure make_paths(const FigureRequest& request);
[[nodiscard]] Figure make_frames(const FigureRequest& request);
[[nodiscard]] Figure make_contours(const FigureRequest& request);
[[nodiscard]] Figure make_completeness(const FigureRequest& request);
[[nodiscard]] Figure make_envelope(const FigureRequest& request);
[[nodiscard]] Figure make_asymptotes(const FigureRequest& request);
[[nodiscard]] Figure make_xor(const FigureRequest& request);
[[nodiscard]] Figure make_bifurcation(const FigureRequest& request);

}  // namespace tautrack::program
