#include "homology_samples.hpp"

#include <cmath>
#include <numbers>
#include <utility>

#include <fmt/format.h>

#include "tautrack/network/layer.hpp"

#include "spirals_network.hpp"

namespace tautrack::program {
namespace {

using std::numbers::pi;

/// The part of a turn between two seeds of a sunflower (Vogel 1979).
constexpr double golden_part = 0.3819660112501051;

/// The fold of the figure holes: tanh x1 and tanh(4 x2 + 2) - tanh(4 x2 - 2).
Matrix folded(const Matrix& points) {
  const Layer units(Matrix{{1.0, 0.0}, {0.0, 4.0}, {0.0, 4.0}}, Vector{{0.0, 2.0, -2.0}});
  const Matrix sum{{1.0, 0.0, 0.0}, {0.0, 1.0, -1.0}};
  return (sum * units.apply(points.transpose())).transpose();
}

Matrix bent(const Matrix& points) {
  const Layer layer(Matrix{{1.2, 0.5}, {-0.4, 1.0}}, Vector{{0.1, -0.2}});
  return layer.apply(points.transpose()).transpose();
}

}  // namespace

Matrix annulus_points(Index count) {
  constexpr double inner = 0.45, outer = 1.0;
  Matrix points(count, 2);
  for (Index i = 0; i < count; ++i) {
    const double part = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    const double r = std::sqrt(inner * inner + (outer * outer - inner * inner) * part);
    const double angle = 2.0 * pi * golden_part * static_cast<double>(i);
    points.row(i) << r * std::cos(angle), r * std::sin(angle);
  }
  return points;
}

Matrix torus_points(Index count) {
  constexpr double middle = 2.0, tube = 1.0;
  Matrix points(count, 3);
  for (Index i = 0; i < count; ++i) {
    const double part = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    // The area between angles 0 and v of the tube is proportional to middle v + tube sin v: solved
    // for v by Newton's method, which converges since middle > tube.
    const double wanted = 2.0 * pi * middle * part;
    double v = 2.0 * pi * part;
    for (int k = 0; k < 30; ++k)
      v -= (middle * v + tube * std::sin(v) - wanted) / (middle + tube * std::cos(v));
    const double u = 2.0 * pi * golden_part * static_cast<double>(i);
    const double r = middle + tube * std::cos(v);
    points.row(i) << r * std::cos(u), r * std::sin(u), tube * std::sin(v);
  }
  return points;
}

std::vector<KnownShape> known_shapes() {
  constexpr Index count = 4000, plane = 300, space = 500;
  const Matrix annulus = annulus_points(count);
  return {
      {"the annulus", "Annulus, 0.45 ≤ r ≤ 1", annulus, {1, 1, 0}, 1, plane},
      {"its image by two units", "Two units: a homeomorphism", bent(annulus), {1, 1, 0}, 1, plane},
      {"its image by three units", "Three units: a fold", folded(annulus), {1, 0, 0}, 1, plane},
      {"the torus", "Torus of radii 2 and 1", torus_points(2 * count), {1, 2, 1}, 2, space}};
}

std::vector<KnownShape> spiral_shapes() {
  constexpr Index count = 2000, thinned = 1500;
  const SpiralNetwork network(listed_spiral_parameters());
  const std::vector<Matrix> stages = network.hidden().stages(spiral_data(full_twist, count).points);
  std::vector<KnownShape> shapes;
  for (std::size_t k = 0; k < stages.size(); ++k)
    shapes.push_back({k == 0 ? "the spirals" : fmt::format("the spirals after layer {}", k),
                      k == 0 ? "spirals" : fmt::format("after layer {}", k),
                      stages[k].transpose(),
                      {2, 0, 0},
                      0,
                      thinned});
  return shapes;
}

}  // namespace tautrack::program
