#pragma once

#include <memory>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/data/svmlight.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// A single-layer perceptron over sparse inputs, for numbers of weights at which nothing of the size
/// s x s may be formed. Equations and options are those of Perceptron, the coordinates are not:
///
///     v_j = |x_j| w_j,   |x_j|^2 = sum_i omega_i x_ij^2,
///
/// one for each column that is not all zero (n <= s). The columns of A in u = A v have length one, but
/// are not orthogonal, so that lengths and tolerances depend on how parallel they are, though not on
/// their units. The penalty is sum_j ridge_j v_j^2 / 2.
///
/// Nothing determines the weight of a zero column: it is zero. Columns that depend on each other are
/// not found out; without ridge their weights are then some of those that give the same outputs, as
/// the solver comes by them (their outputs, energies and folds are the same).
///
/// Shares X with the problem and never copies it, unless it is not compressed. One pass over X per
/// evaluation or product, in one thread. Immutable after construction and safe to share between
/// threads; each thread brings its own Workspace. PerceptronOptions::rank_tolerance has no effect.
class SparsePerceptron {
 public:
  /// @throws DataError when the problem is unusable or every column of X is zero;
  /// std::invalid_argument when an option breaks its rule.
  explicit SparsePerceptron(const SparseProblem& problem, const PerceptronOptions& options = {});

  [[nodiscard]] Index patterns() const noexcept { return y_.size(); }      ///< L
  [[nodiscard]] Index columns() const noexcept { return X_->cols(); }      ///< s
  [[nodiscard]] Index unknowns() const noexcept { return norms_.size(); }  ///< n
  [[nodiscard]] const SparseMatrix& inputs() const noexcept { return *X_; }
  [[nodiscard]] const PerceptronOptions& options() const noexcept { return options_; }
  [[nodiscard]] const Vector& targets() const noexcept { return y_; }              ///< L
  [[nodiscard]] const Vector& pattern_weights() const noexcept { return omega_; }  ///< L
  [[nodiscard]] double total_pattern_weight() const noexcept { return omega_sum_; }

  [[nodiscard]] Vector weights(const Vector& v) const;      ///< s from n
  [[nodiscard]] Vector coordinates(const Vector& w) const;  ///< n from s
  [[nodiscard]] Vector node_inputs(const Vector& v) const;  ///< L from n

  /// The solution at tau = 0: least squares, by conjugate gradients to a relative residual of the
  /// normal equations near rounding, or as near as their condition allows; Newton's method at tau = 0
  /// adds what is missing.
  [[nodiscard]] Vector linear_solution() const;

  /// Scratch for one thread, and what is known about the point at which gradient() was evaluated last.
  /// Memory: O(s + L), and five (tanh, logistic) or six numbers per pattern and order of a series.
  class Workspace {
   public:
    /// @param threads Without effect: a pass takes one.
    explicit Workspace(const SparsePerceptron& network, int threads = 1);

    /// max_i |du_i| / (1 + |u_i|) between the last two points; infinity before the second.
    [[nodiscard]] double last_displacement() const noexcept { return last_displacement_; }

   private:
    friend class SparsePerceptron;
    Vector w_, sum_;              ///< s: weights of a move, sums over patterns.
    Vector u_, hessian_, mixed_;  ///< L, at the point.
    Tau tau_ = 0.0;
    double last_displacement_;
    bool has_point_ = false;

    /// Coefficients of u, sigma, sigma', r, f_u and of the inner function of sigma' where it has one,
    /// order by order, L each. Of the highest order they hold what they are for u_k = 0, tau_k = 0.
    std::vector<Vector> input_, value_, slope_, residual_, factor_, inner_;
    std::vector<double> taus_;
    Vector second_;  ///< L, sigma'' at the point.
    Vector block_;   ///< One block of patterns.
  };

  /// Energy E(v, tau).
  [[nodiscard]] double energy(const Vector& v, Tau tau, Workspace& work) const;

  /// H (n) and the size of what it is summed from, as Perceptron::gradient().
  double gradient(const Vector& v, Tau tau, Workspace& work, Vector& H) const;

  // Of the point of the last gradient() with the same workspace:

  /// H_tau (n).
  void parameter_derivative(Workspace& work, Vector& H_tau) const;

  /// out = H_v p; both n.
  void hessian_product(Workspace& work, const Vector& p, Vector& out) const;

  /// The part of the diagonal (n) of H_v that cannot be negative: f_u^2, f_uu r where that is
  /// positive, and the penalty. Positive.
  void positive_diagonal(Workspace& work, Vector& d) const;

  /// Taylor coefficients of H along a curve; see Homotopy.
  double append_series(int k, const Vector& v_k, double tau_k, Workspace& work, Vector& rest) const;

  /// max_i |(A dv)_i| / (1 + |(A v)_i|), as Perceptron::relative_displacement().
  [[nodiscard]] double relative_displacement(const Vector& v, const Vector& dv,
                                             Workspace& work) const;

 private:
  void expand(const Vector& v, Vector& w) const;
  void gather(const Vector& sum, Vector& out) const;
  [[nodiscard]] double row_product(Index row, const double* w) const;
  void add_row(Index row, double factor, double* sum) const;
  void start_series(Workspace& work) const;
  struct SeriesBlock;

  PerceptronOptions options_;
  std::shared_ptr<const SparseMatrix> X_;
  Vector y_;
  Vector omega_;
  double omega_sum_ = 0.0;
  std::vector<Index> column_;  ///< n, column of X of each unknown.
  Vector norms_;               ///< n, |x_j|.
  Vector row_norms_;           ///< L, Euclidean norms of the rows of A.
  Vector ridge_;               ///< n, penalty of v_j^2; empty without ridge.
};

}  // namespace tautrack
