#pragma once

#include <optional>

#include "tautrack/core/types.hpp"

#include "core/minres.hpp"

namespace tautrack {

/// What products alone tell about the eigenvalues of a symmetric matrix.
struct SpectrumEstimate {
  /// The eigenvalue nearest to zero, to a few digits: its size is never estimated too small. Nothing
  /// when the solutions that it takes did not converge.
  std::optional<double> nearest;
  /// Value of p' A p / p' p for the p in which it was found to be least: the smallest eigenvalue is
  /// at most this. Below zero there is a negative eigenvalue; above, there may be.
  double lowest = 0.0;
  /// Of the largest size of an eigenvalue, from below.
  double largest = 0.0;
  /// The eigenvalue nearest to zero is zero to working precision.
  bool is_singular = false;
};

/// Estimates by Lanczos' method (some dozens of products) and a few steps of inverse iteration by
/// Minres. @param diagonal n, positive, preconditioner. Deterministic.
[[nodiscard]] SpectrumEstimate estimate_spectrum(const SymmetricProduct& product,
                                                 const Vector& diagonal);

}  // namespace tautrack
