#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/network/perceptron.hpp"

#include "infinity/patterns.hpp"

namespace tautrack {

/// Where stationary points of a perceptron without a penalty may be far out, where almost all patterns are saturated.
///
/// Let F be n - 1 patterns with independent rows and targets inside the range, v_F + t d the line on which they have
/// these for outputs. Far out on it the other patterns, N, move the ones of F by no more than psi_N / sigma'_F^2, with
/// psi = omega sigma' (sigma - y), so that a stationary point is next to each zero of the derivative of the energy along the line,
///
///   g(t) = sum over N of psi_i(u_i) (row_i . d),   u_i = offset_i + row_i . (v_F + t d).
///
/// Of the terms of g the one whose pattern is least saturated outweighs the others but next to zeros, which lie where
/// the largest terms change places: g is looked at on both sides of each t at which some u_i is zero, and between them.
/// Newton curves and descents hardly come there: the gradient is below exp(-2 |u_i|), and each line has scales of its own.
///
/// Zeros that are closer to each other than all of this may be overlooked.
///
/// Minima that n patterns make which outweigh the others are next to the points at which these have their targets
/// (PerceptronLandscape::fitting_place()): of few problems all of these, too, can be had.
class Subsystems {
 public:
  /// @pre All patterns are on this rank.
  explicit Subsystems(const Perceptron& network);

  /// Choices of n - 1 patterns, numbered from 0; zero with a penalty, for n < 2, and where there are more than
  /// kMost.
  [[nodiscard]] std::uint32_t lines() const noexcept { return lines_; }
  static constexpr std::uint32_t kMost = 1U << 16U;

  /// Choices of n patterns; zero likewise.
  [[nodiscard]] std::uint32_t corners() const noexcept { return corners_; }
  /// The point, n, at which the patterns of this choice have their targets; nothing where their rows depend on each other.
  [[nodiscard]] std::optional<Vector> corner(std::uint32_t number) const;

  /// The places on one line, n each: none where the rows depend on each other, and of the zeros of g those from which Newton's method
  /// converges by steps of at most one half, relative to node inputs or to one.
  /// Cost: O(L) values of g, of O(L) each and of few sigmoids, and O(n^3).
  [[nodiscard]] std::vector<Vector> on_line(std::uint32_t line) const;

 private:
  [[nodiscard]] std::vector<Index> patterns_in(std::uint32_t number, Index count) const;
  /// Newton's method for the stationary point next to z, n. @param P The rows in the basis of z. @return Whether it converges.
  [[nodiscard]] bool settles(const Matrix& P, Vector& z) const;

  infinity::Patterns patterns_;
  Activation activation_;
  std::vector<Index> interior_;  ///< Patterns with targets inside the range, of which F is chosen.
  Vector wanted_;                ///< g, their inputs with these targets, without the offsets.
  std::uint32_t lines_ = 0, corners_ = 0;
};

}  // namespace tautrack
