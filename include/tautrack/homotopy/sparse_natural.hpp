#pragma once

#include "tautrack/homotopy/homotopy.hpp"
#include "tautrack/network/sparse_perceptron.hpp"

namespace tautrack {

/// The natural homotopy of a sparse perceptron, matrix-free: NaturalHomotopy with the same metric, in
/// the coordinates of SparsePerceptron.
class SparseNaturalHomotopy {
 public:
  /// Keeps a reference: `network` must outlive the homotopy.
  explicit SparseNaturalHomotopy(const SparsePerceptron& network)
      : network_(&network), work_(network) {}

  [[nodiscard]] Index size() const { return network_->unknowns(); }

  void residual(const Vector& v, double tau, Vector& H) {
    scale_ = network_->gradient(v, tau, work_, H);
    ++passes_;
  }

  void parameter_derivative(Vector& H_tau) {
    network_->parameter_derivative(work_, H_tau);
    ++passes_;
  }

  void hessian_product(const Vector& p, Vector& out) {
    network_->hessian_product(work_, p, out);
    ++passes_;
  }

  void preconditioner(Vector& d) {
    network_->positive_diagonal(work_, d);
    ++passes_;
  }

  [[nodiscard]] double append_series(int k, const Vector& v_k, double tau_k, Vector& rest) {
    ++passes_;
    return network_->append_series(k, v_k, tau_k, work_, rest);
  }

  /// An order costs a solution by a Krylov method, tens of passes; a linearisation three passes. The
  /// order that follows is within a tenth of the quickest (measured; order 6 takes half as long again).
  [[nodiscard]] double linearisation_cost() const { return 0.5; }

  /// Of the last residual().
  [[nodiscard]] double residual_scale(const Vector&, double) const { return scale_; }

  [[nodiscard]] MetricScales scales(const Vector& v, double tau) const;

  [[nodiscard]] double displacement(const Vector& v, const Vector& dv) {
    ++passes_;
    return network_->relative_displacement(v, dv, work_);
  }

  [[nodiscard]] double last_displacement() const { return work_.last_displacement(); }

  [[nodiscard]] double energy(const Vector& v, double tau) {
    ++passes_;
    return network_->energy(v, tau, work_);
  }

  [[nodiscard]] const SparsePerceptron& network() const noexcept { return *network_; }

  /// Passes over the data so far.
  [[nodiscard]] long passes_over_data() const noexcept { return passes_; }

 private:
  const SparsePerceptron* network_;
  SparsePerceptron::Workspace work_;
  double scale_ = 0.0;
  long passes_ = 0;
};

}  // namespace tautrack
