#include "mug_still.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>
#include <stdexcept>

#include <Eigen/Geometry>

namespace tautrack::program {
namespace {

/// Where rays come from and go to.
struct Camera {
  Point3 to_viewer, right, up, middle;
};

Camera camera() {
  constexpr double azimuth = -58.0 * std::numbers::pi / 180.0;
  constexpr double elevation = 33.0 * std::numbers::pi / 180.0;
  const Point3 to_viewer(std::cos(elevation) * std::cos(azimuth),
                         std::cos(elevation) * std::sin(azimuth), std::sin(elevation));
  const Point3 right(-std::sin(azimuth), std::cos(azimuth), 0.0);
  return {to_viewer, right, to_viewer.cross(right), Point3(-0.72, 0.0, -0.06)};
}

/// The first point of the solid on a ray, if there is any up to that distance.
std::optional<Point3> first_hit(const MugSolid& solid, const Point3& from, const Point3& along,
                                double farthest) {
  constexpr int most = 300;
  constexpr double close = 2e-4;
  double way = 0.0;
  for (int step = 0; step < most && way < farthest; ++step) {
    const Point3 p = from + way * along;
    const double level = solid.level(p);
    if (level < close) return p;
    way += level;
  }
  return std::nullopt;
}

Point3 normal(const MugSolid& solid, const Point3& p) {
  constexpr double h = 2e-3;
  Point3 gradient;
  for (Index i = 0; i < 3; ++i)
    gradient(i) = solid.level(p + h * Point3::Unit(i)) - solid.level(p - h * Point3::Unit(i));
  return gradient.norm() > 0.0 ? Point3(gradient.normalized()) : Point3::UnitZ();
}

/// From 0 (in shadow) to 1: how far the solid stays from the ray to the light.
double light_reaching(const MugSolid& solid, const Point3& from, const Point3& to_light) {
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
double openness(const MugSolid& solid, const Point3& from, const Point3& n) {
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

Seen look_at_solid(const MugSolid& solid, const Point3& p, const Camera& view,
                   const Point3& to_light) {
  const Point3 n = normal(solid, p);
  const Point3 outside = p + 2e-3 * n;
  const double facing = std::max(0.0, n.dot(to_light));
  const double direct = facing > 0.0 ? facing * light_reaching(solid, outside, to_light) : 0.0;
  const double sky = (0.65 + 0.35 * n(2)) * openness(solid, outside, n);
  const double back = std::max(0.0, -n.dot(to_light));
  const Point3 half = (to_light + view.to_viewer).normalized();
  const double gloss = direct > 0.0 ? std::pow(std::max(0.0, n.dot(half)), 40.0) : 0.0;
  const double brightness = 0.04 + 0.30 * sky + 0.52 * direct + 0.05 * back + 0.22 * gloss * direct;
  const bool is_handle = solid.handle_level(p) < solid.body_level(p);
  return {is_handle ? StillPart::handle : StillPart::body, std::clamp(brightness, 0.0, 1.0)};
}

Seen look_at_ground(const MugSolid& solid, const Point3& p, const Point3& to_light) {
  const double light = light_reaching(solid, p, to_light);
  const double open = openness(solid, p, Point3::UnitZ());
  return {StillPart::ground, std::clamp(0.35 + 0.35 * light + 0.30 * open, 0.0, 1.0)};
}

Seen look(const MugSolid& solid, const Camera& view, const Point3& to_light, double x, double y) {
  constexpr double away = 3.0;
  const Point3 from = view.middle + x * view.right + y * view.up + away * view.to_viewer;
  const double to_ground = (from(2) - solid.lowest()) / view.to_viewer(2);
  if (const auto hit = first_hit(solid, from, -view.to_viewer, to_ground - 1e-3))
    return look_at_solid(solid, *hit, view, to_light);
  return look_at_ground(solid, from - to_ground * view.to_viewer, to_light);
}

/// One pixel of several rays: the part that most of them see. Where they see both the solid and the
/// ground, the solid's brightness goes towards white.
double pixel(const std::array<Seen, 4>& rays) {
  int on_ground = 0, on_handle = 0;
  double brightness = 0.0;
  for (const Seen& ray : rays) {
    on_ground += ray.part == StillPart::ground ? 1 : 0;
    on_handle += ray.part == StillPart::handle ? 1 : 0;
    brightness += 0.25 * ray.brightness;
  }
  StillPart part = StillPart::ground;
  if (on_ground < 4) part = 2 * on_handle >= 4 - on_ground ? StillPart::handle : StillPart::body;
  return static_cast<int>(part) + std::round(brightest * brightness);
}

}  // namespace

Matrix mug_still(double t, Index width, Index height) {
  if (width <= 0 || height <= 0) throw std::invalid_argument("a still must have pixels");
  constexpr double window = 3.5;
  const MugSolid solid(t);
  const Camera view = camera();
  const Point3 to_light = (view.to_viewer - 0.75 * view.right + 1.0 * view.up).normalized();
  const double side = window / static_cast<double>(width);
  Matrix still(height, width);
  for (Index row = 0; row < height; ++row)
    for (Index column = 0; column < width; ++column) {
      std::array<Seen, 4> rays;
      for (std::size_t ray = 0; ray < rays.size(); ++ray) {
        const double right = ray % 2 == 0 ? 0.25 : 0.75, down = ray < 2 ? 0.25 : 0.75;
        rays[ray] =
            look(solid, view, to_light,
                 side * (static_cast<double>(column) + right - 0.5 * static_cast<double>(width)),
                 side * (0.5 * static_cast<double>(height) - static_cast<double>(row) - down));
      }
      still(row, column) = pixel(rays);
    }
  return still;
}

}  // namespace tautrack::program
