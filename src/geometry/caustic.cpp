#include "tautrack/geometry/caustic.hpp"

#include <cassert>
#include <cmath>
#include <stdexcept>

#include "tautrack/geometry/curvature.hpp"

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "network/residual.hpp"

namespace tautrack {

namespace {

/// Rounding of a curvature in units of epsilon times the sum of the terms that it is made of.
constexpr double kCurvatureRounding = 16.0;

/// Part of a unit vector that is normal to the manifold, below which it counts as tangent to it.
constexpr double kTangent = 64.0 * kEpsilon;

/// By how much rounding may change an eigenvalue of the shape operator in the direction nu (m): the
/// operator is a sum over patterns of c_i nu_i q_i q_i'.
double rounding_of(const ManifoldPoint& point, const Vector& nu) {
  const double size =
      (nu.array().abs() * point.largest_bends().array() * point.leverages().array().sqrt()).sum();
  return kCurvatureRounding * kEpsilon * size;
}

}  // namespace

std::vector<FocalPoint> focal_points(const ManifoldPoint& point, const Vector& normal) {
  assert(normal.size() == point.ambient());
  std::vector<FocalPoint> result;
  const double length = normal.stableNorm();
  if (!(length > 0.0) || !std::isfinite(length)) return result;
  const Vector part = point.normal_part(normal / length);
  if (!(part.norm() > kTangent)) return result;
  const Vector nu = part.normalized();
  const PrincipalCurvatures principal = principal_curvatures(point, nu);
  const double rounding = rounding_of(point, nu);
  for (Index j = 0; j < principal.values.size(); ++j) {
    const double kappa = principal.values(j);
    if (!(std::abs(kappa) > rounding)) continue;
    const Vector centre = point.position() + nu / kappa;
    if (centre.allFinite())
      result.push_back({kappa, 1.0 / kappa, centre, principal.directions.col(j)});
  }
  return result;
}

double focal_determinant(const ManifoldPoint& point, const Vector& nu) {
  assert(nu.size() == point.ambient());
  const Vector curvatures = principal_curvatures(point, nu).values;
  const double length = nu.stableNorm();
  double product = 1.0;
  for (const double kappa : curvatures) {
    const double factor = 1.0 - length * kappa;
    if (factor == 0.0) return 0.0;  // also where others overflow
    product *= factor;
  }
  return product;
}

std::optional<int> morse_index(const ManifoldPoint& point) {
  const PrincipalCurvatures principal = principal_curvatures(point, point.residual());
  const double rounding = kCurvatureRounding * kEpsilon + rounding_of(point, point.residual());
  int index = 0;
  for (const double kappa : principal.values) {
    const double excess = kappa * point.distance() - 1.0;
    if (!(std::abs(excess) > rounding)) return std::nullopt;
    if (excess > 0.0) ++index;
  }
  return index;
}

bool FoldConditions::is_fold(double relative) const noexcept {
  return std::abs(nondegeneracy) > relative * nondegeneracy_scale &&
         std::abs(transversality) > relative * transversality_scale;
}

FoldConditions fold_conditions(const Perceptron& network, const Vector& v, double tau,
                               const Vector& a) {
  network.need_all_patterns("geometry");
  network.need_no_offset("geometry");
  require_tau(tau);
  assert(v.size() == network.unknowns() && a.size() == network.unknowns());
  const double length = a.stableNorm();
  if (!(length > 0.0) || !std::isfinite(length))
    throw std::invalid_argument("the null vector must be finite and not zero");
  FoldConditions result;
  result.null_vector = a / length;
  const Vector u = network.node_inputs(v), b = network.node_inputs(result.null_vector);
  const Activation activation = network.options().activation;
  const Range ends = range(activation);
  for (Index i = 0; i < u.size(); ++i) {
    const ActivationValues s = evaluate(activation, u(i));
    const double r = residual(s, ends, u(i), tau, network.targets()(i));
    const double slope = (1.0 - tau) + tau * s.first;
    const double weighted = network.pattern_weights()(i) * b(i);
    const double by_third = tau * s.third * r, by_second = 3.0 * slope * tau * s.second;
    const double cube = weighted * b(i) * b(i);
    result.nondegeneracy += cube * (by_third + by_second);
    result.nondegeneracy_scale += std::abs(cube) * (std::abs(by_third) + std::abs(by_second));
    const double by_slope = (s.first - 1.0) * r, by_value = slope * (s.value - u(i));
    result.transversality += weighted * (by_slope + by_value);
    result.transversality_scale += std::abs(weighted) * (std::abs(by_slope) + std::abs(by_value));
    const double metric = slope * slope, bend = tau * s.second * r;
    result.eigenvalue += weighted * b(i) * (metric + bend);
    result.eigenvalue_scale += std::abs(weighted * b(i)) * (metric + std::abs(bend));
  }
  if (network.penalty().size() > 0) {
    const double ridge = result.null_vector.dot(network.penalty() * result.null_vector);
    result.eigenvalue += ridge;
    result.eigenvalue_scale += std::abs(ridge);
  }
  return result;
}

FoldConditions fold_conditions(const Perceptron& network, const Vector& v, double tau) {
  network.need_all_patterns("geometry");
  network.need_no_offset("geometry");
  require_tau(tau);
  const Index n = network.unknowns();
  Perceptron::Workspace work(network);
  Vector H(n), H_tau(n);
  Matrix H_v(n, n);
  network.derivatives(v, tau, work, H, H_v, H_tau);
  const SymmetricEigen eigen = symmetric_eigen(H_v);
  Index nearest = 0;
  eigen.eigenvalues().cwiseAbs().minCoeff(&nearest);
  return fold_conditions(network, v, tau, eigen.eigenvectors().col(nearest));
}

}  // namespace tautrack
