#pragma once

#include "tautrack/core/types.hpp"

namespace tautrack {

/// Scales of the metric in which arclength is measured: |dx|^2 / unknown^2 + dtau^2 / parameter^2.
struct MetricScales {
  double unknown = 1.0;    ///< > 0.
  double parameter = 1.0;  ///< > 0.
};

/// Length of the vector z = (x, tau) (n + 1) in a metric.
[[nodiscard]] double metric_norm(const Vector& z, const MetricScales& scales);

/// Inner product of two vectors (n + 1) in a metric.
[[nodiscard]] double metric_dot(const Vector& a, const Vector& b, const MetricScales& scales);

}  // namespace tautrack
