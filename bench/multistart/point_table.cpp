#include "point_table.hpp"

#include <cmath>

namespace tautrack::multistart {

namespace {

constexpr double kSamePoint = 1e-6;
constexpr double kSameEnergy = 1e-9;

}  // namespace

std::optional<int> PointTable::find(const Vector& u, double energy) const {
  const double width = kSameEnergy * (1.0 + std::abs(energy));
  const auto end = by_energy_.upper_bound(energy + width);
  for (auto it = by_energy_.lower_bound(energy - width); it != end; ++it) {
    const auto known = node_inputs(it->second).array();
    if (((u.array() - known).abs() <= kSamePoint * (1.0 + known.abs())).all()) return it->second;
  }
  return std::nullopt;
}

int PointTable::add(const Vector& u, double energy) {
  const int number = size();
  points_.push_back({u, energy});
  by_energy_.emplace(energy, number);
  return number;
}

}  // namespace tautrack::multistart
