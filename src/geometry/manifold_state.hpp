#pragma once

#include "tautrack/core/types.hpp"
#include "tautrack/geometry/data_manifold.hpp"

namespace tautrack {

/// What a point of any parametrised manifold hands to ManifoldPoint: its place, an orthonormal basis of its tangent
/// space with the moves of the parameters that it stands for, and its second derivatives along unit tangent vectors.
struct ManifoldPoint::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  virtual ~State() = default;

  [[nodiscard]] virtual Matrix basis() const = 0;                        ///< Q, m x n
  [[nodiscard]] virtual Vector tangent(const Vector& alpha) const = 0;   ///< Q alpha
  [[nodiscard]] virtual Vector coefficients(const Vector& x) const = 0;  ///< Q'x
  [[nodiscard]] virtual Vector acceleration(const Vector& alpha,
                                            const Vector& beta) const = 0;  ///< m

  /// As acceleration(), but for a part that is tangent to the manifold.
  [[nodiscard]] virtual Vector bend(const Vector& alpha, const Vector& beta) const = 0;

  /// nu.bend(alpha, beta) as a matrix (n x n, symmetric), and its product with beta.
  [[nodiscard]] virtual Matrix shape_operator(const Vector& nu) const = 0;
  [[nodiscard]] virtual Vector shape_product(const Vector& nu, const Vector& beta) const = 0;

  /// The same of nu.acceleration(alpha, beta).
  [[nodiscard]] virtual Matrix acceleration_operator(const Vector& nu) const = 0;
  [[nodiscard]] virtual Vector acceleration_product(const Vector& nu, const Vector& beta) const = 0;

  /// At least |k|max, from what each pattern bends by itself, and what that rests on.
  [[nodiscard]] virtual double pattern_bound() const noexcept = 0;
  [[nodiscard]] virtual const char* pattern_bound_name() const noexcept = 0;

  Index n = 0;
  double tau = 1.0;
  Vector v, u, z, residual, gains, leverages, bends;
  double distance = 0.0;
  Matrix to_velocity;  ///< n x n: a = to_velocity alpha.
  Matrix to_frame;     ///< n x n: alpha = to_frame a.
};

}  // namespace tautrack
