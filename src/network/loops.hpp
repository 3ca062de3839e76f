#pragma once

#include "tautrack/network/activation.hpp"

#include "kernels/kernels.hpp"

namespace tautrack {

/// A network as the loops of kernels/ see it. The panels and the data of the patterns are not
/// copied.
[[nodiscard]] kernels::Network network_view(Activation activation, const double* panels,
                                            const double* patterns, kernels::Count rows,
                                            kernels::Count columns);

class Perceptron;

/// The same of a Perceptron, which must outlive it.
[[nodiscard]] kernels::Network network_view(const Perceptron& network);

}  // namespace tautrack
