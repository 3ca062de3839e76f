#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/network/perceptron.hpp"

#include "geometry/node_function.hpp"
#include "geometry/verified_basis.hpp"

namespace tautrack {

/// One interval for each node input u_i: a convex set of weights.
using InputBox = std::vector<Span>;

/// What it takes to prove that all stationary points lie in a box of node inputs on which the energy
/// is strictly convex, so that there is no more than one.
///
/// With theta_i = f^-1(y_i) and d_i = omega_i f'(u_i) (f(u_i) - y_i) / (u_i - theta_i) > 0, a stationary
/// point solves the linear least-squares problem A' D (A v - theta) + ridge M v = 0. So
///
///  - it is a convex combination of the solutions of the n x n subsystems of x_i.v = theta_i (Jacobi
///    1841; the rows of the ridge term are rows with theta = 0), whose hull bounds every u_i;
///  - with d in [d-, d+], v0 the solution for d0 = sqrt(d- d+) and e = theta - A v0,
///    |x_i.(v - v0)| <= sqrt(x_i' K^-1 x_i) |e o (sqrt(d+) - sqrt(d-))|, K = A' D- A + ridge M, because
///    (A' D A + ridge M)(v - v0) = A' (D - D0) e. That contracts a box, the more the smaller e is.
///
/// The contraction and its use are ours. Computed in doubles, with room for their rounding, which grows with
/// the condition of X; a subsystem is left out only where its rows are proven to be dependent, and one that is
/// too near to that ends the proof.
class ConvexityTest {
 public:
  /// @param tau In [0, 1]. @param stop Once it is met no box of all is found, and none is contracted.
  ConvexityTest(const Perceptron& network, double tau, const StopCondition& stop);

  /// Whether problems of this size are tried at all.
  [[nodiscard]] static bool is_affordable(const Perceptron& network);

  /// A box that holds all stationary points, or nothing with the reason.
  [[nodiscard]] std::optional<InputBox> box_of_all(std::string& why_not) const;

  /// A box that holds all weights with an energy of at most this.
  [[nodiscard]] InputBox box_below(double energy) const;

  /// Below 1: between any two weights with an energy of at most this the energy is strictly convex, so
  /// that no two of them are stationary. Infinity where nothing is known.
  ///
  /// On the segment between them every residual is at most the larger one of its ends, so that sum
  /// omega r^2 <= 4 energy = 2 rho^2. With f'^2 + f'' r >= f'(theta)^2 - beta |r| and unit vectors p in
  /// the metric of f'(theta), the Hessian is at least 1 - sqrt(2) rho max_i beta_i sqrt(leverage_i) /
  /// (sqrt(omega_i) f'(theta_i)^2) times that metric (Cauchy & Schwarz). Ours.
  [[nodiscard]] double convexity_product(double energy) const;

  /// Contracts a box that holds all stationary points until it becomes no smaller.
  void contract(InputBox& box) const;

  /// Whether the energy is proven to be strictly convex on the box.
  [[nodiscard]] bool is_convex(const InputBox& box) const;

 private:
  [[nodiscard]] std::optional<InputBox> hull_of_subsystems(std::string& why_not) const;
  [[nodiscard]] InputBox growth_bounds() const;
  bool contract_once(InputBox& box) const;
  /// Part of x_i' K^-1 x_i, K = weighted_metric(least), by which an error of the basis can change it where the
  /// weights d are at most `most`; infinity where K is not surely positive definite.
  [[nodiscard]] double change_of_metric(const Matrix& least, const Vector& most) const;
  [[nodiscard]] Matrix weighted_metric(const Vector& d) const;

  const Perceptron& network_;
  StopCondition stop_;
  NodeFunction f_;
  VerifiedBasis basis_;
  Matrix A_;
  Vector theta_;  ///< L; infinite where a target is not inside the range.
};

}  // namespace tautrack
