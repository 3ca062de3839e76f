#pragma once

#include <optional>

#include "tautrack/data/dataset.hpp"

namespace tautrack {

/// Columns of a problem of one input and a bias.
struct SingleInput {
  Index input = 0, bias = 1;
  double bias_value = 1.0;  ///< What the bias column holds.
};

/// Nothing unless X has two columns of which one is constant, not zero, and the other is not.
[[nodiscard]] std::optional<SingleInput> single_input(const Matrix& X);

}  // namespace tautrack
