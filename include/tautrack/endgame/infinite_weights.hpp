#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/path_point.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// How the input u_i of a pattern behaves as delta = 1 - tau -> 0.
enum class Growth {
  free,   ///< u_i converges.
  slow,   ///< |u_i| grows more slowly than 1/delta: like log(1/delta) for tanh and logistic.
  linear  ///< |u_i| grows like 1/delta.
};

[[nodiscard]] std::string_view to_string(Growth growth) noexcept;

/// The limit of a path whose weights grow without bound: a projection of y on a stratum of the
/// closure of the data manifold, where saturated patterns contribute constants and the free ones
/// are a perceptron of lower dimension.
struct InfiniteWeights {
  Vector direction;  ///< s, user's units, Euclidean length one: where the growing weights point.
  std::vector<int> signs;      ///< L: +1 or -1 saturated high or low, 0 free.
  std::vector<Growth> growth;  ///< L.
  double delta = 0.0;          ///< 1 - tau where this was recognised.
  double energy = 0.0;  ///< E at tau = 1 of the stratum, the free patterns at their solution.
  double path_energy =
      0.0;  ///< Limit of E along the path; smaller than `energy` in the linear regime.
  Vector
      linear_rate;  ///< s, lim (1 - tau) w, user's units; zero without patterns of linear growth.
  std::optional<bool> local_infimum;  ///< Nothing: the first-order test does not decide.
  std::string local_infimum_reason;   ///< One sentence.
};

/// Thresholds of the recognition; rates are per unit of log(1/delta).
struct InfiniteWeightsOptions {
  double largest_delta = 1e-5;   ///< Nothing is recognised further away from tau = 1 than this.
  double slow_delta = 1e-7;      ///< Nor, when patterns grow slowly, than this.
  double free_rate = 1e-3;       ///< A pattern with |d|u|/dlog(1/delta)| below this is free.
  double slow_rate = 3e-2;       ///< A growing pattern has at least this rate.
  double linear_exponent = 0.9;  ///< Linear growth: dlog|u|/dlog(1/delta) above this ...
  double slow_exponent = 0.7;    ///< ... and slow growth below this; between them: not yet decided.
  double agreement = 1e-2;       ///< Relative agreement asked of the limit with the path.
};

/// Recognises weights that grow without bound from one accepted point close to tau = 1, by the one
/// rule there is (docs/theory.md, section 8): classes follow
/// from the growth rates of the node inputs along the tangent, and then must pass
///
///  1. the signs are a covector: a direction d is exhibited with x_i d = 0 on the free and
///     sign_i x_i d > 0 on all other patterns;
///  2. the linear rates solve the least-squares problem of their wing, lim (1 - tau) w = W, and
///  agree
///     with the path;
///  3. Newton's method converges on the problem of the free patterns from the current weights;
///  4. the outputs of the saturated patterns agree with their limits;
///  5. some pattern that keeps the weights growing wants an output at or beyond the end of the
///  range:
///     interior targets alone never give infinite weights.
///
/// @return Nothing, with a sentence in `why_not`, when a class is undecided or a check fails.
[[nodiscard]] std::optional<InfiniteWeights> recognise_infinite_weights(
    const Perceptron& network, const PathPoint& point, const InfiniteWeightsOptions& options,
    std::string& why_not);

}  // namespace tautrack
