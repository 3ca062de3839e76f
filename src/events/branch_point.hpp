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

/// Locates a branch point where several eigenvalues of a symmetric H_x change their sign together, as
/// symmetries make them: the determinant may not see it. Gauss-Newton's method on
///
///     H(z) + W mu = 0,   W' H_x W = 0,   W' H_tau = 0
///
/// in z = (x, tau) and mu, the columns of W the eigenvectors of those eigenvalues, renewed in each step
/// (Griewank & Reddien 1989 for the system; it has more equations than unknowns, and a solution only where
/// the eigenvalues do vanish together). Directions that cross are not computed.
///
/// @param multiplicity Eigenvalues of H_x that change their sign between the ends.
/// @return The branch point; where the system has no solution within reach of the segment, the segment
/// itself as its bracket, which `precision` then says.
[[nodiscard]] BranchPoint locate_multiple_branch_point(const Segment& segment, int multiplicity,
                                                       Corrector& corrector);

}  // namespace tautrack
