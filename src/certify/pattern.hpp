#pragma once

#ifdef TAUTRACK_WITH_FLINT

#include "proof/ball.hpp"
#include "proof/real.hpp"
#include "proof/shape.hpp"

namespace tautrack::certify {

/// sigma and what the equations need of it at one node input, each to nearly full relative precision
/// also where sigma saturates: there r = sigma - y is summed from the distance of sigma to the end
/// of its range, so that nothing cancels but what cancels in end - y.
struct PatternValues {
  proof::Real slope, second, residual;  ///< sigma', sigma'', sigma - y
};
/// @param u, target  Any balls.
[[nodiscard]] PatternValues evaluate(const proof::Sigmoid& sigmoid, arb_srcptr u, arb_srcptr target,
                                     slong precision);

/// What is known of one pattern at the node input u_0.
struct PatternBounds {
  proof::Bound slope;         ///< Of sigma'(u_0).
  proof::Bound residual;      ///< Of |sigma(u_0) - y|.
  proof::Bound input;         ///< Of |u_0|.
  proof::Bound input_below;   ///< |u_0| is at least this.
  proof::Bound displacement;  ///< Of |u - u_0|.
};

/// A bound of |c(u) - c(u_0)| for c = sigma'^2 + sigma'' (sigma - y), whatever u within the
/// displacement; infinity where the displacement is too large for the estimate.
///
/// c' = 3 sigma' sigma'' + sigma''' r, and on the way |sigma''| <= h sigma', |sigma'''| <= k sigma',
/// so that sigma' grows by exp(h d) <= 1 + h d + (h d)^2 at most, d the displacement, h d <= 1.
[[nodiscard]] proof::Bound curvature_change(const proof::Sigmoid& sigmoid,
                                            const PatternBounds& pattern);

}  // namespace tautrack::certify

#endif
