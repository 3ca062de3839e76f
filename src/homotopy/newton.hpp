#pragma once

#include <cmath>

#include "tautrack/homotopy/homotopy.hpp"

#include "network/any_network.hpp"

namespace tautrack {

/// The Newton homotopy at tau = 1, H(v, lambda) = grad E(v) - lambda a, for a direction a: the curve on
/// which the gradient is a multiple of a. Every point with lambda = 0 is a stationary point (fixed
/// homotopy parameter: Branin 1972; Garcia & Gould 1980; sequential use on networks: Coetzee &
/// Stonick 1996). lambda is the tracker's tau, without bounds.
///
/// Metric: |dv|^2 / (sum omega + |v|^2) + dlambda^2 / scale^2, where scale is the size of what the
/// gradient is summed from: far out, where the gradient fades, lambda is measured against what is
/// left of it.
class NewtonHomotopy {
 public:
  explicit NewtonHomotopy(const AnyNetwork& network)
      : network_(network),
        work_(network),
        direction_(Vector::Zero(network.unknowns())),
        ignored_(network.unknowns()) {}

  /// @param a n, in the coordinates v; not zero.
  void set_direction(const Vector& a) { direction_ = a; }
  [[nodiscard]] const Vector& direction() const noexcept { return direction_; }

  [[nodiscard]] Index size() const { return network_.unknowns(); }
  [[nodiscard]] bool symmetric() const { return true; }

  void derivatives(const Vector& v, double lambda, Vector& H, Matrix& H_v, Vector& H_lambda) {
    scale_ = network_.derivatives(v, 1.0, work_, H, H_v, ignored_);
    H -= lambda * direction_;
    H_lambda = -direction_;
    ++passes_;
  }

  void residual(const Vector& v, double lambda, Vector& H) {
    scale_ = network_.gradient(v, 1.0, work_, H);
    H -= lambda * direction_;
    ++passes_;
  }

  /// lambda enters linearly, so that it has no part in the coefficients of higher order.
  [[nodiscard]] double append_series(int k, const Vector& v_k, double, Vector& rest) {
    ++passes_;
    return network_.append_series(k, v_k, 0.0, work_, rest);
  }

  [[nodiscard]] double linearisation_cost() const {
    return 1.5 + static_cast<double>(network_.unknowns()) / 18.0;
  }

  /// Of the last derivatives() or residual().
  [[nodiscard]] double residual_scale(const Vector&, double) const { return scale_; }

  [[nodiscard]] MetricScales scales(const Vector& v, double) const {
    return {std::sqrt(network_.total_pattern_weight() + v.squaredNorm()),
            scale_ / direction_.norm()};
  }

  [[nodiscard]] double displacement(const Vector& v, const Vector& dv) {
    ++passes_;
    return network_.relative_displacement(v, dv, work_);
  }
  [[nodiscard]] double last_displacement() const { return work_.last_displacement(); }

  void hessian_form_gradient(const Vector& v, double, const Vector& psi, const Vector& phi,
                             Vector& by_v, double& by_lambda) {
    network_.hessian_form_gradient(v, 1.0, psi, phi, by_v, by_lambda);
    by_lambda = 0.0;
    ++passes_;
  }

  [[nodiscard]] long passes_over_data() const noexcept { return passes_; }

 private:
  AnyNetwork network_;
  AnyNetwork::Workspace work_;
  Vector direction_;  ///< n
  Vector ignored_;    ///< n
  double scale_ = 0.0;
  long passes_ = 0;
};

}  // namespace tautrack
