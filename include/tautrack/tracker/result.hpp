#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/bordered.hpp"
#include "tautrack/core/types.hpp"

namespace tautrack {

/// Why a path ended. reached_target is the only success.
enum class TrackStatus {
  not_started,       ///< Nothing has run. Never the result of a run.
  running,           ///< The path goes on. Never the result of a run.
  reached_target,    ///< On the curve exactly at the target, with Newton convergence there.
  infinite_weights,  ///< The weights grow without bound as tau -> 1; the limit was recognised.
  unresolved_end,    ///< Next to tau = 1 neither a solution nor a limit at infinity was recognised.
  step_too_small,    ///< No step down to the smallest was acceptable.
  singular_jacobian,  ///< [H_x H_tau] has lost rank at an accepted point.
  max_steps_reached,  ///< The budget of steps is used up.
  invalid_start,      ///< The start is not on the curve, or the curve has no tangent there.
  returned_to_start,  ///< tau left the range on the side of the start.
  stopped_by_observer
};

[[nodiscard]] std::string_view to_string(TrackStatus status) noexcept;

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

/// What a run cost.
struct Work {
  long steps = 0;              ///< Accepted steps.
  long rejected = 0;           ///< Refused steps.
  long factorisations = 0;     ///< LU factorisations of bordered matrices; matrix-free: matrices.
  long evaluations = 0;        ///< Evaluations of H, H_x and H_tau.
  long krylov_iterations = 0;  ///< Products with H_x of a matrix-free homotopy, in its solutions.
  long passes_over_data = 0;   ///< Passes over X; 0 for a homotopy that is no network.
  double seconds = 0.0;        ///< Wall time.
};

/// Result of tracking any homotopy.
struct PathResult {
  TrackStatus status = TrackStatus::not_started;
  std::string message = "track() was not called";  ///< One sentence: what, where, what to try.
  std::vector<PathPoint> points;  ///< Accepted points in order, also after a failure.
  std::vector<Fold> folds;        ///< In the order met.
  std::vector<BranchPoint> branch_points;
  Work work;
  [[nodiscard]] bool ok() const noexcept { return status == TrackStatus::reached_target; }
};

/// Sees each accepted point, in order; returning false stops the run (status stopped_by_observer).
using Observer = std::function<bool(const PathPoint&)>;

}  // namespace tautrack
