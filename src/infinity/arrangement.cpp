#include "infinity/arrangement.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <set>

#include <Eigen/Geometry>

namespace tautrack::infinity {

namespace {

using Signs = std::vector<signed char>;
using Visit = std::function<bool(const Face&)>;

signed char sign_of(double x) { return static_cast<signed char>(x > 0.0 ? 1 : (x < 0.0 ? -1 : 0)); }

/// Signs along a path from a face with signs p a little towards one with signs q.
Signs compose(const Signs& p, const Signs& q) {
  Signs signs = p;
  for (std::size_t e = 0; e < signs.size(); ++e)
    if (signs[e] == 0) signs[e] = q[e];
  return signs;
}

Face make_face(Signs signs, Matrix kernel, const Vector& inside) {
  Face face;
  for (std::size_t e = 0; e < signs.size(); ++e)
    if (signs[e] == 0) face.free.push_back(static_cast<Index>(e));
  face.signs = std::move(signs);
  face.kernel = std::move(kernel);
  face.inside = inside.normalized();
  return face;
}

bool faces_of_line(const Arrangement& arrangement, const Visit& visit) {
  const Vector forward = arrangement.normals.col(0);
  return visit(make_face({1}, Matrix::Identity(1, 1), forward)) &&
         visit(make_face({-1}, Matrix::Identity(1, 1), -forward));
}

/// A ray of an arrangement of lines, or a vertex on a great circle.
struct Ray {
  double angle = 0.0;
  Signs signs;
  Vector direction;
};

void sort_by_angle(std::vector<Ray>& rays) {
  std::sort(rays.begin(), rays.end(), [](const Ray& a, const Ray& b) { return a.angle < b.angle; });
}

bool faces_of_plane(const Arrangement& arrangement, const Visit& visit) {
  const Matrix& normals = arrangement.normals;
  const Index m = normals.cols();
  std::vector<Ray> rays;
  for (Index c = 0; c < m; ++c) {
    for (const double side : {1.0, -1.0}) {
      Ray ray;
      ray.direction = side * Eigen::Vector2d(-normals(1, c), normals(0, c));
      ray.angle = std::atan2(ray.direction(1), ray.direction(0));
      for (Index e = 0; e < m; ++e)
        ray.signs.push_back(e == c ? sign_of(0.0) : sign_of(normals.col(e).dot(ray.direction)));
      rays.push_back(std::move(ray));
    }
  }
  sort_by_angle(rays);
  for (std::size_t k = 0; k < rays.size(); ++k) {
    const Ray& ray = rays[k];
    const Ray& next = rays[(k + 1) % rays.size()];
    if (!visit(make_face(ray.signs, ray.direction, ray.direction))) return false;
    if (!visit(make_face(compose(ray.signs, next.signs), Matrix::Identity(2, 2),
                         ray.direction + next.direction)))
      return false;
  }
  return true;
}

/// A point in the cell beside the arc through `middle`, on the given side of the circle with normal
/// n: half way from there to the first circle in the way.
Vector beside(const Matrix& normals, const Signs& cell, Index circle, const Vector& middle,
              double side) {
  const Eigen::Vector3d up = side * normals.col(circle);
  double angle = 0.5 * std::numbers::pi;
  for (Index e = 0; e < normals.cols(); ++e) {
    if (e == circle) continue;
    const double sign = cell[static_cast<std::size_t>(e)];
    const double along = sign * normals.col(e).dot(middle);
    const double slope = sign * normals.col(e).dot(up);
    if (slope < 0.0) angle = std::min(angle, std::atan2(along, -slope));
  }
  return std::cos(0.5 * angle) * middle + std::sin(0.5 * angle) * up;
}

bool faces_of_space(const Arrangement& arrangement, const Visit& visit) {
  const Matrix& normals = arrangement.normals;
  const Index m = normals.cols();
  std::set<Signs> cells;
  for (Index c = 0; c < m; ++c) {
    const Eigen::Vector3d normal = normals.col(c);
    const Eigen::Vector3d first = normal.unitOrthogonal();
    Matrix plane(3, 2);
    plane << first, normal.cross(first);

    std::vector<Ray> vertices;
    std::vector<bool> done(static_cast<std::size_t>(m), false);
    done[static_cast<std::size_t>(c)] = true;
    for (Index d = 0; d < m; ++d) {
      if (done[static_cast<std::size_t>(d)]) continue;
      const Eigen::Vector3d cross = normal.cross(Eigen::Vector3d(normals.col(d)));
      Ray vertex;
      vertex.signs.assign(static_cast<std::size_t>(m), 0);
      bool is_first = c < d;  // of the circles through this vertex
      for (Index e = 0; e < m; ++e) {
        if (e == c || e == d) continue;
        const double determinant = normals.col(e).dot(cross);
        if (std::abs(determinant) <= Arrangement::degenerate) {
          done[static_cast<std::size_t>(e)] = true;
          is_first = is_first && c < e;
        } else {
          vertex.signs[static_cast<std::size_t>(e)] = sign_of(determinant);
        }
      }
      for (const double side : {1.0, -1.0}) {
        vertex.direction = side * cross.normalized();
        vertex.angle =
            std::atan2(vertex.direction.dot(plane.col(1)), vertex.direction.dot(plane.col(0)));
        if (side < 0.0)
          for (signed char& sign : vertex.signs) sign = static_cast<signed char>(-sign);
        if (is_first && !visit(make_face(vertex.signs, vertex.direction, vertex.direction)))
          return false;
        vertices.push_back(vertex);
      }
    }

    sort_by_angle(vertices);
    for (std::size_t k = 0; k < vertices.size(); ++k) {
      const Ray& from = vertices[k];
      const bool last = k + 1 == vertices.size();
      const Ray& to = vertices[last ? 0 : k + 1];
      const Signs arc = compose(from.signs, to.signs);
      const double angle = 0.5 * (from.angle + to.angle + (last ? 2.0 * std::numbers::pi : 0.0));
      const Vector middle = std::cos(angle) * plane.col(0) + std::sin(angle) * plane.col(1);
      if (!visit(make_face(arc, plane, middle))) return false;
      for (const int side : {1, -1}) {
        Signs cell = arc;
        cell[static_cast<std::size_t>(c)] = static_cast<signed char>(side);
        if (!cells.insert(cell).second) continue;
        const Vector inside = beside(normals, cell, c, middle, side);
        if (!visit(make_face(std::move(cell), Matrix::Identity(3, 3), inside))) return false;
      }
    }
  }
  return true;
}

}  // namespace

Arrangement arrangement_of(const Matrix& rows) {
  Arrangement arrangement;
  arrangement.coefficient.resize(rows.rows());
  arrangement.normals.resize(rows.cols(), rows.rows());
  Index m = 0;
  for (Index i = 0; i < rows.rows(); ++i) {
    const double length = rows.row(i).norm();
    const Vector unit = rows.row(i).transpose() / length;
    Index c = 0;
    double sign = 1.0;
    for (; c < m; ++c) {
      sign = unit.dot(arrangement.normals.col(c)) < 0.0 ? -1.0 : 1.0;
      if ((unit - sign * arrangement.normals.col(c)).norm() <= Arrangement::degenerate) break;
    }
    if (c == m) {
      arrangement.normals.col(m++) = unit;
      sign = 1.0;
    }
    arrangement.plane.push_back(c);
    arrangement.coefficient(i) = sign * length;
  }
  arrangement.normals.conservativeResize(Eigen::NoChange, m);
  return arrangement;
}

bool for_each_face(const Arrangement& arrangement, const Visit& visit) {
  switch (arrangement.normals.rows()) {
    case 1:
      return faces_of_line(arrangement, visit);
    case 2:
      return faces_of_plane(arrangement, visit);
    default:
      assert(arrangement.normals.rows() == 3);
      return faces_of_space(arrangement, visit);
  }
}

}  // namespace tautrack::infinity
