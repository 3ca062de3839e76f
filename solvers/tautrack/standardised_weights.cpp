#include "standardised_weights.hpp"

#include <cmath>

namespace tautrack::program {

StandardisedWeights::StandardisedWeights(const Matrix& X)
    : scales_(X.cols()), means_(Vector::Zero(X.cols())) {
  for (Index column = 0; column < X.cols(); ++column) {
    const auto entries = X.col(column).array();
    if (entries.minCoeff() == entries.maxCoeff()) {
      scales_(column) = entries(0);
      if (entries(0) != 0.0) constant_ = column;
    } else {
      means_(column) = entries.mean();
      scales_(column) = std::sqrt((entries - means_(column)).square().mean());
    }
  }
}

Vector StandardisedWeights::operator()(const Vector& weights) const {
  Vector standardised = weights.cwiseProduct(scales_);
  if (constant_) standardised(*constant_) += weights.dot(means_);
  return standardised;
}

}  // namespace tautrack::program
