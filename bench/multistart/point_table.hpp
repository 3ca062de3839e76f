#pragma once

#include <map>
#include <optional>
#include <vector>

#include "tautrack/core/types.hpp"

namespace tautrack::multistart {

/// Stationary points told apart by their node inputs, found by energy: O(log n) for each.
class PointTable {
 public:
  /// Two points are one when max_i |u_i - u'_i| / (1 + |u'_i|) is below 1e-6 and their energies agree
  /// as those of stationary points then must.
  /// @param u Node inputs X w.
  /// @return The number of the point.
  [[nodiscard]] std::optional<int> find(const Vector& u, double energy) const;

  /// @return The number of the new point, counted from zero.
  int add(const Vector& u, double energy);

  [[nodiscard]] int size() const { return static_cast<int>(points_.size()); }
  [[nodiscard]] const Vector& node_inputs(int number) const { return at(number).node_inputs; }
  [[nodiscard]] double energy(int number) const { return at(number).energy; }

 private:
  struct Point {
    Vector node_inputs;
    double energy;
  };
  [[nodiscard]] const Point& at(int number) const {
    return points_[static_cast<std::size_t>(number)];
  }

  std::vector<Point> points_;
  std::multimap<double, int> by_energy_;
};

}  // namespace tautrack::multistart
