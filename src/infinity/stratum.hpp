#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/infinity/infinite_point.hpp"
#include "tautrack/infinity/strata.hpp"
#include "tautrack/network/perceptron.hpp"
#include "tautrack/network/stationary_point.hpp"

#include "infinity/patterns.hpp"

namespace tautrack::infinity {

/// The signs of the patterns far out in a direction (s): those of x_i.d, 0 where that is rounding.
[[nodiscard]] std::vector<int> signs_along(const Perceptron& network, const Vector& direction);

/// The signs of the patterns at weights that run to infinity and moved like this (s) at last: those of their node
/// inputs, 0 for patterns that stood still.
[[nodiscard]] std::vector<int> signs_at(const Perceptron& network, const Vector& weights,
                                        const Vector& direction);

/// Orthonormal basis (n x m) of the directions that leave the node inputs of these patterns alone.
/// @param A L x n, rows in orthonormal coordinates.
[[nodiscard]] Matrix directions_leaving(const Matrix& A, const std::vector<Index>& patterns);

/// The node inputs (L) of weights that are zero: the offsets.
[[nodiscard]] Vector inputs_without_weights(const Perceptron& network);

/// E of pattern i with this output.
[[nodiscard]] double energy_of(const Perceptron& network, Index i, double output);

/// E of a limit at tau = 1: saturated patterns at their ends, free ones at their node inputs u (L), offsets
/// included.
[[nodiscard]] double limit_energy(const Perceptron& network, const std::vector<int>& signs,
                                  const Vector& inputs);

/// The free patterns as a problem of their own, with their offsets; nothing when no weight moves them.
/// @param X L x k, the inputs of all patterns in the coordinates that the problem shall have.
[[nodiscard]] std::optional<Problem> free_problem(const Perceptron& network,
                                                  const std::vector<int>& signs, const Matrix& X);

/// The column of the weight that a ridge penalty does not see: the first constant one, when the
/// penalty is on standardised columns. Nothing if all are penalised.
[[nodiscard]] std::optional<Index> unpenalised_column(const Perceptron& network);

/// test_infimum() of signs that a direction (n, orthonormal coordinates) is known to realise, for
/// which no linear programme is needed.
[[nodiscard]] InfimumTest test_infimum_along(const Perceptron& network,
                                             const std::vector<int>& signs,
                                             const Vector& direction);

/// Minima of the energy of a network, as far as the caller finds them.
using MinimaOf = std::function<std::vector<StationaryPoint>(const Perceptron&)>;

/// The same as test_infimum() of the network alone. @param patterns Of the network. @param stop Once it is met the
/// test does not decide.
[[nodiscard]] InfimumTest test_infimum(const Perceptron& network, const Patterns& patterns,
                                       const std::vector<int>& signs, const StopCondition& stop);

/// Whether the criterion holds along the one ray on which the node inputs grow as they stand to each other at these
/// weights, which have these signs: the energy falls towards the limit there, though perhaps not in other directions
/// of its stratum. An open set of weights then runs to it.
[[nodiscard]] bool attracts(const Perceptron& network, const Patterns& patterns,
                            const std::vector<int>& signs, const Vector& weights);

/// Local minima of the free patterns as limits at infinity, without saying how they were found.
/// @param test Of these signs; is_stratum.
[[nodiscard]] std::vector<InfinitePoint> limits_on_stratum(const Perceptron& network,
                                                           const std::vector<int>& signs,
                                                           const InfimumTest& test,
                                                           const MinimaOf& minima_of);

}  // namespace tautrack::infinity
