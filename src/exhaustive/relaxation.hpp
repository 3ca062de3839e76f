#pragma once

#include <utility>
#include <vector>

#include "exhaustive/bound_problem.hpp"
#include "exhaustive/envelope.hpp"

namespace tautrack::exhaustive {

/// Multipliers of sides of intervals that are not zero: pattern, and > 0 for the high side, < 0 for the low one.
using SidePulls = std::vector<std::pair<std::size_t, double>>;

/// What the convex problem of a node came to, rounded.
struct RelaxedSolution {
  Vector v;            ///< n
  Vector inputs;       ///< L, u at v; may be outside the intervals by a little.
  Vector multipliers;  ///< L, mu: sum mu_i x_i is about - (ridge) w.
  double bound = 0.0;  ///< Their dual value.
  SidePulls pulls;
};

/// min sum env_i(u_i) + 1/2 v' ridge v subject to low <= u <= high, by Newton's method on augmented Lagrangians (Rockafellar,
/// Augmented Lagrangians and applications of the proximal point algorithm, Math. Oper. Res. 1, 1976): v need not be
/// feasible on the way, and multipliers of an empty node grow until its bound is above all that is of interest.
///
/// @param envelopes L, of the intervals.
/// @param enough A bound above this is good enough.
[[nodiscard]] RelaxedSolution relax(const BoundProblem& problem, const Inputs& inputs,
                                    const std::vector<Envelope>& envelopes, const Vector& start,
                                    const SidePulls& pulls, double enough);

/// Newton's method with positive curvatures for the energy itself, from v to a point near a minimum.
[[nodiscard]] Vector descend(const BoundProblem& problem, Vector v);

/// The energy at v, rounded.
[[nodiscard]] double rounded_energy(const BoundProblem& problem, const Vector& v);

}  // namespace tautrack::exhaustive
