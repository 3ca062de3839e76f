#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/path_point.hpp"
#include "tautrack/core/stop_condition.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack::infinity {

/// The last piece of a path, as follow_tails() finds it. Parameters are tau - 1, coordinates those of the
/// network.
struct TailPath {
  enum class Outcome {
    arrives,  ///< At tau = 1.
    departs,  ///< To infinite weights, which were recognised from the last point.
    returns   ///< To tau well below 1 again, where it may be followed as before.
  };
  Outcome outcome = Outcome::departs;
  std::vector<PathPoint> points;  ///< In order, the start left out; at least one.
  std::vector<Fold> folds;        ///< Their points are among `points`.
};

/// Whether infinite weights are recognised from a point of the path, whose parameter is tau - 1.
using IsLimit = std::function<bool(const PathPoint&)>;

/// Follows a path on from a point next to tau = 1 where some directions have converged, those that the free
/// patterns span. What moves the weights in the other directions K is the balance of the tails of the
/// saturated patterns, in sums with the residuals of the free ones: far below the rounding of H. But by
/// itself
///
///     h(z, p) = sum over saturated i of omega_i r_i f_u(u_i + k_i . z) k_i / delta,   k_i = K' a_i,
///
/// delta = exp(-p), is as exact as its terms, down to the smallest numbers, and has folds and ends like any
/// homotopy. The free patterns are taken as converged: what they still move is of order delta.
///
/// @param delta 1 - tau at the point, whose own tau is not looked at.
/// @return Nothing, with a sentence in `why_not`, when none of the outcomes comes before numbers end or
/// `stop` is met.
[[nodiscard]] std::optional<TailPath> follow_tails(const Perceptron& network,
                                                   const PathPoint& point, double delta,
                                                   const IsLimit& is_limit,
                                                   const StopCondition& stop, std::string& why_not);

/// Whether what the tails of these patterns add up to at tau = 1, along a direction in which all of them
/// saturate further, keeps its sign further out. Where it changes it there is a solution.
/// @param u, rate L, node inputs and how they change along the direction; of `patterns` alone looked at.
[[nodiscard]] bool tails_keep_their_sign(const Perceptron& network,
                                         const std::vector<Index>& patterns, const Vector& u,
                                         const Vector& rate);

}  // namespace tautrack::infinity
