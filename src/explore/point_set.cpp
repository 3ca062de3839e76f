#include "explore/point_set.hpp"

#include <cmath>

namespace tautrack {

namespace {

/// Points whose node inputs agree to this, relative to one unit or their size, are one point unless
/// their Morse indices differ.
constexpr double kSamePointInSet = 1e-6;

/// Energies of one point, computed from places that near to each other: E is stationary, so that the
/// difference is of second order.
constexpr double kSameEnergy = 1e-10;

}  // namespace

std::optional<int> PointSet::find(const Vector& v, double energy, std::optional<int> morse_index) {
  const double width = kSameEnergy * (1.0 + std::abs(energy));
  const auto end = by_energy_.upper_bound(energy + width);
  for (auto it = by_energy_.lower_bound(energy - width); it != end; ++it) {
    const Entry& entry = points_[static_cast<std::size_t>(it->second)];
    if (morse_index && entry.morse_index && *morse_index != *entry.morse_index) continue;
    const int number = it->second;
    if (landscape_.any_image(v, entry.v, [&](const Vector& image) { return is_at(number, image); }))
      return number;
  }
  return std::nullopt;
}

bool PointSet::is_at(int number, const Vector& v) {
  const Vector& known = coordinates(number);
  return network_.relative_displacement(known, v - known, work_) <= kSamePointInSet;
}

int PointSet::add(const Vector& v, double energy, std::optional<int> morse_index) {
  const int number = size();
  points_.push_back({v, morse_index});
  by_energy_.emplace(energy, number);
  return number;
}

}  // namespace tautrack
