#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/path_point.hpp"
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
  singular_jacobian,   ///< [H_x H_tau] has lost rank at an accepted point.
  max_steps_reached,   ///< The budget of steps is used up.
  invalid_start,       ///< The start is not on the curve, or the curve has no tangent there.
  returned_to_start,   ///< tau left the range on the side of the start.
  closed_curve,        ///< Back at the start in the direction of the start: there is no more.
  stopped_by_observer  ///< Or by TrackOptions::stop.
};

[[nodiscard]] std::string_view to_string(TrackStatus status) noexcept;

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
