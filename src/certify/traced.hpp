#pragma once

#include "tautrack/certify/certificate.hpp"

namespace tautrack {

/// A certificate and how it came about, for tests and measurements.
struct TracedCertificate {
  Certificate certificate;
  bool in_double = false;  ///< The Hessian was evaluated in double arithmetic with error bounds.
};

/// As Certifier does. @param only_balls The Hessian is evaluated in ball arithmetic from the start.
/// @pre s finite numbers.
[[nodiscard]] TracedCertificate certify_traced(const Perceptron& network, const Vector& weights,
                                               bool only_balls);

}  // namespace tautrack
