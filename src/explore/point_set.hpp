#pragma once

#include <map>
#include <optional>
#include <vector>

#include "tautrack/core/types.hpp"

#include "network/any_network.hpp"

namespace tautrack {

/// Stationary points known so far, found again by their energy and then by their node inputs.
class PointSet {
 public:
  explicit PointSet(const AnyNetwork& network) : network_(network), work_(network) {}

  /// The number of the known point that (v, morse_index) is, or nothing. Points with different known
  /// Morse indices are different ones.
  [[nodiscard]] std::optional<int> find(const Vector& v, double energy,
                                        std::optional<int> morse_index);

  /// Adds a point and returns its number; they count up from 0.
  int add(const Vector& v, double energy, std::optional<int> morse_index);

  [[nodiscard]] int size() const noexcept { return static_cast<int>(points_.size()); }
  [[nodiscard]] const Vector& coordinates(int i) const {
    return points_[static_cast<std::size_t>(i)].v;
  }
  [[nodiscard]] std::optional<int> morse_index(int i) const {
    return points_[static_cast<std::size_t>(i)].morse_index;
  }

  [[nodiscard]] double energy(const Vector& v) { return network_.energy(v, 1.0, work_); }

 private:
  struct Entry {
    Vector v;
    std::optional<int> morse_index;
  };
  AnyNetwork network_;
  AnyNetwork::Workspace work_;
  std::vector<Entry> points_;
  std::multimap<double, int> by_energy_;
};

}  // namespace tautrack
