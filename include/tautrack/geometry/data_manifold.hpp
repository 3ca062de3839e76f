#pragma once

#include <memory>

#include "tautrack/core/types.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// A point of a data manifold with its tangent space and its second derivatives: all that curvature
/// is made of. Vectors of ambient space have m entries, coefficients of tangent vectors n.
///
/// Tangent vectors are p = basis() alpha, and the move of v that they stand for is move(alpha).
/// Everything is computed from the velocities x_i.a of the node inputs along unit tangent vectors
/// and from f''/f', which stay bounded where sigma saturates and f''/f'^2 grows like exp(2|u|).
/// Patterns with f' below 1e-150 count as constant.
///
/// The manifold may be that of another network (AmplitudeManifold): then v are its parameters, and basis() is the
/// only thing that says what unit tangent vectors are.
class ManifoldPoint {
 public:
  struct State;  ///< What a manifold makes a point of; opaque.

  explicit ManifoldPoint(std::unique_ptr<State> state);
  ~ManifoldPoint();
  ManifoldPoint(ManifoldPoint&&) noexcept;
  ManifoldPoint& operator=(ManifoldPoint&&) noexcept;

  [[nodiscard]] Index ambient() const noexcept;              ///< m
  [[nodiscard]] Index dimension() const noexcept;            ///< n
  [[nodiscard]] Index codimension() const noexcept;          ///< m - n
  [[nodiscard]] double tau() const noexcept;                 ///< In [0, 1].
  [[nodiscard]] const Vector& coordinates() const noexcept;  ///< v, n
  [[nodiscard]] const Vector& node_inputs() const noexcept;  ///< u = A v, L
  [[nodiscard]] const Vector& position() const noexcept;     ///< z, m
  [[nodiscard]] const Vector& residual() const noexcept;     ///< y - z, m; no cancellation near an
                                                             ///< end of the range
  [[nodiscard]] double distance() const noexcept;            ///< |y - z|
  [[nodiscard]] const Vector& gains() const noexcept;        ///< m, sqrt(omega) f'; ridge rows 1
  [[nodiscard]] const Vector& leverages()
      const noexcept;  ///< m, squared norms of the rows of basis()
  /// m: |c_i| sqrt(leverage_i), c = f''/f'^2, divided by sqrt(omega): the largest |c_i p_i| that
  /// unit tangent vectors p reach.
  [[nodiscard]] const Vector& largest_bends() const noexcept;

  /// At least |k|max, from what each pattern bends by itself; and what it rests on, a few words. Cost: m.
  [[nodiscard]] double pattern_bound() const noexcept;
  [[nodiscard]] const char* pattern_bound_name() const noexcept;

  [[nodiscard]] Matrix basis() const;   ///< m x n, orthonormal basis Q of the tangent space.
  [[nodiscard]] Matrix metric() const;  ///< n x n, J'J with J = dz/dv.

  /// m x (m - n), an orthonormal basis of the normal space. Of a hypersurface (m = n + 1): the one
  /// normal D^-1 m / |D^-1 m|, X'm = 0, on the side on which det [J, normal] > 0. Cost: O(m^2 n).
  [[nodiscard]] Matrix normal_basis() const;

  [[nodiscard]] Vector tangent(const Vector& alpha) const;   ///< Q alpha, m
  [[nodiscard]] Vector coefficients(const Vector& x) const;  ///< Q'x, n
  [[nodiscard]] Vector normal_part(const Vector& x) const;   ///< x - Q Q'x, m
  [[nodiscard]] Vector move(const Vector& alpha) const;      ///< a with J a = Q alpha, n

  /// The acceleration of z along p = Q alpha and q = Q beta when v moves straight on, m: c o p o q.
  [[nodiscard]] Vector acceleration(const Vector& alpha, const Vector& beta) const;

  /// II(p, q), the part of it that is normal to the manifold, m.
  [[nodiscard]] Vector second_fundamental_form(const Vector& alpha, const Vector& beta) const;

  /// S_nu, n x n, symmetric: nu.II(p, q) = alpha' S_nu beta for normal nu (m), linear in it; of a perceptron
  /// Q' diag(c o nu) Q, for any nu. Cost: m n^2.
  [[nodiscard]] Matrix shape_operator(const Vector& nu) const;

  /// S_nu beta without the matrix. Cost: 4 m n.
  [[nodiscard]] Vector shape_product(const Vector& nu, const Vector& beta) const;

  /// The same of nu.acceleration(alpha, beta), for any nu.
  [[nodiscard]] Matrix acceleration_operator(const Vector& nu) const;
  [[nodiscard]] Vector acceleration_product(const Vector& nu, const Vector& beta) const;

 private:
  std::unique_ptr<State> state_;
};

/// The data manifold Z_tau = { f(A v, tau) } of a perceptron (Coetzee & Stonick 1996;
/// docs/theory.md, section 2): n-dimensional in R^m, and a stationary point of E is a v with y -
/// z(v) normal to it.
///
/// Ambient space is scaled so that E = |y - z|^2 / 2: coordinate i is sqrt(omega_i) f(u_i), and a
/// ridge term adds n coordinates (ridge M)^(1/2) v with target zero; m = L or L + n.
class DataManifold {
 public:
  /// @param tau In [0, 1].
  /// @throws std::invalid_argument when it is not.
  DataManifold(Perceptron network, double tau);

  [[nodiscard]] const Perceptron& network() const noexcept { return network_; }
  [[nodiscard]] double tau() const noexcept { return tau_; }
  [[nodiscard]] Index dimension() const noexcept { return network_.unknowns(); }  ///< n
  [[nodiscard]] Index ambient() const noexcept {                                  ///< m
    return network_.patterns() + ridge_root_.rows();
  }
  [[nodiscard]] Index codimension() const noexcept { return ambient() - dimension(); }
  [[nodiscard]] Vector target() const;  ///< y in ambient space, m

  [[nodiscard]] Vector position(const Vector& v) const;  ///< z(v), m

  /// Method: for small problems a QR factorisation of J with rows sorted by size and columns
  /// pivoted, which keeps the accuracy of small rows (Cox & Higham, Stability of Householder QR
  /// factorization for weighted least squares problems, 1998); for large ones the Cholesky factor
  /// of the metric, repeated once where that is ill-conditioned. Cost: 2 m n^2.
  /// @param v n, finite.
  [[nodiscard]] ManifoldPoint at(const Vector& v) const;

 private:
  Perceptron network_;
  double tau_;
  Matrix ridge_root_;  ///< n x n with ridge_root' ridge_root = ridge M; no rows without ridge.
};

}  // namespace tautrack
