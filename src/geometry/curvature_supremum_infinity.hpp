#pragma once

#include <optional>

#include "geometry/curvature_supremum_search.hpp"

namespace tautrack::supremum {

/// What the test of directions came to: growth of the curvature at tau = 1 towards infinite weights.
///
/// In direction v with rates r_i = |x_i.v| let B be the n independent rows with the smallest rates,
/// rows of the ridge (rate 0) first, and x_i = sum_B a_ij x_j. The manifold is a graph over z_B with
/// bounded slopes a_ij f'_i / f'_j, so that its curvature is of the order of its second derivatives
///
///     a_ij a_ik f''_i / (f'_j f'_k)                              by z_j and z_k, j != k,
///     a_ij f'_i / f'_j^2 (a_ij f''_i / f'_i - f''_j / f'_j)      by z_j twice,
///
/// which are for exponential tails (tanh, logistic) of the orders exp(c (r_j + r_k - r_i)) and exp(c (2 r_j
/// - r_i)), c = 2 or 1; the latter not if a_ij = sgn_i sgn_j, since then what is in brackets is a
/// difference of tails. Gaussian tails (erf) have squares of rates there, and the brackets do not
/// cancel. For algebraic tails (arctan) the first grows in proportion to |v|, the second dies away.
///
/// Conversely: where none of the exponents is positive on the closure of a cell on which B and the
/// signs are constant, all of these are bounded there. (geometry, section 1, with the cancellation
/// and the mixed derivatives added.)
struct Growth {
  std::optional<bool> bounded;
  Vector v;  ///< n, a direction along which it grows, when bounded is false.
  std::string reason;
};

/// Decides whether the curvature is bounded at tau = 1, numbers within kEqual taken for equal: where
/// each line of rows has a dimension of its own (always if n = 1; not for erf if a ratio is sqrt 2), and
/// for exponential tails in a plane of up to 200 distinct rows; else only if a direction is found.
[[nodiscard]] Growth growth_at_one(const Rows& rows, const Perceptron& network,
                                   const SupremumOptions& options, Budget& budget);

/// Largest curvature of a curve (n = 1, without ridge) at tau = 1 over all weights, when that is finite.
struct CurvePeak {
  double value = 0.0;
  double w = 0.0;      ///< Infinity: the limit.
  double upper = 0.0;  ///< Not exceeded at any weight; infinity where none is known.
};
/// @param lengths Positive, none equal. @param roots Square roots of the weights of the patterns.
[[nodiscard]] CurvePeak highest_of_curve(Activation activation, const Vector& lengths,
                                         const Vector& roots, Budget& budget);

}  // namespace tautrack::supremum
