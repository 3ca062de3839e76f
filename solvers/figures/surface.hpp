#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "tautrack/geometry/data_manifold.hpp"

#include "drawing.hpp"
#include "pictures/mesh.hpp"

/// What the figures of surfaces in space have in common.
namespace tautrack::program {

/// As gnuplot's pm3d reads it: columns y1, y2, y3, an empty row after each row of the mesh.
[[nodiscard]] FigureTable mesh_table(std::string name, const Mesh& mesh);

/// Pieces of lines. Columns y1, y2, y3.
[[nodiscard]] FigureTable lines_table(std::string name,
                                      const std::vector<std::vector<Point3>>& lines);

/// Parameters of a data surface: the user's weights for the thesis' data, else orthonormal
/// coordinates scaled to them.
class SurfaceParameters {
 public:
  SurfaceParameters(const Perceptron& network, bool is_thesis);
  /// v of a pair of parameters, as large as the thesis' weights.
  [[nodiscard]] Vector operator()(double a, double b) const;

 private:
  const Perceptron* network_;
  bool is_thesis_;
  double scale_ = 1.0;
};

[[nodiscard]] Point3 point_of(const Vector& vector);

/// The normal of a surface on the side of D^-1 m, m the cross product of the columns of X.
[[nodiscard]] Vector oriented_normal(const Perceptron& network, const ManifoldPoint& point);

}  // namespace tautrack::program
