#include "surface.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Geometry>

namespace tautrack::program {
FigureTable mesh_table(std::string name, const Mesh& mesh) {
  FigureTable table{std::move(name), {"y1", "y2", "y3"}, {}};
  for (std::size_t i = 0; i < mesh.rows; ++i) {
    if (i > 0) table.rows.emplace_back();
    for (std::size_t j = 0; j < mesh.columns; ++j) {
      const Point3& p = mesh.at(i, j);
      table.rows.push_back({p[0], p[1], p[2]});
    }
  }
  return table;
}

FigureTable lines_table(std::string name, const std::vector<std::vector<Point3>>& lines) {
  FigureTable table{std::move(name), {"y1", "y2", "y3"}, {}};
  for (const std::vector<Point3>& line : lines) {
    // Two empty rows: gnuplot would join pieces behind single ones to a net.
    if (!table.rows.empty()) table.rows.insert(table.rows.end(), 2, {});
    for (const Point3& p : line) table.rows.push_back({p[0], p[1], p[2]});
  }
  return table;
}

SurfaceParameters::SurfaceParameters(const Perceptron& network, bool is_thesis)
    : network_(&network), is_thesis_(is_thesis) {
  // Unit parameters stand for node inputs of about two, as those of the thesis do.
  const Matrix& basis = network.space().basis();
  if (is_thesis) return;
  const Vector norms = basis.rowwise().norm();
  scale_ = 2.0 / norms.maxCoeff();
}

Vector SurfaceParameters::operator()(double a, double b) const {
  const Vector pair = vector_of({a, b});
  return is_thesis_ ? network_->coordinates(pair) : Vector(scale_ * pair);
}

Point3 point_of(const Vector& vector) { return {vector(0), vector(1), vector(2)}; }

Vector oriented_normal(const Perceptron& network, const ManifoldPoint& point) {
  const Vector normal = point.normal_basis().col(0);
  // Columns of X up to a change of basis: their images of the unit coordinates of w.
  const Vector first = network.node_inputs(network.coordinates(Vector::Unit(2, 0)));
  const Vector second = network.node_inputs(network.coordinates(Vector::Unit(2, 1)));
  const Eigen::Vector3d m = Eigen::Vector3d(first(0), first(1), first(2))
                                .cross(Eigen::Vector3d(second(0), second(1), second(2)));
  double side = 0.0;
  for (Index i = 0; i < 3; ++i) side += normal(i) * m(i) / point.gains()(i);
  return side < 0.0 ? Vector(-normal) : normal;
}

}  // namespace tautrack::program
