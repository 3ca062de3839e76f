#pragma once

#include "tautrack/core/types.hpp"

namespace tautrack {

/// What a standardised penalty multiplies the weights with: the standard deviations of the columns, a
/// pattern of weight two counted twice; exactly zero for constant columns.
/// @param omega L positive weights.
[[nodiscard]] Vector penalty_scale(const Matrix& X, const Vector& omega);

}  // namespace tautrack
