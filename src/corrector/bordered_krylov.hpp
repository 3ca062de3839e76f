#pragma once

#include "tautrack/core/metric.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/corrector/options.hpp"

#include "core/minres.hpp"

namespace tautrack {

/// The bordered matrix of a curve H(x, tau) = 0 with symmetric H_x, as BorderedMatrix has it,
///
///     B = [ H_x  H_tau ]   n rows
///         [   border   ]   1 row: z -> metric_dot(border, z),
///
/// for an H_x that is known by its products alone. Two symmetric systems stand for it,
///
///     K = [ H_x     H_tau ],    K t = (0, 1),   K p = (right, 0),   z = p + alpha t,
///         [ H_tau'    d   ]
///
/// solved by Minres with diag(D, |d|), D ~ H_x, |d| = H_tau' D^-1 H_tau, for a preconditioner. K is
/// regular wherever [H_x H_tau] has full rank (at folds, too) but where H_tau' t_x + d t_tau = 0: the
/// sign of d is the one with which the two terms do not cancel, minus where H_x is positive. Memory:
/// some vectors of length n.
class BorderedKrylov {
 public:
  /// @param product Products with H_x, as it is when solve() and tangent() are called.
  BorderedKrylov(Index n, SymmetricProduct product, const KrylovOptions& options = {});
  BorderedKrylov(const BorderedKrylov&) = delete;
  BorderedKrylov& operator=(const BorderedKrylov&) = delete;

  /// Takes note of a new matrix; costs no product.
  /// @param diagonal n, positive, of the size of the diagonal of H_x: the better, the fewer products.
  /// @return false if an entry is not finite or not positive, or the border vanishes.
  bool factor(const Vector& diagonal, const Vector& H_tau, const Vector& border,
              const MetricScales& scales);

  /// Solves B z = (right, last) to a relative residual. @pre factor() returned true. @param z n + 1.
  /// @param noise Where H_x is singular, a part of `right` of at most this length that is not in its
  /// range is left alone.
  /// @return false, with z not finite, when the budget of iterations is used up or B is singular.
  bool solve(const Vector& right, double last, double tolerance, double noise, Vector& z);

  /// The unit tangent: B t = (0, 1), scaled to length one in the metric, so border . t > 0. @return
  /// as solve() does. The result is kept until the next factor().
  bool tangent(Vector& t);

  [[nodiscard]] const KrylovOptions& options() const noexcept { return options_; }
  /// Whether the budget of iterations is why the last solve() or tangent() failed.
  [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }
  /// Iterations so far.
  [[nodiscard]] long iterations() const noexcept { return iterations_; }

 private:
  bool find_tangent();
  bool run(const SymmetricProduct& product, Minres& minres, const Vector& diagonal, const Vector& b,
           Vector& x, double wanted, double noise);
  void multiply(const Vector& p, Vector& out);

  Index n_;
  SymmetricProduct product_;  ///< With H_x.
  KrylovOptions options_;
  int budget_;
  Minres inner_, outer_;        ///< For H_x and for K.
  SymmetricProduct augmented_;  ///< With K.
  MetricScales scales_;
  Vector diagonal_, H_tau_, border_;
  Vector augmented_diagonal_;            ///< n + 1, (D, |d|).
  Vector part_, image_, right_;          ///< n, scratch.
  Vector particular_, augmented_right_;  ///< n + 1, scratch.
  Vector tangent_;                       ///< n + 1, K t = (0, 1) up to a factor.
  Vector hint_;                          ///< n + 1, the last tangent; empty: none.
  double corner_ = -1.0;                 ///< d
  bool has_tangent_ = false;
  bool tangent_failed_ = false;
  bool tau_border_ = false;  ///< The border has no part in x.
  bool gave_up_ = false;
  long iterations_ = 0;
};

}  // namespace tautrack
