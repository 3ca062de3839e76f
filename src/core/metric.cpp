#include "tautrack/core/metric.hpp"

#include <cassert>
#include <cmath>

namespace tautrack {

double metric_dot(const Vector& a, const Vector& b, const MetricScales& scales) {
  assert(a.size() == b.size() && a.size() > 0);
  const Index n = a.size() - 1;
  const double x = a.head(n).dot(b.head(n));
  const double unknown = scales.unknown;
  return x / unknown / unknown + (a(n) / scales.parameter) * (b(n) / scales.parameter);
}

double metric_norm(const Vector& z, const MetricScales& scales) {
  assert(z.size() > 0);
  const Index n = z.size() - 1;
  const double x = z.head(n).norm() / scales.unknown;
  const double tau = z(n) / scales.parameter;
  return std::sqrt(x * x + tau * tau);
}

}  // namespace tautrack
