#include "drivers.hpp"

#include <cmath>

#include <fmt/format.h>

#include "io/text.hpp"

namespace tautrack::program {
namespace {

/// Why data of these sizes are not those of a hypersurface with so many weights.
std::optional<std::string> refuse_unless(const Problem& problem, Index patterns, Index weights) {
  if (problem.X.rows() == patterns && problem.X.cols() == weights) return std::nullopt;
  return fmt::format(
      "it shows {} and {} (a bias counts; see --no-bias), and these data have {} and {}",
      counted(patterns, "pattern"), counted(weights, "weight"), problem.X.rows(), problem.X.cols());
}

std::optional<std::string> refuse_unless_plane(const Problem& problem) {
  return refuse_unless(problem, 2, 1);
}

std::optional<std::string> refuse_unless_surface(const Problem& problem) {
  return refuse_unless(problem, 3, 2);
}

std::optional<std::string> refuse_unless_two_weights(const Problem& problem) {
  if (problem.X.cols() == 2) return std::nullopt;
  return fmt::format("it shows two weights (a bias counts; see --no-bias), and these data have {}",
                     problem.X.cols());
}

}  // namespace

bool FigureCheck::holds() const {
  const double scale = reference == 0.0 ? 1.0 : std::abs(reference);
  return std::abs(value - reference) <= tolerance * scale;
}

const std::vector<FigureDriver>& figure_drivers() {
  static const std::vector<FigureDriver> drivers = {
      {"manifold", "A data surface with tangent planes, normals, boundary", true, make_manifold,
       refuse_unless_surface},
      {"projections", "A data curve, its evolute, targets and projections", true, make_projections,
       refuse_unless_plane},
      {"boundaries", "The boundaries P_a and P_b of a data curve", true, make_boundaries,
       refuse_unless_plane},
      {"boundaries_surface", "The same of a data surface", true, make_boundaries_surface,
       refuse_unless_surface},
      {"counts", "How many solutions each target has", true, make_counts, refuse_unless_plane},
      {"paths", "Natural paths and folds: weights, energy, output", true, make_paths},
      {"frames", "How the caustic passes over a target (html: it moves)", true, make_frames,
       refuse_unless_plane},
      {"contours", "Energy of two weights, its stationary points and graph", true, make_contours,
       refuse_unless_two_weights},
      {"completeness", "All 25 fits of a neuron with many minima", false, make_completeness},
      {"envelope", "A lower bound of the energy: is the fit the best?", false, make_envelope},
      {"asymptotes", "Fitted plateaus: fits, and limits where there is none", false,
       make_asymptotes},
      {"xor", "Exclusive or: all points, curves in tau and the ridge", false, make_xor},
      {"bifurcation", "Two hidden units: when they wake, when equal ones part", false,
       make_bifurcation},
      {"spirals", "Four layers that take two spirals apart (see --train)", false, make_spirals},
      {"layers", "The spirals carried through the layers as tau grows", true, make_layers,
       layers_refuses},
      {"holes", "A hole that a homeomorphism keeps and a fold fills", false, make_holes},
      {"homology", "Barcodes of holes that layers keep and fill", false, make_homology},
      {"mug", "A mug becomes a torus: an isotopy in six stills", false, make_mug},
  };
  return drivers;
}

}  // namespace tautrack::program
