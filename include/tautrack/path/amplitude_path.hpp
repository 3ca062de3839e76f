#pragma once

#include <optional>
#include <string>

#include "tautrack/data/dataset.hpp"
#include "tautrack/data/output_range.hpp"
#include "tautrack/network/activation.hpp"
#include "tautrack/path/natural_path.hpp"
#include "tautrack/tracker/options.hpp"

namespace tautrack {

/// An amplitude model, outputs low + (high - low) sigma01(Xw) with a plateau that is fitted, and the ridge that its
/// natural path begins with.
struct AmplitudePathOptions {
  Activation activation = Activation::tanh;
  OutputRange range;  ///< At least one end is free.
  /// The ridge at tau = 0, relative to the largest one that leaves a signal: |X'C y|, C the centring of the
  /// patterns. In (0, 1); the ends of paths of data with a signal do not depend on it (docs/theory.md, section 12).
  double start_ridge = 0.1;
  double rank_tolerance = 1e-11;  ///< In (0, 1). See ColumnSpace.

  /// Nothing when usable; else one sentence with the field, its value and the rule it breaks.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// Follows the natural homotopy of an amplitude model,
///
///     E_tau = 1/2 |a + b f(Xw, tau) - y|^2 + (1 - tau) rho/2 (b^2 + |w|^2),
///
/// from its solution at tau = 0 with the amplitude's sign that the data have to tau = 1, where the ridge is gone
/// (docs/theory.md, section 12: with both ends free there is one such path, up to the symmetry of the sigmoid,
/// and it cannot come back). It is computed with inputs and outputs scaled to [-1, 1], so that neither path nor
/// ridge depend on their units; inputs are moved, too, where a column of X is constant.
///
/// Weights, ranges and energies are in the user's units; the energy of a point is that of the data, without the
/// ridge. Each point has its range, low < high, which is that of the sigmoid at tau = 1 with the point's
/// weights. Where one end is known and the data want an amplitude of the other sign, the known number is the
/// other end of that range.
///
/// The path ends at a finite fit (`end`; its eigenvalues and gradient are those in the scaled units), or with
/// status infinite_weights:
///
/// - a plateau moves away. For tanh, logistic and erf what is left is an exponential, of `infinity`: kind
///   exponential, `exponential` a guess that Newton's method among exponentials can start from. With several inputs it
///   may be one on a face of their convex hull alone, all other patterns being on the plateau that stays, and for
///   arctan it is a hyperbola: then `infinity` is empty and the message says it. Where the face is one level of inputs the
///   outputs are a step, and kind is step.
/// - the slope grows without bound: kind step, with the signs, its plateaus (means of the two sides, or the known
///   number) and its energy; or step_with_free_patterns, with plateaus and energy where the path was left, which
///   tend to those of the limit.
///
/// Status unresolved_end: double precision does not tell a plateau that is very far away from one that leaves, as for
/// data that are nearly a straight line.
///
/// With a known part of the node inputs (Problem::offset), u = Xw + o, there is no such symmetry: the sigmoid rises with u.
/// The path begins with the best linear fit, and the ridge is about that fit in place of zero; where the plateaus meet
/// it ends with status unresolved_end. Nothing forbids it to come back to tau = 0.
///
/// Nothing is said about whether such a limit is an infimum (`local_infimum` is empty): its own problem decides.
/// Data without a linear signal, or equal targets, have status invalid_start.
///
/// @param options Landings are taus; tau_start must be 0, tau_target in (0, 1].
/// @param observer Sees every point. With one, or with landings, the tracker follows the path; without, where it is
/// simple, it is followed as a function of tau, by other points.
/// @throws DataError when the problem is unusable; std::invalid_argument when an option breaks its rule or both
/// ends of the range are known.
[[nodiscard]] NaturalPath track_amplitude(const Problem& problem,
                                          const AmplitudePathOptions& model = {},
                                          const TrackOptions& options = {},
                                          const Observer& observer = {});

}  // namespace tautrack
