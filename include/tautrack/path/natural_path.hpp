#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/infinity/infinite_point.hpp"
#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/network/perceptron.hpp"
#include "tautrack/network/sparse_perceptron.hpp"
#include "tautrack/tracker/options.hpp"
#include "tautrack/tracker/result.hpp"

namespace tautrack {

/// A point of the natural path, in the user's units.
struct NaturalPoint {
  PointKind kind = PointKind::regular;
  double tau = 0.0;
  double one_minus_tau = 1.0;  ///< Known where tau itself is 1 to a double.
  double arclength = 0.0;      ///< Length of the chords so far: where on this record it lies.
  Vector weights;              ///< s
  double energy = 0.0;
  std::optional<int> morse_index;  ///< Nothing when an eigenvalue is zero to working precision.
  std::optional<Range> range;      ///< Plateaus, low < high, where an end of the range is fitted.
};

/// A fold of the natural path, in the user's units.
struct NaturalFold {
  NaturalPoint point;
  double tau_error = 0.0;     ///< Estimated error of 1 - tau.
  double bracket_low = 0.0;   ///< Arclengths between which the tau part of the tangent changes
  double bracket_high = 0.0;  ///< its sign.
  Vector tangent;             ///< s, direction of the weights at the fold, of Euclidean length one.
  std::optional<int> index_before;  ///< Morse indices on both sides.
  std::optional<int> index_after;
  int curvature_sign = 0;  ///< Sign of d2tau/da2: -1 where tau has a maximum, +1 where a minimum.
};

/// A branch point of the natural path, in the user's units.
struct NaturalBranchPoint {
  NaturalPoint point;
  double tau_error = 0.0;  ///< Estimated error of tau; half of a bracket where it was not located.
  double bracket_low = 0.0;  ///< Arclengths between which the determinant changes its sign.
  double bracket_high = 0.0;
  int multiplicity = 1;  ///< Eigenvalues that change sign there, as far as seen.
  Vector tangent;        ///< s + 1: weights, then tau, of the branch that was followed.
  std::optional<Vector> other_tangent;  ///< s + 1, of the branch that crosses it.
  std::optional<int> index_before;
  std::optional<int> index_after;
  std::string followed;  ///< Which branch the tracker continued on.
};

/// The point at which the path arrived at the target, with the evidence that it is one. A dense
/// network's coordinates are orthonormal, a sparse one's have columns of length one.
struct PathEnd {
  double tau = 1.0;
  Vector weights;  ///< s
  double energy = 0.0;
  double gradient_norm = 0.0;     ///< |H| in the network's coordinates.
  double gradient_scale = 0.0;    ///< Size of what H is summed from; |H| / this is rounding.
  double last_newton_step = 0.0;  ///< Relative length of the last Newton step.
  Vector eigenvalues;  ///< n, of the Hessian in these coordinates, ascending; empty: not computed.
  std::optional<int> morse_index;  ///< Nothing when not computed or an eigenvalue is zero.
  /// The eigenvalue nearest to zero; an estimate when `eigenvalues` is empty, and nothing when that
  /// could not be had: then it is not known that the point is no degenerate one.
  std::optional<double> nearest_eigenvalue;
  /// The smallest eigenvalue; when `eigenvalues` is empty, a number that it is at most: below zero the
  /// point is no minimum, above zero no negative eigenvalue was found.
  double lowest_eigenvalue = 0.0;
  /// "converged"; "degenerate": an eigenvalue is zero to working precision; "unclassified": converged,
  /// without a Morse index (matrix-free).
  std::string status;
  std::optional<Range> range;  ///< Plateaus, low < high, where an end of the range is fitted.
};

/// The natural path of one perceptron.
struct NaturalPath {
  TrackStatus status = TrackStatus::not_started;
  std::string message = "track_natural() was not called";
  std::vector<NaturalPoint> points;  ///< Accepted points in order, folds and landings among them.
  std::vector<NaturalFold> folds;    ///< In the order met.
  std::vector<NaturalBranchPoint> branch_points;
  std::optional<PathEnd> end;             ///< Only with status reached_target.
  std::optional<InfinitePoint> infinity;  ///< With its approach; only with status infinite_weights.
  Work work;
  [[nodiscard]] bool ok() const noexcept { return status == TrackStatus::reached_target; }

  /// Folds that the path has passed before one of its points: tau grows there where this is even.
  [[nodiscard]] Index folds_before(const NaturalPoint& point) const noexcept;
};

/// Follows the natural homotopy of `network` from the linear solution at tau = 0 to
/// options.tau_target, with folds, branch points and, when the weights grow without bound as
/// tau -> 1, their limit. The observer, if any, sees each accepted point (in orthonormal
/// coordinates) and may stop the run.
///
/// A small network (up to 8 unknowns and 128 patterns) is first followed as a function of tau, which
/// is several times faster and takes other steps to the same end; the general tracker does what folds,
/// and whatever an observer, landings or options beyond that ask for.
///
/// When the patterns are split among ranks, this is collective, with the same options and the same
/// answers of the observers on all ranks, and every rank gets the same result. Infinite weights are not
/// recognised: such paths end with status unresolved_end or in another failure.
///
/// @param threads >= 1, share the passes over large data. The result does not depend on it.
/// @throws std::invalid_argument when an option breaks its rule; tau_start must be 0 and tau_target
/// in (0, 1].
[[nodiscard]] NaturalPath track_natural(const Perceptron& network, const TrackOptions& options = {},
                                        const Observer& observer = {}, int threads = 1);

/// Takes a path up again at one of its points, towards growing tau: the rest of the path, with
/// arclengths from there on. After a fold the path may run the other way through a point; one at which
/// tau falls is no place to start from.
/// @param weights s, of a point of the path at options.tau_start, up to the reach of Newton's method:
/// otherwise the status is invalid_start.
/// @throws std::invalid_argument as above, and unless tau_start is in [0, tau_target).
[[nodiscard]] NaturalPath resume_natural(const Perceptron& network, const Vector& weights,
                                         const TrackOptions& options, const Observer& observer = {},
                                         int threads = 1);

/// Takes a path up again at one of its folds, with the direction of the weights there: the piece behind the
/// fold, tau first falling from a maximum or growing from a minimum.
[[nodiscard]] NaturalPath resume_natural(const Perceptron& network, const NaturalFold& fold,
                                         const TrackOptions& options, const Observer& observer = {},
                                         int threads = 1);

/// The same as track_natural(), matrix-free, for numbers of weights at which no s x s matrix can be formed. What takes
/// the Hessian is missing: Morse indices (the end is `unclassified`, with estimates of eigenvalues
/// instead), orientation and branch points. Infinite weights are not recognised: such paths end with
/// status unresolved_end or in another failure.
[[nodiscard]] NaturalPath track_natural(const SparsePerceptron& network,
                                        const TrackOptions& options = {},
                                        const Observer& observer = {});

/// The same for a network with a hidden layer, whose weights are those of HiddenLayer::weights(). Infinite weights are
/// not recognised, as with a ridge on all weights there are none; amplitude models have a path of their own (path/amplitude_path.hpp).
/// @throws std::invalid_argument also where no solution at tau = 0 is known, and DataError where the data have none:
/// see HiddenLayer::linear_solution().
[[nodiscard]] NaturalPath track_natural(const HiddenLayer& network,
                                        const TrackOptions& options = {},
                                        const Observer& observer = {});

}  // namespace tautrack
