#pragma once

#include <optional>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/network/perceptron.hpp"

#include "infinity/patterns.hpp"

namespace tautrack {

/// Tells where a Newton curve grad E = lambda a of a perceptron without a penalty has come to its last piece, on which
/// lambda goes to zero and the weights to infinity, so that no stationary point follows.
///
/// The gradient is A' psi, psi_i = omega_i sigma'(u_i) (sigma(u_i) - y_i); of saturated patterns psi_i ~ exp(-rate |u_i|),
/// rate 2 for tanh and 1 for the logistic function. Let F be the patterns that are not saturated and those that depend on
/// them, of rank m, and B n - m others whose rows complete theirs; M are all rows in the basis of m rows of F and those of B, and c is a in the
/// dual basis. If psi of the others, N, is small against lambda, then
///
///   - on B psi_k = lambda c_k: as lambda falls |u_k| grows like log(1/|lambda|) / rate;
///   - on F v goes to a stationary point of these patterns alone, if it is close to one without degeneracy;
///   - so v grows along d, which is 0 on F and s_k = sign(u_k) on B, and u_j of N at the speed M_j.s; where
///     sign(u_j) M_j.s > 1 its psi_j decays faster than lambda, and what was small becomes ever smaller.
///
/// The Hessian stays regular on this way, lambda monotonic, and its sign what it is. The errors in all this are bounded
/// by their values at the point, below which they fall; doubles are taken for exact.
///
/// Says nothing (never a last piece) with other activations, with a penalty, or where one of B is to be at an end of the range.
class NewtonAsymptotes {
 public:
  /// @pre All patterns are on this rank.
  explicit NewtonAsymptotes(const Perceptron& network);

  /// The direction d, n, of length one, when the curve through v goes there as |lambda| falls; or nothing.
  /// @param v n. @param lambda Not zero. @param a n.
  /// Cost: O(L n + n^3) where F has full rank, else O(L n^2 + n^3).
  [[nodiscard]] std::optional<Vector> direction(const Vector& v, double lambda,
                                                const Vector& a) const;

 private:
  /// Of one pattern at its node input.
  struct Slope {
    double psi = 0.0;
    double curvature = 0.0;     ///< d psi / du
    double bend = 0.0;          ///< Bound on |d curvature / du|.
    bool is_saturated = false;  ///< |psi| falls outwards at the rate of its tail, or faster.
    bool has_rate = false;      ///< At just that rate.
  };
  [[nodiscard]] Slope slope(Index i, double u) const;

  infinity::Patterns patterns_;
  Activation activation_;
  double rate_ = 0.0;  ///< Of the tails; 0: they are not exponential, or there is a penalty.
};

}  // namespace tautrack
