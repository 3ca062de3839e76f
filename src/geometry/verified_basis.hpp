#pragma once

#include "tautrack/core/types.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// How far the rows of network.space().basis() are from what they stand for. Every v stands for the weights
/// map v, as doubles are, and for the node inputs x_i.(map v): where n = s, or X has exactly rank n, all node
/// inputs are such.
struct VerifiedBasis {
  Matrix map;  ///< s x n
  double error =
      0.0;  ///< |x_i map - a_i| <= error |a_i| for all rows; of the order of the condition of X
            ///< times the rounding unit.
  bool is_whole = true;  ///< No node inputs are missing: n = s, or the rank is proven to be n.
};

[[nodiscard]] VerifiedBasis verify_basis(const Perceptron& network);

/// Whether no node inputs are missing: n = s, or the rank of X is proven to be n.
[[nodiscard]] bool spans_all_inputs(const Perceptron& network);

/// Whether these rows of X and, behind them, unit vectors of the columns are dependent, their doubles taken
/// exactly. Without FLINT the answer is no where n < s. @pre n rows and unit vectors, and spans_all_inputs().
[[nodiscard]] bool are_dependent(const Perceptron& network, const std::vector<Index>& rows);

}  // namespace tautrack
