#include "pictures/mesh.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <Eigen/Geometry>
#include <fmt/format.h>

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
  for (std::size_t i = 0; i + 1 < rows; ++i)
    for (std::size_t j = 0; j + 1 < columns; ++j) {
      const Vector3d a = eigen(at(i, j)), b = eigen(at(i + 1, j)), c = eigen(at(i, j + 1)),
                     d = eigen(at(i + 1, j + 1));
      if (meets(from, way, a, b, c) || meets(from, way, d, b, c)) return true;
    }
  return false;
}

Mesh mesh_of(const std::vector<double>& first, const std::vector<double>& second,
             const std::function<Point3(double, double)>& surface) {
  Mesh mesh;
  mesh.rows = first.size();
  mesh.columns = second.size();
  for (const double a : first)
    for (const double b : second) mesh.points.push_back(surface(a, b));
  return mesh;
}

CutLines cut_lines(const std::vector<Line3>& lines, const Mesh& mesh,
                   const Point3& towards_viewer) {
  constexpr int pieces = 32;
  CutLines cut;
  for (const auto& [from, to] : lines) {
    const auto at = [&from = from, &to = to](double part) {
      Point3 point{};
      for (std::size_t k = 0; k < 3; ++k) point[k] = from[k] + part * (to[k] - from[k]);
      return point;
    };
    const std::vector<std::vector<Point3>>* last = nullptr;
    for (int i = 0; i < pieces; ++i) {
      const bool is_hidden = mesh.hides(at((i + 0.5) / pieces), towards_viewer);
      std::vector<std::vector<Point3>>& part = is_hidden ? cut.hidden : cut.seen;
      if (&part != last) part.push_back({at(static_cast<double>(i) / pieces)});
      part.back().push_back(at((i + 1.0) / pieces));
      last = &part;
    }
  }
  return cut;
}

PolarGrid polar_grid(const Matrix& inputs) {
  constexpr double edge = 6.0;  // node input at which a picture does not tell it from infinite ones
  constexpr double bending = 0.5;  // node input up to which radii are dense
  constexpr double parallel = 1e-9;
  constexpr double largest = 1e6;  // node input, where patterns are nearly parallel
  constexpr double pi = std::numbers::pi;
  constexpr int radii = 26, on_each_side = 7, around = 24;
  const double steepest = inputs.rowwise().norm().maxCoeff();
  struct Critical {
    double angle, size;  ///< Where a pattern's node input is zero; that input per weight across.
  };
  std::vector<Critical> critical;
  double far = edge / steepest;
  for (Index i = 0; i < inputs.rows(); ++i) {
    const double size = inputs.row(i).norm();
    if (size == 0.0) continue;
    const Vector way = Vector{{-inputs(i, 1), inputs(i, 0)}} / size;
    for (Index j = 0; j < inputs.rows(); ++j)
      if (const double other = std::abs(inputs.row(j).dot(way));
          other > parallel * inputs.row(j).norm())
        far = std::max(far, edge / other);
    for (const double turn : {0.0, pi})
      critical.push_back({std::fmod(std::atan2(way(1), way(0)) + turn + 2.0 * pi, 2.0 * pi), size});
  }
  far = std::min(far, largest / steepest);
  std::sort(critical.begin(), critical.end(),
            [](const Critical& a, const Critical& b) { return a.angle < b.angle; });
  PolarGrid grid;
  const double unit = bending / steepest;
  for (int k = 0; k <= radii; ++k)
    grid.radii.push_back(unit * std::sinh(std::asinh(far / unit) * k / radii));
  const std::size_t count = critical.size();
  for (std::size_t k = 0; k < count; ++k) {
    const double next = k + 1 < count ? critical[k + 1].angle : critical[0].angle + 2.0 * pi;
    const double half = 0.5 * (next - critical[k].angle);
    if (!(half > 0.0)) continue;
    const auto add = [&](double from, double side, double size) {
      const double narrow = 0.6 / (size * far), end = std::asinh(half / narrow);
      const int steps = std::max(on_each_side, static_cast<int>(std::ceil(end)));
      for (int m = 0; m < steps; ++m)
        grid.angles.push_back(from + side * narrow * std::sinh(end * m / steps));
    };
    add(critical[k].angle, 1.0, critical[k].size);
    add(next, -1.0, critical[(k + 1) % count].size);
  }
  const double begin = critical.front().angle;  // Of the turn, which ends with the same ray.
  for (int k = 0; k <= around; ++k) grid.angles.push_back(begin + 2.0 * pi * k / around);
  std::sort(grid.angles.begin(), grid.angles.end());
  return grid;
}

}  // namespace tautrack::program
