#pragma once

#include <optional>
#include <string>

#include "tautrack/core/path_point.hpp"
#include "tautrack/infinity/infinite_point.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// Thresholds of the recognition; rates are per unit of log(1/delta), delta = 1 - tau.
struct RecognitionOptions {
  double largest_delta = 1e-5;   ///< Nothing is recognised further away from tau = 1 than this.
  double slow_delta = 1e-7;      ///< Nor, when patterns grow slowly, than this.
  double free_rate = 1e-3;       ///< A pattern with |d|u|/dlog(1/delta)| below this is free.
  double slow_rate = 3e-2;       ///< A growing pattern has at least this rate.
  double linear_exponent = 0.9;  ///< Linear growth: dlog|u|/dlog(1/delta) above this ...
  double slow_exponent = 0.7;    ///< ... and slow growth below this; between them: not yet decided.
  double agreement = 1e-2;       ///< Relative agreement asked of the limit with the path.
};

/// Recognises weights that grow without bound from one accepted point close to tau = 1, by the one
/// rule there is (docs/theory.md, section 8): classes follow from the growth rates of the node
/// inputs along the tangent, and then must pass
///
///  1. the signs are a covector: a direction d is exhibited with x_i d = 0 on the free and
///     sign_i x_i d > 0 on all other patterns;
///  2. the linear rates solve the least-squares problem of their wing, lim (1 - tau) w = W, and
///     agree with the path;
///  3. Newton's method converges on the problem of the free patterns from the current weights;
///  4. the outputs of the saturated patterns agree with their limits;
///  5. some pattern that keeps the weights growing wants an output at or beyond the end of the
///     range: interior targets alone never give infinite weights;
///  6. without linear growth: the tails of the saturated patterns, summed along d at tau = 1, keep their
///     sign further out. Where they change it the path is on its way to a solution at finite weights.
///
/// What the limit is worth is for test_infimum() to say.
///
/// @param point Of the path; its `tau` is not looked at.
/// @param delta 1 - tau there.
/// @return With its approach; nothing, with a sentence in `why_not`, when a class is undecided or a
/// check fails.
[[nodiscard]] std::optional<InfinitePoint> recognise_infinite_weights(
    const Perceptron& network, const PathPoint& point, double delta,
    const RecognitionOptions& options, std::string& why_not);

}  // namespace tautrack
