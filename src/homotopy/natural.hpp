#pragma once

#include <cmath>
#include <string>

#include "tautrack/homotopy/homotopy.hpp"
#include "tautrack/network/network.hpp"
#include "tautrack/network/perceptron.hpp"
#include "tautrack/network/sparse_perceptron.hpp"

#include "core/text.hpp"

namespace tautrack {

enum class NaturalParameter { tau, tau_minus_one };

/// The natural homotopy of a network (Coetzee & Stonick): the node function slides from the linear one
/// at tau = 0 to the sigmoid at tau = 1. Dense or matrix-free, as the network is; unknowns are its
/// coordinates v.
///
/// Metric: |dv|^2 / (sum omega + |v|^2) + dtau^2 / ((1 - tau)^2 + layer^2). The first is the size
/// of the node inputs, one unit or their root mean square, whichever is larger. The second gives
/// every decade of 1 - tau the same length: near tau = 1 a pattern changes from its linear to its
/// saturated regime where 1 - tau equals sigma'(u), which for real data happens at any magnitude.
///
/// For the same reason the parameter of a path that is to arrive at tau = 1 is tau - 1: doubles next to 0
/// tell any two values apart, those next to 1 end at 1e-16.
template <EnergyNetwork Network>
class BasicNaturalHomotopy {
 public:
  /// Keeps a reference: `network` must outlive the homotopy.
  /// @param threads Threads that share the passes over the data; results do not depend on it.
  /// @param metric_layer For curves that are to pass tau = 1 instead of arriving there: about 1.
  explicit BasicNaturalHomotopy(const Network& network, int threads = 1,
                                double metric_layer = layer,
                                NaturalParameter parameter = NaturalParameter::tau)
      : network_(&network),
        work_(network, threads),
        layer_(metric_layer),
        is_shifted_(parameter == NaturalParameter::tau_minus_one) {}

  /// The tau that a value of the parameter stands for.
  [[nodiscard]] Tau tau(double parameter) const {
    return is_shifted_ ? Tau::before_one(-parameter) : Tau(parameter);
  }

  /// For messages.
  [[nodiscard]] std::string where(double parameter) const {
    const Tau at = tau(parameter);
    return at.rest() != 0.0 && std::abs(at.rest()) < kNextToOne ? "1 - tau = " + number(at.rest())
                                                                : "tau = " + number(at.value());
  }

  [[nodiscard]] Index size() const { return network_->unknowns(); }
  [[nodiscard]] bool symmetric() const { return true; }

  void derivatives(const Vector& v, double parameter, Vector& H, Matrix& H_v,
                   Vector& H_tau) requires DenseNetwork<Network> {
    scale_ = network_->derivatives(v, tau(parameter), work_, H, H_v, H_tau);
    ++passes_;
  }

  void residual(const Vector& v, double parameter, Vector& H) {
    scale_ = network_->gradient(v, tau(parameter), work_, H);
    ++passes_;
  }

  // Of the last residual(), matrix-free.
  void parameter_derivative(Vector& H_tau) requires MatrixFreeNetwork<Network> {
    network_->parameter_derivative(work_, H_tau);
    ++passes_;
  }
  void hessian_product(const Vector& p, Vector& out) requires MatrixFreeNetwork<Network> {
    network_->hessian_product(work_, p, out);
    ++passes_;
  }
  void preconditioner(Vector& d) requires MatrixFreeNetwork<Network> {
    network_->positive_diagonal(work_, d);
    ++passes_;
  }

  /// Taylor coefficients of H along a curve; see Homotopy and Perceptron::append_series().
  [[nodiscard]] double append_series(int k, const Vector& v_k, double tau_k, Vector& rest) {
    ++passes_;
    return network_->append_series(k, v_k, tau_k, work_, rest);
  }

  /// Dense: a symmetric product runs through n multiplications for each number that a pass fetches; this
  /// many of them take the time of a pass (measured, see bench/README.md). Matrix-free: an order costs a
  /// solution by a Krylov method, tens of passes, a linearisation three passes; the order that follows
  /// is within a tenth of the quickest (measured; order 6 takes half as long again).
  [[nodiscard]] double linearisation_cost() const {
    return DenseNetwork<Network> ? 1.5 + static_cast<double>(network_->unknowns()) / 18.0 : 0.5;
  }

  /// Of the last derivatives() or residual().
  [[nodiscard]] double residual_scale(const Vector&, double) const { return scale_; }

  [[nodiscard]] MetricScales scales(const Vector& v, double parameter) const {
    const double delta = tau(parameter).rest();
    return {std::sqrt(network_->total_pattern_weight() + v.squaredNorm()),
            std::sqrt(delta * delta + layer_ * layer_)};
  }

  /// Largest change of a node input relative to one unit or its own size: |v| alone does not see a
  /// pattern whose input is small beside that of others.
  [[nodiscard]] double displacement(const Vector& v, const Vector& dv) {
    ++passes_;
    return network_->relative_displacement(v, dv, work_);
  }

  /// The same between the last two points at which H was evaluated; costs nothing.
  [[nodiscard]] double last_displacement() const { return work_.last_displacement(); }

  void hessian_form_gradient(const Vector& v, double parameter, const Vector& psi,
                             const Vector& phi, Vector& by_v,
                             double& by_tau) requires DenseNetwork<Network> {
    network_->hessian_form_gradient(v, tau(parameter), psi, phi, by_v, by_tau);
    ++passes_;
  }

  [[nodiscard]] double energy(const Vector& v, double parameter) {
    ++passes_;
    return network_->energy(v, tau(parameter), work_);
  }

  [[nodiscard]] const Network& network() const noexcept { return *network_; }

  /// Passes over the data so far.
  [[nodiscard]] long passes_over_data() const noexcept { return passes_; }

  /// Width of the layer at tau = 1 inside which lengths in tau are no longer relative to 1 - tau, so that
  /// short steps arrive: small against every 1 - tau at which H as a whole tells features apart.
  static constexpr double layer = 1e-13;

 private:
  /// Nearer to 1 than this the ten digits of a message would be nines.
  static constexpr double kNextToOne = 1e-6;

  const Network* network_;
  typename Network::Workspace work_;
  double layer_;
  bool is_shifted_;
  double scale_ = 0.0;
  long passes_ = 0;
};

using NaturalHomotopy = BasicNaturalHomotopy<Perceptron>;
using SparseNaturalHomotopy = BasicNaturalHomotopy<SparsePerceptron>;

}  // namespace tautrack
