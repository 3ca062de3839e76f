#pragma once

#include <optional>

#include "tautrack/core/path_point.hpp"
#include "tautrack/events/segment.hpp"

#include "corrector/newton.hpp"

namespace tautrack {

/// Locates the branch point within a segment whose ends differ in orientation, by bisection on the
/// sign of det [H_x H_tau; tangent'] along the corrected curve, then to working precision by
/// Newton's method on the extended system H + mu psi = 0, [H_x H_tau]' psi = 0, psi' psi = 1 (Moore
/// 1980). The tangents of the two branches are the roots of the algebraic bifurcation equation
///
///     psi' H_zz [t, t] = 0,  t in the two-dimensional null space of [H_x H_tau]
///
/// (Keller 1977; Allgower & Georg 2003, section 8.1), with H_zz by central differences.
///
/// @return Nothing when the curve between the ends is not connected at the resolution of the
/// bracket: the second point lies on another branch.
[[nodiscard]] std::optional<BranchPoint> locate_branch_point(const Segment& segment,
                                                             Corrector& corrector);

}  // namespace tautrack
