#pragma once

#include <optional>

#include "tautrack/core/path_point.hpp"
#include "tautrack/events/segment.hpp"

#include "corrector/newton.hpp"
#include "predictor/predictor.hpp"

namespace tautrack {

/// Locates the fold within a segment over which the direction of tau changes:
/// segment.first().tau_direction != segment.second().tau_direction.
///
/// First the zero of dtau/da is bracketed on the corrected curve (TOMS 748), then Newton's method
/// on the minimally augmented system
///
///     H(x, tau) = 0,   g(x, tau) = 0,   [H_x  b; c' 0] [phi; g] = [0; 1]
///
/// takes it to working precision (Griewank & Reddien 1984; Govaerts, Numerical Methods for
/// Bifurcations of Dynamical Equilibria, 2000, section 4.1). If Newton's method leaves the bracket
/// the bracket alone is shrunk to working precision.
///
/// @return Nothing when the curve between the two ends is not connected at the resolution of the
/// bracket: the second point lies on another branch, or the corrector failed in between.
[[nodiscard]] std::optional<Fold> locate_fold(const Segment& segment, Corrector& corrector);

/// The same from a point of the curve, where a predictor of high order says that tau turns: Newton's
/// method starts there, and no bracketing is needed.
///
/// @param guess Of Predictor::turning_point(), with what its error explains.
/// @return Nothing when there is no fold as near to the guess as that, with that tangent, at which
/// tau turns away from from.tau_direction.
[[nodiscard]] std::optional<Fold> polish_fold(const PathPoint& from, const Prediction& guess,
                                              Corrector& corrector);

}  // namespace tautrack
