#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/column_space.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/network/activation.hpp"
#include "tautrack/network/tau.hpp"

namespace tautrack {

class Communicator;

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
  /// Keeps A in single precision, too (half as much memory again): with more than 8 unknowns, 8,192 entries at least, and
  /// pattern weights from 1e-15 to 1e15. Series and, where asked for so, Hessians are computed from it, which only say where to
  /// look; H, energies and all that is reported are not. From 262,144 entries on, and where the columns of X are far from
  /// dependent (see ColumnSpace::largest_implied), A is not formed and that copy is one of X: an evaluation then goes over X
  /// itself, and beside it a network needs half the memory of X instead of one and a half times as much.
  bool mixed_precision = true;

  /// Nothing when usable; else one sentence with the field, its value and the rule it breaks.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// A single-layer perceptron fitted by least squares (docs/theory.md, section 1). For node function
/// f(u, tau) = (1 - tau) u + tau sigma(u), u = X w + o, r = f - y and pattern weights omega, where o is the
/// offset of the problem, a known part of the node inputs (zero unless weights are held):
///
///     E     = 1/2 sum omega r^2 + ridge/2 |w|^2
///     H     = A' [ omega f_u r ] + ridge M v                            gradient of E in v
///     H_v   = A' diag( omega (f_u^2 + f_uu r) ) A + ridge M             Hessian, symmetric
///     H_tau = A' [ omega (f_utau r + f_u f_tau) ]
///
/// in orthonormal coordinates v (n = rank of X): u = A v + o, A' diag(omega) A = I. weights() and
/// coordinates() go to the user's units and back. Immutable after construction and safe to share
/// between threads; each thread brings its own Workspace. Copies share everything but the targets.
///
/// The patterns may be split among ranks: each holds some rows of X, y and the pattern weights, and
/// memory and time of a pass are those of its rows. Everything that is not of size L (R, the penalty,
/// H, H_v, ...) is on every rank, with the same bits, so that every rank runs the same tracker and
/// takes the same decisions. An evaluation then is a pass of each rank over its own patterns and one
/// message in which sums and largest displacements are exchanged: n^2/2 + 3 n numbers for
/// derivatives(), n for the others, and one for each rank. Sums depend on how many ranks there are by
/// rounding. The constructor and every evaluation are collective: all ranks call them in the same
/// order with the same arguments. The ranks must have the same kernels (the same kind of processor),
/// or their bits would differ. One thread of each rank uses the communicator; the threads of a
/// Workspace do not. What takes all patterns on one rank says so: see need_all_patterns().
class Perceptron {
 public:
  /// Keeps the problem, which need not be copied for that: move it, or share it.
  /// @throws DataError when the problem is unusable or every column of X is zero;
  /// std::invalid_argument when an option breaks its rule.
  explicit Perceptron(Problem problem, const PerceptronOptions& options = {});
  /// @param ranks Those among which the patterns are split, see below; nothing: all patterns are here.
  explicit Perceptron(std::shared_ptr<const Problem> problem, const PerceptronOptions& options = {},
                      Communicator* ranks = nullptr);

  /// A network whose patterns are split among ranks.
  /// @param share This rank's rows; may have none, but must have the columns of the others.
  /// @param ranks Must outlive the network and its copies.
  /// @throws on all ranks if on one: as above; std::invalid_argument also when an option is not the
  /// same on all ranks; std::runtime_error when the ranks have different kernels. A row in a message is
  /// counted from the first row of the rank that it names.
  Perceptron(Problem share, const PerceptronOptions& options, Communicator& ranks);

  /// The same network over the same inputs with other targets: their column space is shared, not
  /// computed again.
  /// @param y Targets of rows() patterns.
  /// @throws DataError unless these are so many finite numbers.
  [[nodiscard]] Perceptron with_targets(Vector y) const;

  [[nodiscard]] Index patterns() const noexcept { return inputs_->patterns; }      ///< L
  [[nodiscard]] Index unknowns() const noexcept { return inputs_->space.rank(); }  ///< n
  [[nodiscard]] Index columns() const noexcept { return inputs().cols(); }         ///< s
  [[nodiscard]] const ColumnSpace& space() const noexcept { return inputs_->space; }
  [[nodiscard]] const PerceptronOptions& options() const noexcept { return inputs_->options; }
  [[nodiscard]] double total_pattern_weight() const noexcept { return inputs_->omega_sum; }
  [[nodiscard]] const Matrix& penalty() const noexcept {
    return inputs_->ridge;
  }  ///< ridge M; or empty
  [[nodiscard]] double penalty_norm() const noexcept { return inputs_->ridge_norm; }  ///< Frobenius

  // The data as given, of the patterns on this rank: L rows, unless they are split.
  [[nodiscard]] const std::string& name() const noexcept { return inputs_->problem->name; }
  [[nodiscard]] const std::vector<std::string>& column_names() const noexcept {
    return inputs_->problem->columns;
  }
  [[nodiscard]] Index rows() const noexcept { return y_.size(); }
  [[nodiscard]] const Matrix& inputs() const noexcept { return inputs_->problem->X; }  ///< L x s
  [[nodiscard]] const Vector& targets() const noexcept { return y_; }                  ///< L
  [[nodiscard]] const Vector& pattern_weights() const noexcept { return inputs_->omega; }  ///< L

  /// o, L; empty where it is zero, as it is in most networks.
  [[nodiscard]] const Vector& offsets() const noexcept { return inputs_->problem->offset; }
  [[nodiscard]] bool has_offset() const noexcept { return offsets().size() > 0; }
  [[nodiscard]] double offset(Index i) const { return has_offset() ? offsets()(i) : 0.0; }

  /// Those among which the patterns are split; nothing when all are here.
  [[nodiscard]] Communicator* ranks() const noexcept { return inputs_->ranks; }

  /// For what takes all patterns on one rank.
  /// @throws std::invalid_argument when they are split, with a sentence that names `what`.
  void need_all_patterns(std::string_view what) const;

  /// For what takes node inputs that are linear in the weights.
  /// @throws std::invalid_argument when there is an offset, with a sentence that names `what`.
  void need_no_offset(std::string_view what) const;

  [[nodiscard]] Vector weights(const Vector& v) const { return space().weights(v); }
  [[nodiscard]] Vector coordinates(const Vector& w) const { return space().coordinates(w); }
  /// u = A v + o, of the patterns on this rank.
  [[nodiscard]] Vector node_inputs(const Vector& v) const;
  /// f(u, tau), of these.
  [[nodiscard]] Vector node_outputs(const Vector& v, Tau tau) const;

  /// The one solution at tau = 0: least squares, v = (I + ridge M)^-1 A' omega (y - o).
  [[nodiscard]] Vector linear_solution() const;

  /// Whether A, or X in its place, is there in single precision, too.
  [[nodiscard]] bool has_single() const noexcept { return inputs_->single_panels != nullptr; }

  /// Errors of what is computed in single precision, as a multiple of what they are with A: 1, or the square of
  /// ColumnSpace::inverse_norm() where X stands for A.
  [[nodiscard]] double single_error() const noexcept { return inputs_->single_error; }

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

    /// E at the last point of gradient() or derivatives().
    [[nodiscard]] double last_energy() const noexcept;

   private:
    friend class Perceptron;
    struct State;
    std::unique_ptr<State> state_;
  };

  /// Energy E(v, tau).
  [[nodiscard]] double energy(const Vector& v, Tau tau, Workspace& work) const;

  /// H and the size of what it is summed from, the rounding of u = A v included: |H| is zero up to
  /// rounding when it is below a few epsilon times the returned scale. One pass over the data.
  double gradient(const Vector& v, Tau tau, Workspace& work, Vector& H) const;

  /// H and H_tau in one pass over the data. Returns the scale as gradient() does.
  double slopes(const Vector& v, Tau tau, Workspace& work, Vector& H, Vector& H_tau) const;

  /// H, H_v (both triangles) and H_tau in one pass over the data. Returns the scale as gradient()
  /// does.
  /// @param in_single H_v from the copy of A in single precision, if there is one: to 1e-6 or so of its largest entries.
  double derivatives(const Vector& v, Tau tau, Workspace& work, Vector& H, Matrix& H_v,
                     Vector& H_tau, bool in_single = false) const;

  /// Taylor series of H along a curve v(a) = sum v_k a^k, tau(a) = sum tau_k a^k that starts at the
  /// point of the last gradient() or derivatives(): appends the coefficients v_k (n) and tau_k, and
  /// writes into `rest` (n) the coefficient of order k + 1 of H(v(a), tau(a)) for v_{k+1} = 0 and
  /// tau_{k+1} = 0, so that H_v v_{k+1} + H_tau tau_{k+1} + rest is the whole one. Returns max_i
  /// |u_k,i| / (1 + |u_0,i|), u_k = A v_k. One pass over the data and O(k L) operations. From the copy of A in single
  /// precision, if there is one, to 1e-6 or so; next to tau = 1, and where that overflows, from A.
  ///
  /// @pre k = 1, or the order appended last plus one, and at most max_series_order.
  double append_series(int k, const Vector& v_k, double tau_k, Workspace& work, Vector& rest) const;

  /// max_i |(A dv)_i| / (1 + |u_i|), u = A v + o: the largest change of a node input that the move dv makes,
  /// relative to one unit or to its size.
  [[nodiscard]] double relative_displacement(const Vector& v, const Vector& dv,
                                             Workspace& work) const;

  /// Gradient of the scalar psi' H_v phi with respect to v (n) and to tau; needs sigma'''.
  void hessian_form_gradient(const Vector& v, Tau tau, const Vector& psi, const Vector& phi,
                             Vector& by_v, double& by_tau) const;

 private:
  friend kernels::Network network_view(const Perceptron& network);
  struct Loops;

  /// What does not depend on the targets.
  struct Inputs {
    Inputs(std::shared_ptr<const Problem> given, const PerceptronOptions& asked,
           Communicator* among);
    std::shared_ptr<const Problem> problem;  ///< Its y is that of the first network.
    PerceptronOptions options;
    Communicator* ranks;
    Vector omega;
    Index patterns;
    double omega_sum;
    ColumnSpace space;
    Matrix ridge;  ///< n x n, ridge M; empty without ridge.
    double ridge_norm;
    std::shared_ptr<const float[]> single_panels, single_weights;  ///< Null: not there.
    double single_error = 1.0;
    /// Where A is implied by X: D R^-1 (n x n), D the norms of the columns of X, a bound of its norm, and the norms of the rows of
    /// X D^-1 (16 a panel).
    Matrix whitening;
    double whitening_norm = 1.0;
    std::shared_ptr<const double[]> row_norms;

   private:
    [[nodiscard]] bool may_have_single() const;
    [[nodiscard]] ColumnSpace make_space();
    void keep_single();
  };

  void set_pattern_data();
  double evaluate_at(const Vector& v, Tau tau, Workspace& work, Vector& H, Matrix* H_v,
                     Vector& H_tau, bool in_single) const;
  double append_double(int k, const Vector& v_k, Workspace::State& state, const Loops& loops,
                       Vector& rest) const;
  double append_single(int k, const Vector& v_k, Workspace::State& state, const Loops& loops,
                       Vector& rest) const;
  template <class Work>
  double sum_series(Workspace::State& state, const Loops& loops, Vector& rest, bool in_single,
                    const Work& append) const;

  std::shared_ptr<const Inputs> inputs_;
  Vector y_;
  std::shared_ptr<const double[]>
      pattern_data_;  ///< As the loops read it, see kernels/kernels.hpp.
};

}  // namespace tautrack
