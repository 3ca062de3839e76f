#include "tautrack/homotopy/natural.hpp"

#include <cmath>

namespace tautrack {

MetricScales NaturalHomotopy::scales(const Vector& v, double tau) const {
  const double delta = 1.0 - tau;
  return {std::sqrt(network_->total_pattern_weight() + v.squaredNorm()),
          std::sqrt(delta * delta + layer_ * layer_)};
}

}  // namespace tautrack
