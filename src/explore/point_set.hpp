#pragma once

#include <map>
#include <optional>
#include <vector>

#include "tautrack/core/types.hpp"

#include "explore/landscape.hpp"
#include "network/any_network.hpp"

namespace tautrack {

/// Stationary points known so far, found again by their energy and then by their node inputs. Copies of a point under the
/// symmetries of a landscape are one.
class PointSet {
 public:
  /// @param landscape Outlives this.
  explicit PointSet(const Landscape& landscape)
      : landscape_(landscape), network_(landscape.network()), work_(network_) {}

  /// The number of the known point of which (v, morse_index) is a copy, or nothing. Points with different known
  /// Morse indices are different ones.
  [[nodiscard]] std::optional<int> find(const Vector& v, double energy,
                                        std::optional<int> morse_index);

  /// Whether v is that point itself.
  [[nodiscard]] bool is_at(int number, const Vector& v);

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
  const Landscape& landscape_;
  AnyNetwork network_;
  AnyNetwork::Workspace work_;
  std::vector<Entry> points_;
  std::multimap<double, int> by_energy_;
};

}  // namespace tautrack
