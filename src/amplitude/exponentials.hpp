#pragma once

#include <optional>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/network/activation.hpp"

#include "amplitude/point_proof.hpp"

namespace tautrack::amplitude {

/// A local minimum among the exponentials end +- exp(X w).
struct ExponentialFit {
  Model model;       ///< With its sign for a held height.
  PointProof proof;  ///< Of x; proven.
  double energy = 0.0;
  /// Whether the energy grows when the plateau comes nearer, by the sign of an interval; nothing when it has none.
  std::optional<bool> is_infimum;
};

/// The exponentials that sigmoids of a model tend to when the plateau that is not its base moves away, which are local
/// minima among exponentials, by energy.
///
/// With a tail sigma01(u) = exp(L(u)), L concave, and u = w0 + x.v the outputs are, up to the tangents of the
/// exponentials, end + C e (1 - delta g) with delta > 0 going to zero: g = e for the logistic and tanh, and for erf,
/// whose L is nearly quadratic far out, g = (x.v)^2. So the energy grows with delta iff C sum omega r e g < 0, r = z - y.
/// @param sigmoid X has a constant in its column space. Its end is the plateau that stays; all saturated patterns are
/// there, as `low`.
/// @param constant s, with X constant = 1.
/// @param sign Of C: 1, above a low plateau, or -1; nothing: both.
/// A known part o of the node inputs is one of the exponents: those of the model that is returned are X w + offset with
/// offset = +-k o, k = 2 for tanh and 1 for the logistic function.
/// @pre The activation is not arctan, whose tails are no exponentials; nor erf beside an offset, in whose exponents it
/// would grow without bound.
[[nodiscard]] std::vector<ExponentialFit> exponentials_of(
    const Model& sigmoid, const Vector& constant, Activation activation, std::optional<double> sign,
    int starts, unsigned long seed, const StopCondition& stop);

}  // namespace tautrack::amplitude
