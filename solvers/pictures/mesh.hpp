#pragma once

#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tautrack/core/types.hpp"

/// What pictures of surfaces in space have in common.
namespace tautrack::program {

using Point3 = std::array<double, 3>;

/// A direction to look from, in degrees: above the horizon, and around the vertical axis.
struct View {
  double elevation, azimuth;

  [[nodiscard]] Point3 towards_viewer() const;
  /// gnuplot's name for it.
  [[nodiscard]] std::string command() const;
};

/// A surface over a grid of parameters.
struct Mesh {
  std::size_t rows = 0, columns = 0;
  std::vector<Point3> points;  ///< rows * columns, row by row.

  [[nodiscard]] const Point3& at(std::size_t i, std::size_t j) const {
    return points[i * columns + j];
  }
  /// Whether the surface stands between the point and the viewer.
  [[nodiscard]] bool hides(const Point3& point, const Point3& towards_viewer) const;
};

/// The surface over all pairs of these numbers.
[[nodiscard]] Mesh mesh_of(const std::vector<double>& first, const std::vector<double>& second,
                           const std::function<Point3(double, double)>& surface);

using Line3 = std::array<Point3, 2>;

/// Pieces of lines that the mesh lets be seen, and those that it hides.
struct CutLines {
  std::vector<std::vector<Point3>> seen, hidden;
};
[[nodiscard]] CutLines cut_lines(const std::vector<Line3>& lines, const Mesh& mesh,
                                 const Point3& towards_viewer);

/// Radii and angles of weights (r cos, r sin) over which a surface at tau = 1 comes to all of its boundary, as far
/// as one can see: dense where one pattern alone is not saturated.
struct PolarGrid {
  std::vector<double> radii, angles;
};
/// @param inputs L x 2, node inputs per weight.
[[nodiscard]] PolarGrid polar_grid(const Matrix& inputs);

}  // namespace tautrack::program
