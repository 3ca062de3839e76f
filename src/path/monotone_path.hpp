#pragma once

#include <optional>

#include "tautrack/network/perceptron.hpp"
#include "tautrack/path/natural_path.hpp"
#include "tautrack/tracker/options.hpp"

namespace tautrack {

/// The natural path of a network as a function of tau, in a few steps: what it is as long as it does not fold. For small
/// ones (up to 8 unknowns and 128 patterns) nothing is allocated but the result.
///
/// Like the tracker's Taylor predictor, but with tau for the parameter, so that the systems are those of
/// the Hessian, which stays positive definite on the way from the linear solution to the first fold,
///
///     H_v v_k = -[tau^k] H(v(tau), tau) with v_k = 0,
///
/// and is I + ridge M at the start. A step is accepted under the conditions that the tracker puts on
/// one of its own (error of the series, agreement of the corrected point and its tangent with it,
/// contraction of Newton's method, displacement of every pattern), with a Hessian that is positive
/// definite beyond doubt at its end and half way, where the curve has to agree with the series as well; of larger networks
/// at its predicted end alone, and of those that are in single precision, too, beyond the doubts of that.
///
/// @param threads >= 1. For large networks; the path does not depend on it.
/// @return nothing when a condition fails, patterns are split among ranks, or the options ask for something
/// else: then the tracker has to do it, and nothing is known about the path.
/// @pre options.invalid_reason() is empty.
[[nodiscard]] std::optional<NaturalPath> track_monotone_path(const Perceptron& network,
                                                             const TrackOptions& options,
                                                             int threads = 1);

}  // namespace tautrack
