#pragma once

namespace tautrack {

/// A value of the homotopy parameter and its distance from 1. The distance decides what saturated
/// patterns do, and may be far smaller than the 1e-16 that a double next to 1 can tell.
class Tau {
 public:
  constexpr Tau(double tau)
      : value_(tau), rest_(1.0 - tau) {}  // NOLINT(*-explicit-*): a number is one
  /// 1 - rest, with `rest` as it is.
  [[nodiscard]] static constexpr Tau before_one(double rest) { return {1.0 - rest, rest}; }

  [[nodiscard]] constexpr double value() const noexcept { return value_; }
  [[nodiscard]] constexpr double rest() const noexcept { return rest_; }  ///< 1 - tau

 private:
  constexpr Tau(double tau, double rest) : value_(tau), rest_(rest) {}
  double value_;
  double rest_;
};

}  // namespace tautrack
