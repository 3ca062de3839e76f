#pragma once

#include "tautrack/core/types.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

class Communicator;

/// What a standardised penalty multiplies the weights with: the standard deviations of the columns, a
/// pattern of weight two counted twice; exactly zero for constant columns.
/// @param omega L positive weights.
/// @param ranks Where the other rows of X are, if this is a share of them; then collective.
[[nodiscard]] Vector penalty_scale(const Matrix& X, const Vector& omega,
                                   Communicator* ranks = nullptr);

/// Perceptron::penalty() of a network over the problem, or over all ranks' shares of one.
/// @throws DataError when every column of X is zero, or the penalty asks for independent columns and
/// they are not.
[[nodiscard]] Matrix penalty_of(const Problem& problem, const Vector& omega,
                                const ColumnSpace& space, const PerceptronOptions& options,
                                Communicator* ranks);

}  // namespace tautrack
