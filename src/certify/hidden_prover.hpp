#pragma once

#include "tautrack/certify/certificate.hpp"
#include "tautrack/core/stop_condition.hpp"
#include "tautrack/network/hidden_layer.hpp"

#include "certify/hidden_energy.hpp"

namespace tautrack {

/// What a Certifier of a hidden layer does: Krawczyk's operator in the weights.
class HiddenProver {
 public:
  HiddenProver(const HiddenLayer& network, const CertifyOptions& options);

  [[nodiscard]] Index weights() const { return energy_.weights(); }

  /// @pre So many finite numbers.
  [[nodiscard]] Certificate certify(const Vector& weights, const StopCondition& stop);

 private:
  /// A proof, and how near to it there is no second point.
  struct Point {
    proof::PointProof proof;
    double radius = 0.0, unique_within = 0.0;
  };
  [[nodiscard]] Point prove(const Vector& weights, proof::ProofIn which,
                            const StopCondition& stop) const;
  /// Of the Hessian in the network's coordinates, with as many negative ones as are proven.
  [[nodiscard]] Vector eigenvalues(const Vector& x, int morse_index);

  HiddenEnergy energy_;
  bool may_use_balls_;
  HiddenLayer::Workspace work_;
};

}  // namespace tautrack
