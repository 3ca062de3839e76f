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

/// det(I - S_nu) = prod (1 - kappa_j |nu|): the factor by which (v, nu) -> z + nu stretches volumes
/// of the manifold; zero on the caustic, and positive before the first focal point is reached.
/// @param nu m, an offset normal to the manifold, of any length.
/// Cost: m n^2 + O(n^3).
[[nodiscard]] double focal_determinant(const ManifoldPoint& point, const Vector& nu);

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
