#pragma once

#include <optional>
#include <string>

namespace tautrack {

/// How accurately a bordered system is solved where its matrix is known by products alone. Tolerances
/// are relative residuals, in the norm of the preconditioner.
struct KrylovOptions {
  /// Of Newton steps: the next one is smaller by about this factor. In (0, 1e-3].
  double correction_tolerance = 1e-8;
  /// Of the coefficients of a series. In (0, 1e-3].
  double series_tolerance = 1e-6;
  /// Of the tangent. In (0, 1e-3].
  double tangent_tolerance = 1e-10;
  /// Budget of one solution. >= 0; 0: twenty for every unknown, but at least 100 and at most 10000.
  int max_iterations = 0;

  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// Newton's method on the bordered system. Lengths are measured in the metric of the step.
struct CorrectorOptions {
  /// A Newton step of at most this length is the last one. In (0, 1e-3]. Convergence is quadratic,
  /// so the point it leads to is far more accurate.
  double tolerance = 1e-8;
  /// Largest ratio of successive Newton steps that counts as convergence. In (0, 1).
  double max_contraction = 0.3;
  int max_iterations = 8;  ///< > 0.
  /// After a step shorter than this the factorisation is used again, if H can be evaluated alone. In
  /// [0, 0.1].
  double reuse = 1e-3;
  KrylovOptions krylov;  ///< For matrix-free homotopies.

  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

}  // namespace tautrack
