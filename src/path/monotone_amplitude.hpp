#pragma once

#include <optional>
#include <vector>

#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/tracker/options.hpp"

namespace tautrack {

/// The natural path of an amplitude model in the coordinates of its network.
struct MonotoneAmplitudePath {
  struct Node {
    double tau = 0.0, arclength = 0.0;
    double energy = 0.0;  ///< Of the data, without the ridge.
    Vector x;
  };
  std::vector<Node> nodes;  ///< From tau = 0 to 1.
  Vector eigenvalues;       ///< At tau = 1, ascending, all positive; as the rest.
  double gradient_norm = 0.0, gradient_scale = 0.0, last_newton_step = 0.0;
  long evaluations = 0, passes = 0;
};

/// The same as track_monotone_path() for one unit, tanh or logistic, with one linear output and a fitted output
/// bias: up to 6 unknowns and 128 patterns.
/// @return nothing when a condition fails, the network is another one, or the options ask for something else.
/// @pre options.invalid_reason() is empty; the path begins at tau = 0.
[[nodiscard]] std::optional<MonotoneAmplitudePath> track_monotone_amplitude(
    const HiddenLayer& network, const TrackOptions& options);

}  // namespace tautrack
