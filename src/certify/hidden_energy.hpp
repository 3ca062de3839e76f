#pragma once

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/network/hidden_layer.hpp"

#include "proof/krawczyk.hpp"
#include "proof/shape.hpp"

namespace tautrack {

/// The energy of a network with a hidden layer at tau = 1 as a function of HiddenLayer::weights(), enclosed: every
/// double of the network, its penalties included, taken exactly.
class HiddenEnergy final : public proof::EnclosedEnergy {
 public:
  explicit HiddenEnergy(const HiddenLayer& network);

  /// Where W of the units, B and c (if it is fitted) are in the weights.
  [[nodiscard]] Index hidden(Index unit) const { return unit * network_.columns(); }
  [[nodiscard]] Index output(Index unit, Index k) const {
    return network_.columns() * network_.units() + k * network_.units() + unit;
  }
  [[nodiscard]] Index bias(Index k) const { return output(0, network_.outputs()) + k; }
  [[nodiscard]] Index weights() const {
    return bias(network_.has_free_bias() ? network_.outputs() : 0);
  }

  /// Evaluations after it is met claim nothing.
  void set_stop(const StopCondition& stop) { stop_ = stop; }

  [[nodiscard]] Rounded at(const Vector& w) const override;
  [[nodiscard]] Enclosed over(const Vector& w, const Matrix& V, const Vector& reach,
                              proof::Arithmetic arithmetic) const override;

  [[nodiscard]] const HiddenLayer& network() const { return network_; }
  [[nodiscard]] const proof::Sigmoid& sigmoid() const { return sigmoid_; }
  [[nodiscard]] const StopCondition& stop() const { return stop_; }

 private:
  HiddenLayer network_;
  proof::Sigmoid sigmoid_;
  StopCondition stop_;
};

}  // namespace tautrack
