#include "certify/hidden_prover.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/decompositions.hpp"
#include "core/text.hpp"
#include "proof/rounding.hpp"

namespace tautrack {

namespace {

/// See Certifier: how far Newton's method may go.
constexpr double kNearHidden = 1e-3;

/// Where intervals leave a point uncertain by more than this, relative to one or to the weights, balls are asked.
constexpr double kSharpHidden = 1e-10;

}  // namespace

HiddenProver::HiddenProver(const HiddenLayer& network, const CertifyOptions& options)
    : energy_(network), may_use_balls_(options.max_precision >= proof::kBallBits), work_(network) {}

HiddenProver::Point HiddenProver::prove(const Vector& weights, proof::ProofIn which,
                                        const StopCondition& stop) const {
  Point point{proof::prove_point(energy_, weights, which, stop)};
  if (!point.proof.is_proven) return point;
  point.radius = proof::radius_of(point.proof);
  point.unique_within = proof::unique_within(energy_, point.proof, stop);
  return point;
}

Certificate HiddenProver::certify(const Vector& weights, const StopCondition& stop) {
  const HiddenLayer& network = energy_.network();
  energy_.set_stop(stop);
  Certificate certificate;
  const auto cut = [&] {
    certificate = Certificate();
    certificate.is_cut = true;
    certificate.reason = std::string("the proof was left unfinished, as ") + stop.reason();
    return certificate;
  };
  using proof::ProofIn;
  Point point =
      prove(weights, may_use_balls_ ? ProofIn::intervals_then_balls : ProofIn::intervals, stop);
  const bool is_blunt =
      point.proof.is_proven &&
      !(point.unique_within > 0.0 && point.radius <= kSharpHidden * (1.0 + weights.norm()));
  if (is_blunt && may_use_balls_ && point.proof.arithmetic == proof::Arithmetic::intervals) {
    Point sharp = prove(weights, ProofIn::balls, stop);
    if (sharp.proof.is_proven && sharp.unique_within > 0.0) point = std::move(sharp);
  }
  if (stop.is_met() && !(point.unique_within > 0.0)) return cut();
  const proof::PointProof& proof = point.proof;
  const Vector given = network.coordinates(weights), x = network.coordinates(proof.x);
  const double moved = network.relative_displacement(given, x - given, work_);
  if (!(moved <= kNearHidden)) {
    certificate.refuted = true;
    certificate.reason =
        "no stationary point is near: Newton's method moves node inputs or outputs by " +
        number(moved);
    return certificate;
  }
  if (!proof.is_proven) {
    certificate.reason = "degenerate or no stationary point: " + proof.reason;
    if (!network.space().dependencies().empty() && !(network.options().ridge_hidden > 0.0))
      certificate.reason =
          "columns of X depend on each other, and without ridge_hidden their weights are not "
          "unique";
    return certificate;
  }
  if (!(point.unique_within > 0.0)) {
    certificate.reason = "degenerate: a second stationary point may round to the same weights";
    return certificate;
  }
  certificate.certified = true;
  certificate.weights = proof.x;
  certificate.radius = point.radius;
  certificate.unique_within = point.unique_within;
  certificate.morse_index = proof.index;
  certificate.eigenvalues = eigenvalues(x, proof.index);
  certificate.energy = proof::middle(proof.energy);
  certificate.energy_radius = proof::magnitude(proof.energy - proof::Interval(certificate.energy));
  certificate.precision = proof.arithmetic == proof::Arithmetic::balls
                              ? proof::kBallBits
                              : std::numeric_limits<double>::digits;
  return certificate;
}

Vector HiddenProver::eigenvalues(const Vector& x, int morse_index) {
  const HiddenLayer& network = energy_.network();
  const Index n = network.unknowns();
  Vector H(n), H_tau(n);
  Matrix H_x(n, n);
  network.derivatives(x, 1.0, work_, H, H_x, H_tau);
  Vector values = symmetric_eigenvalues(H_x).eigenvalues();
  for (Index k = 0; k < n; ++k) {
    const double size = std::max(std::abs(values(k)), std::numeric_limits<double>::denorm_min());
    values(k) = k < morse_index ? -size : size;
  }
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace tautrack
