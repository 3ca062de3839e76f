#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tautrack/core/column_space.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/network/activation.hpp"

namespace tautrack {

namespace kernels {
struct Network;
}

/// What a single-layer perceptron is made of besides its data.
struct PerceptronOptions {
  Activation activation = Activation::tanh;
  double ridge = 0.0;  ///< >= 0. Adds ridge/2 |w|^2 to the energy.
  /// The penalty is on w_j times the standard deviation of column j (a constant column, such as the
  /// bias, goes free) instead of w_j in the units of the data. Needs independent columns.
  bool ridge_standardised = false;
  double rank_tolerance = 1e-11;  ///< In (0, 1). See ColumnSpace.

  /// Nothing when usable; else one sentence with the field, its value and the rule it breaks.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// A single-layer perceptron fitted by least squares (docs/theory.md, section 1). For node function
/// f(u, tau) = (1 - tau) u + tau sigma(u), u = X w, r = f - y and pattern weights omega:
///
///     E     = 1/2 sum omega r^2 + ridge/2 |w|^2
///     H     = A' [ omega f_u r ] + ridge M v                            gradient of E in v
///     H_v   = A' diag( omega (f_u^2 + f_uu r) ) A + ridge M             Hessian, symmetric
///     H_tau = A' [ omega (f_utau r + f_u f_tau) ]
///
/// in orthonormal coordinates v (n = rank of X): u = A v, A' diag(omega) A = I. weights() and
/// coordinates() go to the user's units and back. Immutable after construction and safe to share
/// between threads; each thread brings its own Workspace.
class Perceptron {
 public:
  /// @throws DataError when the problem is unusable or every column of X is zero;
  /// std::invalid_argument when an option breaks its rule.
  explicit Perceptron(const Problem& problem, const PerceptronOptions& options = {});

  /// The same network over the same inputs with other targets: their column space is shared, not
  /// computed again.
  /// @throws DataError unless y is L finite numbers.
  [[nodiscard]] Perceptron with_targets(Vector y) const;

  [[nodiscard]] Index patterns() const noexcept { return y_.size(); }      ///< L
  [[nodiscard]] Index unknowns() const noexcept { return space_.rank(); }  ///< n
  [[nodiscard]] const ColumnSpace& space() const noexcept { return space_; }
  [[nodiscard]] const PerceptronOptions& options() const noexcept { return options_; }
  [[nodiscard]] const Vector& targets() const noexcept { return y_; }              ///< L
  [[nodiscard]] const Vector& pattern_weights() const noexcept { return omega_; }  ///< L
  [[nodiscard]] double total_pattern_weight() const noexcept { return omega_sum_; }
  [[nodiscard]] const Matrix& penalty() const noexcept { return ridge_; }     ///< ridge M; or empty
  [[nodiscard]] double penalty_norm() const noexcept { return ridge_norm_; }  ///< Frobenius

  [[nodiscard]] Vector weights(const Vector& v) const { return space_.weights(v); }
  [[nodiscard]] Vector coordinates(const Vector& w) const { return space_.coordinates(w); }
  [[nodiscard]] Vector node_inputs(const Vector& v) const;  ///< u = A v

  /// The one solution at tau = 0: least squares, v = (I + ridge M)^-1 A' omega y.
  [[nodiscard]] Vector linear_solution() const;

  /// Highest k of append_series().
  static constexpr int max_series_order = 24;

  /// What evaluations need beside the network, and the last evaluated point. No evaluation
  /// allocates but append_series(), once for every few orders. Results do not depend on the number
  /// of threads, to the last bit.
  class Workspace {
   public:
    /// @param threads >= 1. More than one are used for large data, and only in a library built with
    /// oneTBB.
    explicit Workspace(const Perceptron& network, int threads = 1);
    ~Workspace();
    Workspace(Workspace&&) noexcept;
    Workspace& operator=(Workspace&&) noexcept;

    /// max_i |u_i - u'_i| / (1 + |u'_i|) for the node inputs u of the last call of gradient() or
    /// derivatives() and those u' of the call before; infinity if there was none or if they are not
    /// finite.
    [[nodiscard]] double last_displacement() const noexcept;

   private:
    friend class Perceptron;
    struct State;
    std::unique_ptr<State> state_;
  };

  /// Energy E(v, tau).
  [[nodiscard]] double energy(const Vector& v, double tau, Workspace& work) const;

  /// H and the size of what it is summed from, the rounding of u = A v included: |H| is zero up to
  /// rounding when it is below a few epsilon times the returned scale. One pass over the data.
  double gradient(const Vector& v, double tau, Workspace& work, Vector& H) const;

  /// H, H_v (both triangles) and H_tau in one pass over the data. Returns the scale as gradient()
  /// does.
  double derivatives(const Vector& v, double tau, Workspace& work, Vector& H, Matrix& H_v,
                     Vector& H_tau) const;

  /// Taylor series of H along a curve v(a) = sum v_k a^k, tau(a) = sum tau_k a^k that starts at the
  /// point of the last gradient() or derivatives(): appends the coefficients v_k (n) and tau_k, and
  /// writes into `rest` (n) the coefficient of order k + 1 of H(v(a), tau(a)) for v_{k+1} = 0 and
  /// tau_{k+1} = 0, so that H_v v_{k+1} + H_tau tau_{k+1} + rest is the whole one. Returns max_i
  /// |u_k,i| / (1 + |u_0,i|), u_k = A v_k. One pass over the data and O(k L) operations.
  ///
  /// @pre k = 1, or the order appended last plus one, and at most max_series_order.
  double append_series(int k, const Vector& v_k, double tau_k, Workspace& work, Vector& rest) const;

  /// max_i |(A dv)_i| / (1 + |(A v)_i|): the largest change of a node input that the move dv makes,
  /// relative to one unit or to its size.
  [[nodiscard]] double relative_displacement(const Vector& v, const Vector& dv,
                                             Workspace& work) const;

  /// Gradient of the scalar psi' H_v phi with respect to v (n) and to tau; needs sigma'''.
  void hessian_form_gradient(const Vector& v, double tau, const Vector& psi, const Vector& phi,
                             Vector& by_v, double& by_tau) const;

 private:
  friend class RowSplitPerceptron;
  friend kernels::Network network_view(const Perceptron& network);
  struct Loops;

  /// Some rows of a larger network, without its penalty: A is theirs, v is that of the whole, so that
  /// A' diag(omega) A = I holds for the rows of all parts together, and H_v at tau = 0 is not of use.
  Perceptron(ColumnSpace space, Vector y, Vector pattern_weights, const PerceptronOptions& options);

  void set_pattern_data();

  PerceptronOptions options_;
  Vector y_;
  Vector omega_;
  double omega_sum_ = 0.0;
  ColumnSpace space_;
  std::shared_ptr<const double[]>
      pattern_data_;  ///< As the loops read it, see kernels/kernels.hpp.
  Matrix ridge_;      ///< n x n, ridge M; empty without ridge.
  double ridge_norm_ = 0.0;
};

}  // namespace tautrack
