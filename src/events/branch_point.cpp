#include "tautrack/events/branch_point.hpp"

#include <Eigen/SVD>
#include <cassert>
#include <cmath>
#include <limits>

namespace tautrack {

namespace {

constexpr int kBisections = 44;

/// Width relative to the segment below which the sign of the determinant is rounding.
constexpr double kNarrow = 1e-12;

/// Tangent of the crossing branch at a simple branch point, unit in the metric; empty when the null space
/// is not two-dimensional to working precision or the crossing is not transversal.
Vector crossing_tangent(Corrector& corrector, const PathPoint& at, const MetricScales& scales) {
  const Index n = at.x.size();
  const auto jacobian = [&](const Vector& x, double tau, Matrix& J) {
    if (!corrector.linearise(x, tau, at.tangent, scales)) return false;
    J.leftCols(n) = corrector.H_x() * scales.unknown;
    J.col(n) = corrector.H_tau() * scales.parameter;
    return true;
  };
  Matrix J(n, n + 1), above(n, n + 1), below(n, n + 1);
  if (!jacobian(at.x, at.tau, J)) return {};
  const Eigen::JacobiSVD<Matrix> svd(J, Eigen::ComputeFullU | Eigen::ComputeFullV);
  const Vector psi = svd.matrixU().col(n - 1);
  Vector e1 = at.tangent;
  e1.head(n) /= scales.unknown;
  e1(n) /= scales.parameter;
  e1.normalize();
  // The null space is spanned by the last two right singular vectors; e2 is its direction across e1.
  const Matrix null_space = svd.matrixV().rightCols(2);
  const Eigen::Vector2d along = null_space.transpose() * e1;
  const Eigen::Vector2d across = Eigen::Vector2d(-along(1), along(0)).normalized();
  Vector e2 = null_space * across;
  e2 -= e1 * e1.dot(e2);
  e2.normalize();
  const double step = std::cbrt(std::numeric_limits<double>::epsilon());
  const auto second = [&](const Vector& direction, double& with_e1, double& with_e2) {
    Vector x = at.x + step * scales.unknown * direction.head(n);
    if (!jacobian(x, at.tau + step * scales.parameter * direction(n), above)) return false;
    x = at.x - step * scales.unknown * direction.head(n);
    if (!jacobian(x, at.tau - step * scales.parameter * direction(n), below)) return false;
    const Vector change = (above - below).transpose() * psi / (2.0 * step);
    with_e1 = change.dot(e1);
    with_e2 = change.dot(e2);
    return true;
  };
  double a21 = 0.0;
  double a22 = 0.0;
  if (!second(e2, a21, a22)) return {};
  // a11 = 0 on the branch followed: the other root of 2 a12 alpha beta + a22 beta^2 = 0.
  Vector other = 2.0 * a21 * e2 - a22 * e1;
  const double size = other.norm();
  if (!(size > 1e-6 * J.norm()) || std::abs(a21) < 1e-3 * size) return {};
  other /= size;
  other.head(n) *= scales.unknown;
  other(n) *= scales.parameter;
  return other;
}

}  // namespace

std::optional<BranchPoint> locate_branch_point(const Segment& segment, Corrector& corrector) {
  const PathPoint& first = segment.first();
  assert(first.orientation * segment.second().orientation < 0);
  const Index n = first.x.size();
  double low = 0.0;
  double high = 1.0;
  Vector x(n), normal(n + 1), tangent(n + 1);
  double tau = 0.0;
  Vector low_x = first.x;
  Vector high_x = segment.second().x;
  double low_tau = first.tau;
  double high_tau = segment.second().tau;
  for (int k = 0; k < kBisections && high - low > kNarrow; ++k) {
    const double middle = 0.5 * (low + high);
    segment.at(middle, x, tau, normal);
    if (!corrector.correct(x, tau, Constraint::hyperplane, normal, segment.scales()).converged) {
      // Next to the point itself the bordered matrix is singular; further away this is a failure.
      if (high - low < 1e-6) break;
      return std::nullopt;
    }
    if (corrector.bordered().determinant_sign() == first.orientation) {
      low = middle;
      low_x = x;
      low_tau = tau;
    } else {
      high = middle;
      high_x = x;
      high_tau = tau;
    }
  }
  Vector gap(n + 1);
  gap.head(n) = high_x - low_x;
  gap(n) = high_tau - low_tau;
  if (metric_norm(gap, segment.scales()) > 2.0 * (high - low) * segment.length() + 1e-7)
    return std::nullopt;

  BranchPoint branch;
  PathPoint& point = branch.point;
  point.x = 0.5 * (low_x + high_x);
  point.tau = 0.5 * (low_tau + high_tau);
  point.scales = corrector.homotopy().scales(point.x, point.tau);
  double unused = 0.0;
  segment.at(0.5 * (low + high), x, unused, normal);
  point.tangent = normal;
  point.tau_direction = normal(n) < 0.0 ? -1 : 1;
  branch.other_tangent = crossing_tangent(corrector, point, segment.scales());
  point.residual = corrector.linearise(point.x, point.tau, normal, segment.scales())
                       ? corrector.H().norm()
                       : std::numeric_limits<double>::infinity();
  point.residual_scale = corrector.residual_scale();
  point.tangent /= metric_norm(point.tangent, point.scales);
  point.arclength = first.arclength + 0.5 * (low + high) * segment.length();
  branch.bracket_low = first.arclength + low * segment.length();
  branch.bracket_high = first.arclength + high * segment.length();
  branch.followed = "the branch that goes straight on";
  return branch;
}

}  // namespace tautrack
