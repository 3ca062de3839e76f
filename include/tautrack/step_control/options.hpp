#pragma once

#include <optional>
#include <string>

namespace tautrack {

/// How far one continuation step may go. Lengths are arclengths in the homotopy's metric. Safe to
/// start from the defaults.
struct StepControlOptions {
  double initial = 0.1;  ///< First trial step. min <= initial <= max.
  double min = 1e-10;    ///< > 0. A smaller step ends the path: TrackStatus::step_too_small.
  /// Upper bound on every step. > 0. A metric that is relative to 1 - tau, like that of the natural
  /// homotopy, has tau = 1 one unit away from everywhere: with less than one the path never arrives.
  double max = 2.0;
  /// Factor after a refused step. In (0, 1). Not 1/2: halving would aim again and again exactly at a
  /// branch point that was met once.
  double shrink = 0.45;
  double grow = 2.0;          ///< Largest factor after an accepted step. > 1.
  double contraction = 0.05;  ///< Wanted ratio of the first two Newton steps. In (0, 1).
  double distance = 0.02;     ///< Wanted distance from the predicted to the corrected point. > 0.
  /// Wanted displacement from the predicted to the corrected point, as the homotopy measures it. >
  /// 0.
  double displacement = 0.05;
  double angle = 0.15;  ///< Wanted turn of the tangent per step, in radians. In (0, 1).
  /// Wanted angle between the chord of a step and the mean of the tangents at its ends, in radians.
  /// On a circle it is zero; a jump to a neighbouring branch shows here. In (0, 1).
  double skew = 0.02;
  double tolerance = 2.5;  ///< A step is refused beyond this multiple of a wanted value. > 1.

  /// Nothing when usable; else one sentence with the field, its value and the rule it breaks.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

}  // namespace tautrack
