#pragma once

#include <algorithm>

namespace tautrack::fits {

/// Weighted sums over levels, from which sums over runs of them are differences. In long double, as squares cancel.
struct TargetSums {
  long double weight = 0.0L, target = 0.0L, square = 0.0L;

  void add(long double omega, long double y) {
    weight += omega;
    target += omega * y;
    square += omega * y * y;
  }
  [[nodiscard]] TargetSums without(const TargetSums& other) const {
    return {weight - other.weight, target - other.target, square - other.square};
  }

  /// Of the targets; 0 without any.
  [[nodiscard]] long double mean() const { return weight > 0.0L ? target / weight : 0.0L; }

  /// sum omega (y - output)^2
  [[nodiscard]] long double about(long double output) const {
    return std::max(0.0L, square - output * (2.0L * target - output * weight));
  }
};

}  // namespace tautrack::fits
