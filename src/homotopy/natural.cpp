#include "tautrack/homotopy/natural.hpp"

#include <cmath>

namespace tautrack {

MetricScales NaturalHomotopy::scales(const Vector& v, double tau) const {
  return {std::sqrt(network_->total_pattern_weight() + v.squaredNorm()),
          std::hypot(1.0 - tau, layer)};
}

}  // namespace tautrack
