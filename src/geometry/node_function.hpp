#pragma once

#include <utility>

#include "tautrack/network/activation.hpp"

namespace tautrack {

/// A closed interval; the ends may be infinite.
struct Span {
  double low, high;
  [[nodiscard]] double width() const { return high - low; }
};

/// The node function f(u, tau) = (1 - tau) u + tau sigma(u) and what its shape says over intervals: f'
/// is even and falls with |u|, and |f''| has one maximum on each side of zero. Values are computed in
/// doubles; bounds hold to their rounding, for which callers leave room.
class NodeFunction {
 public:
  NodeFunction(Activation activation, double tau) : activation_(activation), tau_(tau) {}

  [[nodiscard]] double tau() const { return tau_; }
  [[nodiscard]] double value(double u) const;
  [[nodiscard]] double slope(double u) const;   ///< f'
  [[nodiscard]] double second(double u) const;  ///< f''

  /// f(u) - y, without cancellation near an end of the range.
  [[nodiscard]] double residual(double u, double y) const;

  /// The u with f(u) = y; an infinity where y is at or beyond the end of the range (only at tau = 1).
  [[nodiscard]] double inverse(double y) const;

  [[nodiscard]] Span slopes(const Span& u) const;   ///< All f'.
  [[nodiscard]] Span seconds(const Span& u) const;  ///< All f''.

  /// Lower bound of f'^2 + f'' (f - y) over u, what a pattern adds to the Hessian, in so many cells.
  [[nodiscard]] double least_convexity(const Span& u, double y, int cells) const;

  /// Upper bound of (f'(theta)^2 - f'^2 - f'' (f - y)) / |f - y| over u, theta = inverse(y): how fast the
  /// pattern's part of the Hessian can fall with its residual. @pre theta is finite.
  [[nodiscard]] double convexity_loss(const Span& u, double y, double theta, int cells) const;

  /// Bounds of f'(u) (f(u) - y) / (u - theta) > 0 over u, theta = inverse(y): the weight with which the
  /// pattern pulls towards theta.
  [[nodiscard]] Span pulls(const Span& u, double y, double theta, int cells) const;

 private:
  template <class See>
  void for_each_cell(const Span& u, double y, int cells, const See& see) const;

  Activation activation_;
  double tau_;
};

/// Where |sigma''| is largest, u > 0, and its value there.
[[nodiscard]] std::pair<double, double> largest_second(Activation activation);

/// sup |sigma'''|, at u = 0.
[[nodiscard]] double largest_third(Activation activation);

}  // namespace tautrack
