#pragma once

#include "tautrack/network/activation.hpp"

namespace tautrack {

/// The u with sigma(u) = y, in closed form. The ends of the range give infinities; beyond them there
/// is no such u, and the result is NaN.
[[nodiscard]] double inverse_sigmoid(Activation activation, double y);

/// The u with f(u, tau) = y for the node function f = (1 - tau) u + tau sigma(u); an infinity where y
/// is at or beyond an end of the range at tau = 1, or where u overflows.
[[nodiscard]] double inverse_node(Activation activation, double tau, double y);

}  // namespace tautrack
