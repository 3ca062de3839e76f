#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "tautrack/core/metric.hpp"
#include "tautrack/core/types.hpp"

namespace tautrack {

/// What kind of point the tracker stopped at.
enum class PointKind {
  regular,
  start,
  landing,  ///< Exactly at a tau that was asked for.
  fold      ///< tau has an extremum.
};

[[nodiscard]] std::string_view to_string(PointKind kind) noexcept;

/// An accepted point of the curve H(x, tau) = 0.
struct PathPoint {
  PointKind kind = PointKind::regular;
  Vector x;  ///< n
  double tau = std::numeric_limits<double>::quiet_NaN();
  double arclength = 0.0;       ///< Length so far, in the homotopy's metric.
  Vector tangent;               ///< n + 1: (dx/da, dtau/da), unit in the metric at this point.
  MetricScales scales;          ///< The metric at this point.
  int tau_direction = 0;        ///< +1: tau grows from here on, -1: it falls (also at a fold).
  int orientation = 0;          ///< Sign of det [H_x H_tau; tangent']; 0: unknown (matrix-free).
  double newton_step = 0.0;     ///< Length of the last Newton step, in the metric.
  double error = 0.0;           ///< Estimated distance to the curve, in the metric.
  double residual = 0.0;        ///< |H| where that step was taken from.
  double residual_scale = 0.0;  ///< Size of what H is summed from.
  double reciprocal_condition = 0.0;  ///< Of the bordered matrix; 1: unknown (matrix-free).
  std::optional<int> morse_index;     ///< Negative eigenvalues of H_x; nothing when H_x is not
                                      ///< symmetric or one is zero to working precision.
};

/// A fold (limit point): the tau part of the tangent changes its sign.
struct Fold {
  PathPoint point;  ///< Located on a minimally augmented system (matrix-free: by bracketing).
  double bracket_low = 0.0;  ///< Arclengths on either side of it.
  double bracket_high = 0.0;
  double precision = 0.0;           ///< Last Newton step of the location, in the metric.
  double tau_error = 0.0;           ///< Estimated error of tau.
  Vector null_vector;               ///< n, H_x phi = 0, Euclidean length one.
  double second_derivative = 0.0;   ///< d2tau/da2 in the metric at the fold.
  std::optional<int> index_before;  ///< Morse indices at the accepted points on both sides.
  std::optional<int> index_after;
};

/// A branch point: det [H_x H_tau; tangent'] changes its sign.
struct BranchPoint {
  PathPoint point;           ///< Located on the extended system; else the middle of the bracket.
  double bracket_low = 0.0;  ///< Arclengths between which the determinant changes its sign.
  double bracket_high = 0.0;
  int multiplicity = 1;  ///< Eigenvalues of H_x that change sign there, as far as seen.
  double precision =
      0.0;  ///< Last Newton step of the location or width of the bracket, in the metric.
  Vector other_tangent;  ///< n + 1, of the crossing branch; empty if it could not be computed.
  std::string followed;  ///< Which branch the tracker continued on.
  std::optional<int> index_before;
  std::optional<int> index_after;
};

}  // namespace tautrack
