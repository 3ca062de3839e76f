#pragma once

#include <cstdint>
#include <functional>

#include "tautrack/core/types.hpp"

#include "spirals_network.hpp"

namespace tautrack::program {

/// Value and gradient of a function at a point. The value is infinite outside the domain; the
/// gradient is then not read.
using GradientFunction = std::function<double(const Vector& x, Vector& gradient)>;

/// Outcome of minimise().
struct Minimised {
  Vector x;
  double value = 0.0;
  int iterations = 0;
};

/// A local minimiser near x, by the limited-memory BFGS method with a line search by bisection for
/// the weak Wolfe conditions (Nocedal & Wright, Numerical Optimization, 2006, section 7.2; Lewis &
/// Overton, Math. Program. 141, 2013, section 2), which copes with a barrier. Stops at a gradient
/// below `tolerance` (maximum norm), after `iterations`, or where no step makes the value smaller.
[[nodiscard]] Minimised minimise(const GradientFunction& function, Vector x, double tolerance,
                                 int iterations);

/// The mean of log(1 + exp(-y o)) over the data + 1e-4 |theta|^2 - 2e-3 sum_k log det W_k for the
/// parameters theta of a SpiralNetwork, and its gradient by backpropagation. Infinite unless all det
/// W_k > 0: from inside, every layer stays a homeomorphism.
[[nodiscard]] double spiral_loss(const SpiralData& data, const Vector& parameters,
                                 Vector& gradient);

/// A trained network.
struct SpiralTraining {
  Vector parameters;
  double loss = 0.0;
  int starts = 0;          ///< Random starts that it took.
  int iterations = 0;      ///< Of the last one.
  bool separates = false;  ///< All margins and all determinants are positive.
};

/// Trains by continuation in the twist, 0 to full_twist, from layers near the identity. Where the
/// end does not separate the spirals, another start follows, up to a fixed number. The same for the
/// same seed.
[[nodiscard]] SpiralTraining train_spirals(std::uint64_t seed);

/// Trains on any points of the plane, from layers near the identity and without continuation; the
/// start with the lowest loss, or the first one that separates the labels. The same for the same
/// seed.
[[nodiscard]] SpiralTraining train_on(const SpiralData& data, std::uint64_t seed);

}  // namespace tautrack::program
