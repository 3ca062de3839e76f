#pragma once

#include <vector>

#include "tautrack/data/dataset.hpp"

/// Rows with a dose of zero where the input is the logarithm of the dose: an input of minus infinity. Such a row
/// observes the plateau on that side itself: the node input w x + c is -infinity for w > 0 and +infinity for w < 0.
/// Problems of one input and a bias may have them where what takes the problem says so.
namespace tautrack {

/// Whether the row has an input of minus infinity.
[[nodiscard]] bool is_zero_dose(const Matrix& X, Index row);
[[nodiscard]] bool has_zero_doses(const Matrix& X);

/// The rows with finite inputs, ascending.
[[nodiscard]] std::vector<Index> positive_doses(const Matrix& X);

/// The problem of these rows alone.
[[nodiscard]] Problem without_zero_doses(const Problem& problem);

/// Node inputs X w + offset; where w is zero a dose of zero is on the side that w > 0 has it on.
/// @param w s @param offset L, or empty.
[[nodiscard]] Vector node_inputs(const Matrix& X, const Vector& w, const Vector& offset = {});

/// As check(problem), but in the input column of a problem of one input and a bias entries may be minus infinity, if two
/// others are different.
/// @throws DataError naming row and column and the rule that is broken.
void check_with_zero_doses(const Problem& problem);

}  // namespace tautrack
