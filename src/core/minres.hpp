#pragma once

#include <functional>

#include "tautrack/core/types.hpp"

namespace tautrack {

/// A symmetric matrix that is known by its products alone: out = A p. Both have the right size.
using SymmetricProduct = std::function<void(const Vector& p, Vector& out)>;

/// Outcome of one solution.
struct MinresResult {
  bool converged = false;
  int iterations = 0;     ///< Products with the matrix, those of the checks left out.
  double residual = 0.0;  ///< |b - A x| in the norm of the preconditioner, as it is.
  /// Without convergence: A D^-1 (b - A x) is zero to working precision, so that A is singular, what
  /// is left of b has no part in its range and x is a least-squares solution.
  bool is_least_squares = false;
  double euclidean_residual = 0.0;  ///< |b - A x|
};

/// Minimal residual method for A x = b, A symmetric and possibly indefinite (Paige & Saunders 1975),
/// preconditioned by a positive diagonal D: the residual r is made small in r' D^-1 r. A singular A
/// is legal as long as b lies in its range. Owns its scratch; nothing allocates after construction.
class Minres {
 public:
  /// @param n >= 1, size of the matrix.
  explicit Minres(Index n);

  /// @param diagonal n, positive.
  /// @param x n; on entry a guess, on exit the best iterate.
  /// @param wanted Residual norm at which x is good enough; what the recurrence says is checked on
  /// the residual itself, and the method is started anew where they disagree.
  /// @param budget Iterations. Without convergence within it the result says so.
  MinresResult solve(const SymmetricProduct& product, const Vector& diagonal, const Vector& b,
                     Vector& x, double wanted, int budget);

  /// Norm of a right-hand side in which the residual is measured.
  [[nodiscard]] static double norm(const Vector& r, const Vector& diagonal);

  /// b - A x of the last solution.
  [[nodiscard]] const Vector& residual() const noexcept { return v_; }

 private:
  /// Iterates from the residual v_ (result.residual is its norm) until the recurrence says `wanted` or
  /// nothing is left to do. @return false when (watches) x leaves the least-squares solution of a
  /// singular system, best_, again.
  bool iterate(const SymmetricProduct& product, const Vector& diagonal, Vector& x, double wanted,
               int budget, bool watches, MinresResult& result);

  /// Whether A D^-1 (b - A best_) is nearly zero.
  bool is_best_stationary(const SymmetricProduct& product, const Vector& diagonal, const Vector& b);

  Vector v_before_, v_, v_next_, z_, product_, w_before_, w_, best_;
  double size_ = 0.0;  ///< Of A, from below, as far as the last solution has seen it.
};

}  // namespace tautrack
