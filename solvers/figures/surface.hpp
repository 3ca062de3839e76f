#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "tautrack/geometry/data_manifold.hpp"

#include "drawing.hpp"

/// What the figures of surfaces in space have in common.
namespace tautrack::program {

using Point3 = std::array<double, 3>;

/// A direction to look from, in degrees: above the horizon, and around the vertical axis.
struct View {
  double elevation, azimuth;

  [[nodiscard]] Point3 towards_viewer() const;
  /// gnuplot's name for it.
  [[nodiscard]] std::string command() const;
};

/// A surface over a square grid of parameters.
struct Mesh {
  std::size_t side = 0;        ///< Points on a side.
  std::vector<Point3> points;  ///< side * side, row by row.

  [[nodiscard]] const Point3& at(std::size_t i, std::size_t j) const {
    return points[i * side + j];
  }
  /// Whether the surface stands between the point and the viewer.
  [[nodiscard]] bool hides(const Point3& point, const Point3& towards_viewer) const;
};

/// The surface over all pairs of grid numbers.
[[nodiscard]] Mesh mesh_of(const std::vector<double>& grid,
                           const std::function<Point3(double, double)>& surface);

/// As gnuplot's pm3d reads it: columns y1, y2, y3, an empty row after each row of the mesh.
[[nodiscard]] FigureTable mesh_table(std::string name, const Mesh& mesh);

/// Lines cut into short pieces, told apart by whether the mesh hides them.
struct CutLines {
  FigureTable seen, hidden;
};
[[nodiscard]] CutLines cut_lines(const std::string& name,
                                 const std::vector<std::array<Point3, 2>>& lines, const Mesh& mesh,
                                 const View& view);

/// Parameters of a data surface: the user's weights for the thesis' data, else orthonormal
/// coordinates scaled to them.
class SurfaceParameters {
 public:
  SurfaceParameters(const Perceptron& network, bool is_thesis);
  /// v of a pair of parameters, as large as the thesis' weights.
  [[nodiscard]] Vector operator()(double a, double b) const;
  /// Parameters at which the surface is at its boundary, as far as one can see.
  [[nodiscard]] double largest() const { return largest_; }

 private:
  const Perceptron* network_;
  bool is_thesis_;
  double scale_ = 1.0;
  double largest_ = 7.0;
};

[[nodiscard]] Point3 point_of(const Vector& vector);

/// The normal of a surface on the side of D^-1 m, m the cross product of the columns of X.
[[nodiscard]] Vector oriented_normal(const Perceptron& network, const ManifoldPoint& point);

}  // namespace tautrack::program
