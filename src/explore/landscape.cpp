#include "explore/landscape.hpp"

#include <algorithm>
#include <cmath>

namespace tautrack {

namespace {

/// Node input that stands for a target at or beyond the end of the range, in units of the range.
constexpr double kSaturated = 0.995;

}  // namespace

double Draws::decades(double low, double high) { return low * std::pow(high / low, uniform()); }

Vector Draws::normal(Index size) {
  Vector z(size);
  for (double& entry : z) entry = normal();
  return z;
}

double input_for(Activation activation, double output) {
  const Range ends = range(activation);
  const double middle = 0.5 * (ends.low + ends.high);
  const double half = 0.5 * kSaturated * (ends.high - ends.low);
  const double wanted = std::clamp(output, middle - half, middle + half);
  double low = -1e3, high = 1e3;
  for (int i = 0; i < 60; ++i) {
    const double u = 0.5 * (low + high);
    (evaluate(activation, u).value < wanted ? low : high) = u;
  }
  return 0.5 * (low + high);
}

bool Landscape::any_image(const Vector& x, const Vector&,
                          const std::function<bool(const Vector&)>& is_it) const {
  return is_it(x);
}

void Landscape::choose_copy(StationaryPoint&, Vector&) const {}

}  // namespace tautrack
