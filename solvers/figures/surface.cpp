#include "surface.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <Eigen/Geometry>

namespace tautrack::program {
namespace {

using Eigen::Vector3d;

Vector3d eigen(const Point3& p) { return {p[0], p[1], p[2]}; }

/// Whether the half line from the point meets the triangle, further away than just beside it
/// (Moeller & Trumbore 1997).
bool meets(const Vector3d& from, const Vector3d& way, const Vector3d& a, const Vector3d& b,
           const Vector3d& c) {
  constexpr double beside = 0.03;
  const Vector3d ab = b - a, ac = c - a, p = way.cross(ac);
  const double determinant = ab.dot(p);
  if (std::abs(determinant) < 1e-14) return false;
  const Vector3d to = from - a;
  const double u = to.dot(p) / determinant;
  if (u < 0.0 || u > 1.0) return false;
  const Vector3d q = to.cross(ab);
  const double v = way.dot(q) / determinant;
  return v >= 0.0 && u + v <= 1.0 && ac.dot(q) / determinant > beside;
}

}  // namespace

Point3 View::towards_viewer() const {
  const double degree = std::numbers::pi / 180.0;
  const double e = elevation * degree, a = azimuth * degree;
  return {std::cos(e) * std::cos(a), std::cos(e) * std::sin(a), std::sin(e)};
}

std::string View::command() const {
  return fmt::format("{:g},{:g}", 90.0 - elevation, std::fmod(azimuth + 450.0, 360.0));
}

bool Mesh::hides(const Point3& point, const Point3& towards_viewer) const {
  const Vector3d from = eigen(point), way = eigen(towards_viewer);
  for (std::size_t i = 0; i + 1 < side; ++i)
    for (std::size_t j = 0; j + 1 < side; ++j) {
      const Vector3d a = eigen(at(i, j)), b = eigen(at(i + 1, j)), c = eigen(at(i, j + 1)),
                     d = eigen(at(i + 1, j + 1));
      if (meets(from, way, a, b, c) || meets(from, way, d, b, c)) return true;
    }
  return false;
}

Mesh mesh_of(const std::vector<double>& grid,
             const std::function<Point3(double, double)>& surface) {
  Mesh mesh;
  mesh.side = grid.size();
  for (const double a : grid)
    for (const double b : grid) mesh.points.push_back(surface(a, b));
  return mesh;
}

FigureTable mesh_table(std::string name, const Mesh& mesh) {
  FigureTable table{std::move(name), {"y1", "y2", "y3"}, {}};
  for (std::size_t i = 0; i < mesh.side; ++i) {
    if (i > 0) table.rows.emplace_back();
    for (std::size_t j = 0; j < mesh.side; ++j) {
      const Point3& p = mesh.at(i, j);
      table.rows.push_back({p[0], p[1], p[2]});
    }
  }
  return table;
}

CutLines cut_lines(const std::string& name, const std::vector<std::array<Point3, 2>>& lines,
                   const Mesh& mesh, const View& view) {
  constexpr int pieces = 32;
  const std::vector<std::string> columns = {"y1", "y2", "y3"};
  CutLines cut{{name + "_seen", columns, {}}, {name + "_hidden", columns, {}}};
  const Point3 way = view.towards_viewer();
  for (const auto& [from, to] : lines) {
    const auto at = [&from = from, &to = to](double part) {
      std::vector<double> point(3);
      for (std::size_t k = 0; k < 3; ++k) point[k] = from[k] + part * (to[k] - from[k]);
      return point;
    };
    FigureTable* last = nullptr;
    for (int i = 0; i < pieces; ++i) {
      const std::vector<double> middle = at((i + 0.5) / pieces);
      FigureTable& table =
          mesh.hides({middle[0], middle[1], middle[2]}, way) ? cut.hidden : cut.seen;
      if (&table != last) {
        // Two empty rows: gnuplot would join pieces behind single ones to a net.
        if (!table.rows.empty()) table.rows.insert(table.rows.end(), 2, {});
        table.rows.push_back(at(static_cast<double>(i) / pieces));
      }
      table.rows.push_back(at((i + 1.0) / pieces));
      last = &table;
    }
  }
  return cut;
}

SurfaceParameters::SurfaceParameters(const Perceptron& network, bool is_thesis)
    : network_(&network), is_thesis_(is_thesis) {
  // Unit parameters stand for node inputs of about two, as those of the thesis do.
  const Matrix& basis = network.space().basis();
  if (is_thesis) return;
  const Vector norms = basis.rowwise().norm();
  scale_ = 2.0 / norms.maxCoeff();
  constexpr double saturated = 5.0;  // node input of a pattern of the smallest norm
  largest_ = std::clamp(saturated / (scale_ * norms.minCoeff()), 7.0, 700.0);
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
  const Vector3d m =
      Vector3d(first(0), first(1), first(2)).cross(Vector3d(second(0), second(1), second(2)));
  double side = 0.0;
  for (Index i = 0; i < 3; ++i) side += normal(i) * m(i) / point.gains()(i);
  return side < 0.0 ? Vector(-normal) : normal;
}

}  // namespace tautrack::program
