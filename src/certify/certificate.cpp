#include "tautrack/certify/certificate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "certify/hidden_prover.hpp"
#include "certify/prover.hpp"
#include "certify/traced.hpp"
#include "core/checked.hpp"

namespace tautrack {

std::optional<std::string> CertifyOptions::invalid_reason() const {
  constexpr int least = std::numeric_limits<double>::digits;
  constexpr int most = 1 << 20;
  if (max_precision < least || max_precision > most)
    return "max_precision must lie in [" + std::to_string(least) + ", " + std::to_string(most) +
           "], got " + std::to_string(max_precision);
  if (first_precision < least || first_precision > max_precision)
    return "first_precision must lie in [" + std::to_string(least) +
           ", max_precision = " + std::to_string(max_precision) + "], got " +
           std::to_string(first_precision);
  return std::nullopt;
}

struct Certifier::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  virtual ~State() = default;
  [[nodiscard]] virtual Index weights() const = 0;
  [[nodiscard]] virtual Certificate certify(const Vector& weights, const StopCondition& stop) = 0;
};

struct Certifier::OfPerceptron final : State {
  OfPerceptron(const Perceptron& network, const CertifyOptions& options)
      : columns(network.columns()), prover(network, options) {}
  [[nodiscard]] Index weights() const override { return columns; }
  [[nodiscard]] Certificate certify(const Vector& weights, const StopCondition& stop) override {
    return prover.certify(weights, stop);
  }

  Index columns;
  Prover prover;
};

struct Certifier::OfHiddenLayer final : State {
  OfHiddenLayer(const HiddenLayer& network, const CertifyOptions& options)
      : prover(network, options) {}
  [[nodiscard]] Index weights() const override { return prover.weights(); }
  [[nodiscard]] Certificate certify(const Vector& weights, const StopCondition& stop) override {
    return prover.certify(weights, stop);
  }

  HiddenProver prover;
};

bool Certifier::available() noexcept {
#ifdef TAUTRACK_WITH_FLINT
  return true;
#else
  return false;
#endif
}

Certifier::Certifier(const Perceptron& network, const CertifyOptions& options) {
  network.need_all_patterns("a certificate");
  state_ = std::make_unique<OfPerceptron>(network, checked(options));
}
Certifier::Certifier(const HiddenLayer& network, const CertifyOptions& options)
    : state_(std::make_unique<OfHiddenLayer>(network, checked(options))) {}
Certifier::~Certifier() = default;
Certifier::Certifier(Certifier&&) noexcept = default;
Certifier& Certifier::operator=(Certifier&&) noexcept = default;

Certificate Certifier::certify(const Vector& weights, const StopCondition& stop) {
  if (weights.size() != state_->weights())
    throw std::invalid_argument("there must be " + std::to_string(state_->weights()) +
                                " weights, got " + std::to_string(weights.size()));
  Certificate certificate;
  if (weights.allFinite())
    certificate = state_->certify(weights, stop);
  else
    certificate.reason = "the weights are not finite";
  if (!certificate.certified) certificate.weights = weights;
  return certificate;
}

TracedCertificate certify_traced(const Perceptron& network, const Vector& weights,
                                 bool only_balls) {
  Prover prover(network, {});
  if (only_balls) prover.use_only_balls();
  TracedCertificate traced;
  traced.certificate = prover.certify(weights);
  traced.in_double = prover.in_double();
  return traced;
}

}  // namespace tautrack
