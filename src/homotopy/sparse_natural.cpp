#include "tautrack/homotopy/sparse_natural.hpp"

#include <cmath>

#include "tautrack/homotopy/natural.hpp"

namespace tautrack {

MetricScales SparseNaturalHomotopy::scales(const Vector& v, double tau) const {
  return {std::sqrt(network_->total_pattern_weight() + v.squaredNorm()),
          std::hypot(1.0 - tau, NaturalHomotopy::layer)};
}

}  // namespace tautrack
