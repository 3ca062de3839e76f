#pragma once

#include "tautrack/network/hidden_layer.hpp"

#include "support/reference_case.hpp"

namespace tautrack::support {

/// Options with the same ridge on all weights and biases.
inline HiddenLayerOptions penalised(Index units, double ridge, OutputNode output) {
  HiddenLayerOptions options;
  options.units = units;
  options.output = output;
  options.ridge_hidden = options.ridge_output = options.ridge_bias = ridge;
  return options;
}

/// Exclusive or: two units, a tanh output, inputs -1 and 1, targets -0.9 and 0.9.
inline HiddenLayer exclusive_or(double ridge) {
  Matrix X(4, 3);
  X << -1, -1, 1, -1, 1, 1, 1, -1, 1, 1, 1, 1;
  return HiddenLayer(make_problem(X, Vector{{-0.9, 0.9, 0.9, -0.9}}),
                     penalised(2, ridge, OutputNode::sigmoid));
}

/// A network with two units of the reference hidden_two_units.
inline HiddenLayer two_units(const reference::Json& run) {
  const Matrix rows = reference::matrix(run["X"]);
  Matrix X(rows.rows(), rows.cols() + 1);
  X << rows, Vector::Ones(rows.rows());
  return HiddenLayer(
      make_problem(X, reference::vector(run["y"])),
      penalised(2, run["ridge"].get<double>(),
                run["output"] == "linear" ? OutputNode::linear : OutputNode::sigmoid));
}

}  // namespace tautrack::support
