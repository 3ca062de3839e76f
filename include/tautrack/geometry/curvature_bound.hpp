#pragma once

#include <string>

#include "tautrack/core/types.hpp"
#include "tautrack/network/activation.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// C(tau) = max_u |f''| / f'^2 of the node function f = (1 - tau) u + tau sigma(u); infinity at tau =
/// 1. For tanh 2 tau sqrt(q) (1 - q) / (1 - tau q)^2 at tau q^2 + 3 (1 - tau) q = 1 (docs/theory.md,
/// section 6), for the others likewise.
[[nodiscard]] double largest_bend(Activation activation, double tau);

/// A number that |k|max does not exceed at any weights, finite or infinite.
struct CurvatureBound {
  double value;      ///< Infinity: no bound is known.
  std::string from;  ///< What it rests on, a few words.
};

/// Bounds of the curvature of the data manifolds of one network over all weights. They need no
/// search, and grow with tau.
///
/// The smallest of these, k = |k|max:
///  - Popoviciu: k is at most half of the two largest |c_i p_i| of a unit vector p, added up: C(tau) /
///    sqrt(2 min omega); with one weight, where all c_i p_i have one sign, C / 2, and in the plane 2 C
///    / (3 sqrt 3) (docs/theory.md, section 6);
///  - the same with the leverage that a pattern can have at all: |p_i|^2 <= f'^2 b_i / (1 + (f'^2 -
///    delta^2) b_i), b_i = omega_i x_i' G^-1 x_i, G = delta^2 A' omega A + ridge M, delta = 1 - tau: the
///    metric is at least G plus what pattern i adds (Sherman & Morrison 1950). The maximum over u is
///    enclosed from above. Finite at tau = 1, too, with a ridge on all weights;
///  - |II|^2 <= sum omega f''^2 (x_i.a)^4 <= max sigma''^2 tau^2 max_i (x_i' G^-1 x_i) / min eigenvalue of
///    G.
/// The second and third are ours.
class CurvatureBounds {
 public:
  /// Cost: without ridge L, otherwise L n^2 + n^3.
  explicit CurvatureBounds(const Perceptron& network);

  /// Cost: L without ridge, L n with it, and a search in one variable.
  [[nodiscard]] CurvatureBound at(double tau) const;

 private:
  Activation activation_;
  Index unknowns_, ambient_;
  Vector weights_;    ///< L, omega
  Vector leverages_;  ///< L, omega_i |x_i|^2; used without ridge.
  Matrix squares_;    ///< L x n with ridge: squared entries of A in eigenvectors of the penalty.
  Vector penalties_;  ///< n, eigenvalues of the penalty; empty without ridge.
};

}  // namespace tautrack
