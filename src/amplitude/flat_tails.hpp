#pragma once

#include <cstddef>
#include <vector>

#include "amplitude/levels.hpp"
#include "amplitude/tails.hpp"

namespace tautrack::amplitude {

/// What tail_is_empty() needs where all targets on one side of the pivot, or on both, are the same number, or those of
/// a known plateau: to first order nothing happens there, and what decides is of second order. With eps the distances
/// to the plateau, b the height and r = y - z, orthogonality to the curve's tangents gives
///
///     r_j = +-b (mean - eps_j) - s,     mean = sum omega eps (1 - eps) / sum omega (1 - eps),
///
/// mean = s = 0 where the plateau is known; a level at infinity, with eps = 0, is one of its side. s is small of higher order, and bounded here by what it comes from (theory.md,
/// section 13). So nothing cancels: in the combination without the pivot such a side has the sign of b and the size
/// of the square of the nearest eps, unless it is one level with a fitted plateau, which follows it.
///
/// @param e Of the pivot, see tail_is_empty(). @param fit Encloses all fits there.
/// @return Whether no curve is stationary; true is a proof.
[[nodiscard]] bool flat_tail_is_empty(const Levels& levels, std::size_t pivot, Side side,
                                      double from, const Interval& e, const Fit<Interval>& fit);

}  // namespace tautrack::amplitude
