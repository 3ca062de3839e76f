#pragma once

#include <optional>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/geometry/data_manifold.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// A focal point of the data manifold: a centre of principal curvature, where neighbouring normals
/// meet to first order. All of them make up the focal set, or caustic (docs/theory.md, section 4).
/// With a ridge term it is one of ambient space, where targets have zeros in the rows of the ridge.
struct FocalPoint {
  double curvature;  ///< kappa != 0, of the direction below; positive: bends towards the normal.
  double distance;   ///< 1 / kappa, along the normal; negative on its other side.
  Vector position;   ///< m, z + normal / kappa
  Vector direction;  ///< n, v-direction a with |J a| = 1.
};

/// The focal points on one normal of the manifold, by ascending curvature. Curvatures that are zero
/// to rounding, or whose focal point lies beyond the range of double, have none.
/// @param normal m; its part normal to the manifold is taken and normalised. No focal point when
/// that part is zero to rounding, as it is always when m = n.
/// Cost: m n^2 + O(n^3).
[[nodiscard]] std::vector<FocalPoint> focal_points(const ManifoldPoint& point,
                                                   const Vector& normal);

/// One of the n sheets of the caustic of a hypersurface, at one point of it.
struct CausticSheet {
  double curvature;  ///< kappa_j along the one normal.
  std::optional<Vector>
      position;      ///< m, z + n / kappa_j; nothing where kappa_j is zero to rounding:
                     ///< there the sheet goes to infinity along the normal.
  Vector direction;  ///< n, v-direction a with |J a| = 1.
};

/// The n sheets over a point of a hypersurface, by ascending curvature along
/// ManifoldPoint::normal_basis(): as ordered eigenvalues they, and so the sheets, are continuous in
/// v.
/// @throws std::invalid_argument unless m = n + 1.
[[nodiscard]] std::vector<CausticSheet> caustic_sheets(const ManifoldPoint& point);

/// The point z + d n of the parallel hypersurface at the signed distance d along
/// ManifoldPoint::normal_basis(), m.
/// @throws std::invalid_argument unless m = n + 1.
[[nodiscard]] Vector parallel_point(const ManifoldPoint& point, double distance);

/// det(I - S_nu) = prod (1 - kappa_j |nu|): the factor by which (v, nu) -> z + nu stretches volumes
/// of the manifold; zero on the caustic, and positive before the first focal point is reached.
/// @param nu m, an offset normal to the manifold, of any length.
/// Cost: m n^2 + O(n^3).
[[nodiscard]] double focal_determinant(const ManifoldPoint& point, const Vector& nu);

/// The same for the offset d n of a hypersurface: det(I - d S_n).
/// @throws std::invalid_argument unless m = n + 1.
[[nodiscard]] double parallel_determinant(const ManifoldPoint& point, double distance);

/// How near the target is to the caustic, seen from a foot z(v) of it.
struct CausticResidual {
  double value;      ///< min_j |1 - kappa_j rho|, rho = |y - z|: zero when y is a focal point.
  double curvature;  ///< kappa_j there, in the direction of y - z; 0 when rho = 0.
  double rounding;   ///< What `value` may be off by rounding.
  Vector direction;  ///< n, v-direction a with |J a| = 1.
};

/// @pre The point is stationary: y - z is normal to the manifold.
/// Cost: m n^2 + O(n^3).
[[nodiscard]] CausticResidual caustic_residual(const ManifoldPoint& point);

/// The Morse index of a stationary point as its geometry tells it: the number of kappa_j rho > 1 in
/// the direction of y - z. Nothing when one of them is 1 to rounding.
/// Cost: m n^2 + O(n^3).
[[nodiscard]] std::optional<int> morse_index(const ManifoldPoint& point);

/// What decides whether a stationary point with a singular Hessian is an ordinary fold in tau
/// (docs/theory.md, section 4; here with pattern weights omega and any activation sigma). With r =
/// f - y and b = A a for the null vector a,
///
///     nondegeneracy  = sum omega [ f''' r + 3 f' f'' ] b^3
///     transversality = sum omega b [ (sigma' - 1) r + f' (sigma - u) ].
///
/// Both change sign with a. A ridge term contributes to neither: it is quadratic and does not
/// depend on tau. On the curve through the fold tau'' = -nondegeneracy / transversality by the
/// length of v.
struct FoldConditions {
  double nondegeneracy = 0.0;         ///< a'(d2H/dv2)[a, a]; zero: y lies on a cusp edge.
  double nondegeneracy_scale = 0.0;   ///< The sum of the sizes of its terms.
  double transversality = 0.0;        ///< a'(dH/dtau); zero: y moves along the caustic.
  double transversality_scale = 0.0;  ///< The sum of the sizes of its terms.
  Vector null_vector;                 ///< n, a, Euclidean length one.
  double eigenvalue = 0.0;            ///< a'H_v a: zero at a fold.
  double eigenvalue_scale = 0.0;      ///< The sum of the sizes of its terms.

  /// Both numbers are larger than `relative` times their scales: an ordinary fold, given that the
  /// point is stationary and the eigenvalue is zero.
  [[nodiscard]] bool is_fold(double relative = 1e-9) const noexcept;
};

/// @param v n. @param tau In [0, 1]. @param a n, not zero; normalised here.
/// Cost: L n.
/// @throws std::invalid_argument when tau is not in [0, 1] or a is zero or not finite.
[[nodiscard]] FoldConditions fold_conditions(const Perceptron& network, const Vector& v, double tau,
                                             const Vector& a);

/// The same with the eigenvector of the Hessian whose eigenvalue is nearest to zero.
/// Cost: L n^2 + O(n^3).
[[nodiscard]] FoldConditions fold_conditions(const Perceptron& network, const Vector& v,
                                             double tau);

}  // namespace tautrack
