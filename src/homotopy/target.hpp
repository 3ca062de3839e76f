#pragma once

#include <cmath>
#include <vector>

#include "tautrack/homotopy/homotopy.hpp"

#include "network/any_network.hpp"

namespace tautrack {

/// The target homotopy at tau = 1: the gradient of the energy for targets y(t) = (1 - t) y0 + t y1 that
/// move from those of one network to those of another over the same inputs. The gradient is linear
/// in the targets, so that H(v, t) = (1 - t) grad E0(v) + t grad E1(v). With y0 = sigma(X w0) it starts
/// from the one stationary point w0 (a zero residual leaves room for no second one: docs/theory.md,
/// section 2). t is the tracker's tau and has no bounds.
///
/// Metric: |dv|^2 / (sum omega + |v|^2) + dt^2 / (1 + t^2).
class TargetHomotopy {
 public:
  /// @pre Both networks share their inputs and options: one comes from the other by with_targets().
  TargetHomotopy(const AnyNetwork& from, const AnyNetwork& to);

  [[nodiscard]] Index size() const { return from_.unknowns(); }
  [[nodiscard]] bool symmetric() const { return true; }

  void derivatives(const Vector& v, double t, Vector& H, Matrix& H_v, Vector& H_t);
  void residual(const Vector& v, double t, Vector& H);
  [[nodiscard]] double append_series(int k, const Vector& v_k, double t_k, Vector& rest);
  [[nodiscard]] double linearisation_cost() const {
    return 1.5 + static_cast<double>(size()) / 18.0;
  }

  /// Of the last derivatives() or residual().
  [[nodiscard]] double residual_scale(const Vector&, double) const { return scale_; }
  [[nodiscard]] MetricScales scales(const Vector& v, double t) const {
    return {std::sqrt(from_.total_pattern_weight() + v.squaredNorm()), std::hypot(1.0, t)};
  }
  [[nodiscard]] double displacement(const Vector& v, const Vector& dv) {
    return from_.relative_displacement(v, dv, at_from_);
  }
  [[nodiscard]] double last_displacement() const { return at_from_.last_displacement(); }
  void hessian_form_gradient(const Vector& v, double t, const Vector& psi, const Vector& phi,
                             Vector& by_v, double& by_t);

 private:
  AnyNetwork from_, to_;
  AnyNetwork::Workspace at_from_, at_to_;
  Vector g0_, g1_, ignored_;  ///< n
  Matrix H0_, H1_;            ///< n x n
  Matrix change_;             ///< n x (max order + 2): Taylor coefficients of grad E1 - grad E0.
  std::vector<double> t_;     ///< Taylor coefficients of t.
  Vector rest0_, rest1_;      ///< n
  double scale_ = 0.0;
};

}  // namespace tautrack
