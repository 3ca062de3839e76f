#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "amplitude/model.hpp"

namespace tautrack::amplitude {

/// What is proven of a stationary point of a model.
struct PointProof {
  bool is_proven = false;  ///< Within `box` there is exactly one.
  std::string reason;      ///< Why not.
  Vector x;                ///< n, improved by Newton's method.
  Matrix V;                ///< n x n; the box is x + V z, |z| <= reach.
  Vector reach;            ///< n
  int index = 0;           ///< Negative eigenvalues of the Hessian.
  double radius = 0.0;     ///< Of the weights in the box: no further than this from those of x.
};

/// Proves that there is exactly one stationary point near x, with every number of the model taken exactly: Krawczyk's
/// operator (1969; Rump, Acta Numerica 2010, section 13) in approximate eigenvectors of the Hessian, first in
/// intervals, then, in a library with FLINT, in balls. Where it contracts a box the Hessian is regular all over it,
/// so that the signs of the diagonal are its inertia (Sylvester).
[[nodiscard]] PointProof prove_point(const Model& model, const Vector& x);

}  // namespace tautrack::amplitude
