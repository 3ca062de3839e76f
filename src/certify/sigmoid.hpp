#pragma once

#ifdef TAUTRACK_WITH_FLINT

#include "tautrack/network/activation.hpp"

#include "certify/ball.hpp"

namespace tautrack::ball {

/// sigma and what the equations need of it at one node input, each to nearly full relative precision
/// also where sigma saturates: there r = sigma - y is summed from the distance of sigma to the end
/// of its range, so that nothing cancels but what cancels in end - y.
class Sigmoid {
 public:
  explicit Sigmoid(Activation activation) : activation_(activation), ends_(range(activation)) {}

  /// @param u, target  Any balls.
  void evaluate(arb_srcptr u, arb_srcptr target, slong precision);

  [[nodiscard]] arb_srcptr slope() const noexcept { return slope_.get(); }        ///< sigma'
  [[nodiscard]] arb_srcptr second() const noexcept { return second_.get(); }      ///< sigma''
  [[nodiscard]] arb_srcptr residual() const noexcept { return residual_.get(); }  ///< sigma - y

 private:
  Activation activation_;
  Range ends_;
  Ball slope_, second_, residual_, tail_, e_, x_;
};

/// What is known of one pattern at the node input u_0.
struct PatternBounds {
  Bound slope;         ///< Of sigma'(u_0).
  Bound residual;      ///< Of |sigma(u_0) - y|.
  Bound input;         ///< Of |u_0|.
  Bound input_below;   ///< |u_0| is at least this.
  Bound displacement;  ///< Of |u - u_0|.
};

/// A bound of |c(u) - c(u_0)| for c = sigma'^2 + sigma'' (sigma - y), whatever u within the
/// displacement; infinity where the displacement is too large for the estimate.
///
/// c' = 3 sigma' sigma'' + sigma''' r, and on the way |sigma''| <= h sigma', |sigma'''| <= k sigma',
/// so that sigma' grows by exp(h d) <= 1 + h d + (h d)^2 at most, d the displacement, h d <= 1.
[[nodiscard]] Bound curvature_change(Activation activation, const PatternBounds& pattern);

}  // namespace tautrack::ball

#endif
