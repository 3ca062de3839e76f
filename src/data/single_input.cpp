#include "tautrack/data/single_input.hpp"

namespace tautrack {

std::optional<SingleInput> single_input(const Matrix& X) {
  if (X.cols() != 2) return std::nullopt;
  const auto is_constant = [&X](Index column) {
    return (X.col(column).array() == X(0, column)).all();
  };
  SingleInput found;
  found.bias = is_constant(1) ? 1 : 0;
  found.input = 1 - found.bias;
  found.bias_value = X(0, found.bias);
  if (!is_constant(found.bias) || is_constant(found.input) || found.bias_value == 0.0)
    return std::nullopt;
  return found;
}

}  // namespace tautrack
