#pragma once

#include <cmath>
#include <span>
#include <utility>

#include "tautrack/homotopy/generic.hpp"

/// The equations of known_problems.hpp once more, for GenericHomotopy: with Taylor series.
namespace tautrack::known {

struct CircleEquation {
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
    H[0] = x[0] * x[0] + tau * tau - 1.0;
  }
};

struct CubicEquation {
  double epsilon;
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
    H[0] = x[0] * x[0] * x[0] - epsilon * x[0] - (tau - 0.5);
  }
};

struct PitchforkEquation {
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
    H[0] = (tau - 0.5) * x[0] - x[0] * x[0] * x[0];
  }
};

struct TranscriticalEquation {
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
    H[0] = x[0] * (x[0] - (tau - 0.5));
  }
};

struct TiltedParabolaEquations {
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
    const double c = std::sqrt(0.5);
    const Scalar p = c * (x[0] + x[1]);
    const Scalar q = c * (x[0] - x[1]);
    const Scalar by_p = p * p - (0.75 - tau);
    const Scalar by_q = q - tau;
    H[0] = c * (by_p + by_q);
    H[1] = c * (by_p - by_q);
  }
};

/// A GenericHomotopy that says that its H_x is symmetric.
template <class F>
struct SymmetricGeneric : GenericHomotopy<F> {
  using GenericHomotopy<F>::GenericHomotopy;
  [[nodiscard]] static bool symmetric() { return true; }
};

/// A GenericHomotopy that counts what it is asked for.
template <class F>
struct CountedGeneric {
  GenericHomotopy<F> inner;
  long linearisations = 0;
  long residuals = 0;
  long terms = 0;  ///< append_series().
  double cost = 5.0;

  CountedGeneric(Index n, F equations) : inner(n, std::move(equations)) {}
  [[nodiscard]] Index size() const { return inner.size(); }
  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    ++linearisations;
    inner.derivatives(x, tau, H, H_x, H_tau);
  }
  void residual(const Vector& x, double tau, Vector& H) {
    ++residuals;
    inner.residual(x, tau, H);
  }
  double append_series(int k, const Vector& x_k, double tau_k, Vector& rest) {
    ++terms;
    return inner.append_series(k, x_k, tau_k, rest);
  }
  [[nodiscard]] double linearisation_cost() const { return cost; }
};

}  // namespace tautrack::known
