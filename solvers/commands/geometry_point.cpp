#include "commands/geometry_point.hpp"

namespace tautrack::program {
namespace {

/// The principal curvatures in the direction of y, and the moves that they belong to.
Matrix add_curvatures_towards_target(const ManifoldPoint& at, ExaminedPoint& point) {
  constexpr double rounding = 1e-13, edge = 1e-9;
  const Vector normal = at.normal_part(at.residual());
  point.distance = at.distance();
  point.normal_distance = normal.norm();
  const double size = at.position().norm() + (at.position() + at.residual()).norm();
  if (at.codimension() == 0 || !(point.normal_distance > rounding * size)) {
    if (point.is_stationary) point.focal_index = 0;
    return {at.dimension(), 0};
  }
  const PrincipalCurvatures principal = principal_curvatures(at, normal);
  point.curvatures = principal.values.reverse();
  const Eigen::ArrayXd products = point.normal_distance * point.curvatures.array();
  if (((products - 1.0).abs() > edge).all())
    point.focal_index = static_cast<int>((products > 1.0).count());
  return principal.directions.rowwise().reverse();
}

}  // namespace

CurvatureMoves add_curvatures(const GeometryRequest& request, const ManifoldPoint& at,
                              ExaminedPoint& point) {
  CurvatureMoves moves;
  moves.towards = add_curvatures_towards_target(at, point);
  point.largest = largest_curvature(at, request.curvature);
  moves.largest = point.largest.direction;
  point.bates_watts = bates_watts(at, point.largest, request.curvature);
  return moves;
}

}  // namespace tautrack::program
