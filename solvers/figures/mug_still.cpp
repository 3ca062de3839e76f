#include "mug_still.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <stdexcept>
#include <vector>

#include <Eigen/Geometry>

namespace tautrack::program {
namespace {

/// Where rays come from and go to.
struct Camera {
  SolidPoint to_viewer, right, up, middle;
};

Camera camera() {
  constexpr double azimuth = -64.0 * std::numbers::pi / 180.0;
  constexpr double elevation = 39.0 * std::numbers::pi / 180.0;
  const SolidPoint to_viewer(std::cos(elevation) * std::cos(azimuth),
                             std::cos(elevation) * std::sin(azimuth), std::sin(elevation));
  const SolidPoint right(-std::sin(azimuth), std::cos(azimuth), 0.0);
  return {to_viewer, right, to_viewer.cross(right), SolidPoint(-0.72, 0.0, 0.04)};
}

/// The first point of the solid on a ray, if there is any up to that distance.
std::optional<SolidPoint> first_hit(const MugSolid& solid, const SolidPoint& from,
                                    const SolidPoint& along, double farthest) {
  constexpr int most = 300;
  constexpr double close = 2e-4;
  double way = 0.0;
  for (int step = 0; step < most && way < farthest; ++step) {
    const SolidPoint p = from + way * along;
    const double level = solid.level(p);
    if (level < close) return p;
    way += level;
  }
  return std::nullopt;
}

SolidPoint normal(const MugSolid& solid, const SolidPoint& p) {
  constexpr double h = 2e-3;
  SolidPoint gradient;
  for (Index i = 0; i < 3; ++i)
    gradient(i) =
        solid.level(p + h * SolidPoint::Unit(i)) - solid.level(p - h * SolidPoint::Unit(i));
  return gradient.norm() > 0.0 ? SolidPoint(gradient.normalized()) : SolidPoint::UnitZ();
}

/// From 0 (in shadow) to 1: how far the solid stays from the ray to the light.
double light_reaching(const MugSolid& solid, const SolidPoint& from, const SolidPoint& to_light) {
  constexpr double softness = 7.0, farthest = 4.0;
  constexpr int most = 80;
  double light = 1.0, way = 0.02;
  for (int step = 0; step < most && way < farthest; ++step) {
    const double level = solid.level(from + way * to_light);
    if (level < 1e-3) return 0.0;
    light = std::min(light, softness * level / way);
    way += std::clamp(level, 0.01, 0.3);
  }
  return light;
}

/// From 0 to 1: how much of the sky a point sees, from the levels along its normal.
double openness(const MugSolid& solid, const SolidPoint& from, const SolidPoint& n) {
  double hidden = 0.0, weight = 1.0;
  for (int step = 1; step <= 5; ++step) {
    const double way = 0.07 * step;
    hidden += weight * std::max(0.0, way - solid.level(from + way * n));
    weight *= 0.7;
  }
  return std::clamp(1.0 - 1.3 * hidden, 0.0, 1.0);
}

/// A part and how bright it is, in [0, 1].
struct Seen {
  StillPart part = StillPart::ground;
  double brightness = 1.0;
};

Seen look_at_solid(const MugSolid& solid, const SolidPoint& p, const Camera& view,
                   const SolidPoint& to_light) {
  const SolidPoint n = normal(solid, p);
  const SolidPoint outside = p + 2e-3 * n;
  const double facing = std::max(0.0, n.dot(to_light));
  const double direct = facing > 0.0 ? facing * light_reaching(solid, outside, to_light) : 0.0;
  const double sky = (0.65 + 0.35 * n(2)) * openness(solid, outside, n);
  const SolidPoint half = (to_light + view.to_viewer).normalized();
  const double gloss = direct > 0.0 ? std::pow(std::max(0.0, n.dot(half)), 40.0) : 0.0;
  // A weak second light from the right keeps the side in shadow round.
  const double fill = std::max(0.0, n.dot((0.9 * view.right + 0.5 * view.to_viewer).normalized()));
  const double brightness = 0.02 + 0.28 * sky + 0.50 * direct +
                            0.16 * fill * openness(solid, outside, n) + 0.22 * gloss * direct;
  const bool is_handle = solid.handle_level(p) < solid.body_level(p);
  return {is_handle ? StillPart::handle : StillPart::body, std::clamp(brightness, 0.0, 1.0)};
}

/// @param fading From 0 to 1 (white).
Seen look_at_ground(const MugSolid& solid, const SolidPoint& p, const SolidPoint& to_light,
                    double fading) {
  const double light = light_reaching(solid, p, to_light);
  const double open = openness(solid, p, SolidPoint::UnitZ());
  return {StillPart::ground, 1.0 - (1.0 - fading) * (0.35 * (1.0 - light) + 0.30 * (1.0 - open))};
}

/// Window of the stills: half its width.
constexpr double window_half = 1.75;

/// How far the ground has faded to white at a place of the window.
double fading_at(double x, double y) {
  const double from_middle = std::sqrt(x * x + 1.6 * y * y) / window_half;
  const double rising = std::clamp((from_middle - 0.55) / 0.4, 0.0, 1.0);
  return rising * rising * (3.0 - 2.0 * rising);
}

/// All that it takes to see a point of the window.
class Scene {
 public:
  explicit Scene(double t)
      : solid_(t),
        view_(camera()),
        to_light_((view_.to_viewer - 0.85 * view_.right + 0.6 * view_.up).normalized()) {}

  [[nodiscard]] Seen look(double x, double y) const {
    constexpr double away = 4.0;
    const SolidPoint from = view_.middle + x * view_.right + y * view_.up + away * view_.to_viewer;
    const double to_ground = (from(2) - solid_.lowest()) / view_.to_viewer(2);
    if (const auto hit = first_hit(solid_, from, -view_.to_viewer, to_ground - 1e-3))
      return look_at_solid(solid_, *hit, view_, to_light_);
    const double fading = fading_at(x, y);
    if (fading == 1.0) return {};
    return look_at_ground(solid_, from - to_ground * view_.to_viewer, to_light_, fading);
  }

 private:
  MugSolid solid_;
  Camera view_;
  SolidPoint to_light_;
};

/// One pixel of several rays: the part that most rays to the solid see, if any does. Where some see
/// the ground, the brightness goes towards white.
double code(const std::vector<Seen>& rays) {
  std::size_t on_solid = 0, on_handle = 0;
  double brightness = 0.0;
  for (const Seen& ray : rays) {
    on_solid += ray.part != StillPart::ground ? 1 : 0;
    on_handle += ray.part == StillPart::handle ? 1 : 0;
    brightness += ray.brightness / static_cast<double>(rays.size());
  }
  StillPart part = StillPart::ground;
  if (on_solid > 0) part = 2 * on_handle >= on_solid ? StillPart::handle : StillPart::body;
  return static_cast<int>(part) + std::round(brightest * brightness);
}

bool differ(const Seen& a, const Seen& b) {
  constexpr double much = 0.05;
  return a.part != b.part || std::abs(a.brightness - b.brightness) > much;
}

}  // namespace

Matrix mug_still(double t, Index width, Index height) {
  if (width <= 0 || height <= 0) throw std::invalid_argument("a still must have pixels");
  const Scene scene(t);
  const double side = 2.0 * window_half / static_cast<double>(width);
  const auto look = [&](Index row, Index column, double down, double right) {
    return scene.look(
        side * (static_cast<double>(column) + right - 0.5 * static_cast<double>(width)),
        side * (0.5 * static_cast<double>(height) - static_cast<double>(row) - down));
  };
  std::vector<Seen> middles;
  for (Index row = 0; row < height; ++row)
    for (Index column = 0; column < width; ++column) middles.push_back(look(row, column, 0.5, 0.5));
  const auto middle = [&](Index row, Index column) -> const Seen& {
    return middles[static_cast<std::size_t>(std::clamp<Index>(row, 0, height - 1) * width +
                                            std::clamp<Index>(column, 0, width - 1))];
  };
  Matrix still(height, width);
  for (Index row = 0; row < height; ++row)
    for (Index column = 0; column < width; ++column) {
      const Seen& here = middle(row, column);
      bool is_edge = false;
      for (Index up = -1; up <= 1; ++up)
        for (Index left = -1; left <= 1; ++left)
          is_edge = is_edge || differ(here, middle(row + up, column + left));
      std::vector<Seen> rays{here};
      constexpr int finer = 4;
      if (is_edge) {
        rays.clear();
        for (int ray = 0; ray < finer * finer; ++ray)
          rays.push_back(
              look(row, column, (ray / finer + 0.5) / finer, (ray % finer + 0.5) / finer));
      }
      still(row, column) = code(rays);
    }
  return still;
}

}  // namespace tautrack::program
