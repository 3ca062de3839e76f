
#include "pictures/curve.hpp"

#include <algorithm>
#include <cmath>

#include "tautrack/events/segment.hpp"

namespace tautrack::program {
namespace {

/// dE/dtau for fixed v. E is quadratic in tau, so that a central difference is exact.
double energy_slope(const Perceptron& network, const PathPoint& point,
                    Perceptron::Workspace& work) {
  const double h = 0.5 * std::max(std::abs(1.0 - point.tau), 1e-6);
  return (network.energy(point.x, point.tau + h, work) -
          network.energy(point.x, point.tau - h, work)) /
         (2.0 * h);
}

/// Value at theta in [0, 1] of the cubic with these values and derivatives at 0 and 1.
double cubic(double theta, double value0, double derivative0, double value1, double derivative1) {
  const double rest = 1.0 - theta;
  return value0 + theta * theta * (3.0 - 2.0 * theta) * (value1 - value0) +
         theta * rest * (rest * derivative0 - theta * derivative1);
}

}  // namespace

std::vector<CurvePoint> smooth_curve(const Perceptron& network,
                                     const std::vector<PathPoint>& points, std::size_t most) {
  constexpr std::size_t most_parts = 16;
  std::vector<CurvePoint> curve;
  if (points.empty()) return curve;
  const std::size_t stride = (points.size() - 1) / most + 1;
  const std::size_t parts = std::clamp<std::size_t>(most / points.size(), 1, most_parts);
  Perceptron::Workspace work(network);
  const Index n = network.unknowns();

  const auto add = [&](const PathPoint& point) {
    curve.push_back(
        {point.tau, network.weights(point.x), network.energy(point.x, point.tau, work)});
  };
  add(points.front());
  double slope = parts > 1 ? energy_slope(network, points.front(), work) : 0.0;
  Vector v(n), direction(n + 1);
  for (std::size_t i = 1; i < points.size(); ++i) {
    const PathPoint& from = points[i - 1];
    const PathPoint& to = points[i];
    if (parts == 1) {
      const bool is_needed =
          i % stride == 0 || i + 1 == points.size() || to.kind == PointKind::fold;
      if (is_needed) add(to);
      continue;
    }
    const double energy = curve.back().energy;
    const double next_energy = network.energy(to.x, to.tau, work);
    const double next_slope = energy_slope(network, to, work);
    // Along the curve the gradient in v is zero, so dE = dE/dtau dtau.
    const Segment segment(from, to);
    const double derivative = slope * segment.length() * from.tangent(n);
    const double next_derivative =
        next_slope * segment.length() * to.tangent(n) / metric_norm(to.tangent, segment.scales());
    for (std::size_t part = 1; part < parts; ++part) {
      const double theta = static_cast<double>(part) / static_cast<double>(parts);
      double tau = 0.0;
      segment.at(theta, v, tau, direction);
      curve.push_back({tau, network.weights(v),
                       cubic(theta, energy, derivative, next_energy, next_derivative)});
    }
    curve.push_back({to.tau, network.weights(to.x), next_energy});
    slope = next_slope;
  }
  return curve;
}

}  // namespace tautrack::program
