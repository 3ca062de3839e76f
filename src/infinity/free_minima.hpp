#pragma once

#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack::infinity {

/// The local minima at tau = 1 of a network of one weight (s = 1, no zero row, no ridge),
/// ascending: those of stationary_points_of_one_weight(), in closed form where all |x_i| are equal.
[[nodiscard]] std::vector<double> minima_of_one_weight(const Perceptron& network);

/// The local minima at tau = 1 of the network `free`, of rank two without ridge, by energy, in its weights.
///
/// Method: the end of the natural path and descents (Newton with a shifted Hessian) from a polar
/// grid and from the weights that give two patterns the outputs they want, each end confirmed by
/// the corrector. A search, without a guarantee; it ends with what it has once `stop` is met.
[[nodiscard]] std::vector<Vector> minima_of_two_weights(const Perceptron& free,
                                                        const StopCondition& stop);

}  // namespace tautrack::infinity
