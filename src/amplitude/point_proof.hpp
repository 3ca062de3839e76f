#pragma once

#include "amplitude/model.hpp"
#include "proof/krawczyk.hpp"

namespace tautrack::amplitude {

/// What is proven of a stationary point of a model.
struct PointProof : proof::PointProof {
  double radius = 0.0;  ///< Of the weights in the box: no further than this from those of x.
};

/// Proves that there is exactly one stationary point near x, with every number of the model taken exactly: see
/// proof/krawczyk.hpp.
[[nodiscard]] PointProof prove_point(const Model& model, const Vector& x);

}  // namespace tautrack::amplitude
