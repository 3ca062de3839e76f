#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tautrack/core/column_space.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/data/output_range.hpp"
#include "tautrack/network/activation.hpp"
#include "tautrack/network/tau.hpp"

namespace tautrack {

/// What the outputs make of the weighted sum of the hidden units.
enum class OutputNode {
  linear,  ///< z = p
  sigmoid  ///< z = f(p, tau), with the activation of the hidden units.
};

/// Where the outputs of the hidden units are counted from.
enum class UnitOrigin {
  zero,
  low,  ///< The low end of the activation's range: a unit that is off adds nothing.
  high  ///< The high end: a unit that is on adds nothing.
};

/// What a network with one hidden layer is made of besides its data.
struct HiddenLayerOptions {
  Index units = 1;  ///< h >= 1.
  Activation activation = Activation::tanh;
  OutputNode output = OutputNode::linear;
  UnitOrigin origin = UnitOrigin::zero;
  /// The output bias is held at this number, for all outputs (0: there is none); nothing: it is fitted.
  std::optional<double> held_output_bias;

  // Penalties, rho/2 times the sum of the squares of a block, in the units of the data. All >= 0.
  double ridge_hidden = 0.0;  ///< On the hidden weights W.
  double ridge_output = 0.0;  ///< On the output weights B.
  double ridge_bias = 0.0;    ///< On the output bias c; 0 where that is held.

  /// rho >= 0. Adds (1 - tau) rho/2 (|W - W_0|^2 + |B - B_0|^2), which is gone at tau = 1; c goes free.
  double start_ridge = 0.0;
  /// (W_0, B_0) as weights() orders them, with any number for a fitted output bias; empty: zero.
  Vector start_centre;

  /// h, > 0, or empty: ones. What each unit's penalties are multiplied by, those on its hidden and those on its output
  /// weights, start_ridge included. m equal units with output weights b/m are one unit with factors m and 1/m.
  Vector hidden_factors, output_factors;
  /// The same of start_ridge alone: with different ones the linear network has points for solutions.
  Vector start_factors;

  double rank_tolerance = 1e-11;  ///< In (0, 1). See ColumnSpace.

  /// Nothing when usable; else one sentence with the field, its value and the rule it breaks.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// The options of an amplitude model, one sigmoid of which at least one plateau is fitted: outputs
/// low + (high - low) sigma01(Xw), sigma01 the activation scaled to (0, 1). A known plateau is the held
/// output bias, from which the unit is counted; with both free the bias is fitted.
/// @throws std::invalid_argument when the range breaks its rule or both ends are known: that is a Perceptron.
[[nodiscard]] HiddenLayerOptions amplitude_model(Activation activation, const OutputRange& range);

/// A network with one hidden layer fitted by least squares (docs/theory.md, section 12). For X (L x s), hidden
/// weights W (s x h), output weights B (h x K), output bias c (K), targets Y (L x K) and pattern weights omega:
///
///     U = X W + o 1',    P = (f(U, tau) - origin) B + 1 c',    Z = P or f(P, tau),    R = Z - Y
///     E = 1/2 sum omega_i |R_i|^2 + 1/2 (rho_W |W|^2 + rho_B |B|^2 + rho_c |c|^2)
///         + (1 - tau) rho/2 (|W - W_0|^2 + |B - B_0|^2)
///
/// o is the offset of the problem, a known part of the node inputs (zero unless weights are held), of one unit with one
/// linear output alone.
///
/// The unknowns x (n) are V, column by column, B and c (unless it is held): U = A V in orthonormal
/// coordinates of the columns of X, and B and c in a unit in which a length is the size of what it
/// moves, as it is for V: output_unit() times these numbers are B and c. weights() has W column by
/// column, B column by column, and c, in the units of the data.
///
/// Units may be exchanged, and for odd activations (and, where a fitted bias that goes free takes up the
/// difference, for all) the signs of a unit's weights turned together: canonical() picks one of these.
///
/// Immutable after construction and safe to share between threads; each thread brings its own Workspace.
/// Copies share everything but the targets.
///
/// Formulas: the gradient by back-propagation, the Hessian block by block with both of its curvature
/// terms, Taylor series by the recurrences of kernels/series.hpp for each layer of nodes and Cauchy
/// products between them (Griewank & Walther, Evaluating Derivatives, 2008, section 13.2).
class HiddenLayer {
 public:
  /// One output, whose targets are those of the problem.
  /// @throws DataError when the problem is unusable or every column of X is zero;
  /// std::invalid_argument when an option breaks its rule, or there is an offset beside several units or a
  /// sigmoid output.
  explicit HiddenLayer(Problem problem, const HiddenLayerOptions& options = {});

  /// Several outputs; the problem's own targets are not used.
  /// @param targets L x K, finite.
  HiddenLayer(Problem problem, const Matrix& targets, const HiddenLayerOptions& options);

  /// The same network for other targets, L K numbers, output by output.
  /// @throws DataError unless these are so many finite numbers.
  [[nodiscard]] HiddenLayer with_targets(const Vector& y) const;

  [[nodiscard]] Index patterns() const noexcept { return inputs_->patterns; }         ///< L
  [[nodiscard]] Index units() const noexcept { return inputs_->options.units; }       ///< h
  [[nodiscard]] Index outputs() const noexcept { return inputs_->outputs; }           ///< K
  [[nodiscard]] Index columns() const noexcept { return inputs_->problem.X.cols(); }  ///< s
  [[nodiscard]] Index unknowns() const noexcept { return inputs_->unknowns; }         ///< n
  [[nodiscard]] bool has_free_bias() const noexcept { return !inputs_->options.held_output_bias; }
  [[nodiscard]] const HiddenLayerOptions& options() const noexcept { return inputs_->options; }
  [[nodiscard]] const ColumnSpace& space() const noexcept { return inputs_->space; }
  [[nodiscard]] const std::string& name() const noexcept { return inputs_->problem.name; }
  [[nodiscard]] const Matrix& inputs() const noexcept { return inputs_->problem.X; }  ///< L x s
  [[nodiscard]] const Vector& targets() const noexcept { return y_; }                 ///< L K
  [[nodiscard]] const Vector& pattern_weights() const noexcept { return inputs_->omega; }  ///< L
  [[nodiscard]] double total_pattern_weight() const noexcept { return inputs_->omega_sum; }
  /// o (L), or empty: zero.
  [[nodiscard]] const Vector& offsets() const noexcept { return inputs_->problem.offset; }
  [[nodiscard]] bool has_offset() const noexcept { return offsets().size() > 0; }
  [[nodiscard]] double output_unit() const noexcept { return inputs_->output_unit; }
  /// The number that the units' outputs are counted from.
  [[nodiscard]] double origin() const noexcept { return inputs_->origin; }

  [[nodiscard]] Vector weights(const Vector& x) const;
  [[nodiscard]] Vector coordinates(const Vector& w) const;
  [[nodiscard]] Matrix hidden_weights(const Vector& x) const;  ///< W, s x h
  [[nodiscard]] Matrix output_weights(const Vector& x) const;  ///< B, h x K
  [[nodiscard]] Vector output_bias(const Vector& x) const;     ///< c, K

  /// U = A V + o 1', L x h.
  [[nodiscard]] Matrix node_inputs(const Vector& x) const;

  /// A dV, L x h: what a direction dx (n) adds to them.
  [[nodiscard]] Matrix node_input_changes(const Vector& dx) const;

  /// Z, L x K.
  [[nodiscard]] Matrix node_outputs(const Vector& x, Tau tau) const;

  /// The values between which an output with one unit runs at tau = 1, low <= high. @pre units() == 1.
  [[nodiscard]] Range plateaus(const Vector& x, Index output = 0) const;

  /// A solution at tau = 0.
  ///
  /// One unit, one output: the only one with b > 0, the fit of least penalty (docs/theory.md,
  /// section 12); with a held bias and an origin at an end of the range, the best one of those with the
  /// amplitude's sign that the data have, and with an offset the best one with b > 0, whatever its sign in
  /// the data: the two signs are two models there. The hidden and the output weights must both be penalised at
  /// tau = 0, for otherwise the solutions are no points but curves: without any penalty the answer is
  /// the point of that curve with |b| = |W|, from which no path starts.
  ///
  /// Otherwise all weights zero and c the best constant, which is a solution for any data.
  /// @throws DataError when the data have no linear signal that stands against the penalty (all targets
  /// equal, or rho >= |X'C y|); std::invalid_argument when one of the two blocks is penalised and the
  /// other is not, when the ridge at the start has a centre, and, for several units or outputs, when the
  /// zero is no solution, because of a held bias and an origin at an end of the range.
  [[nodiscard]] Vector linear_solution() const;

  /// The same to the rounding of X'X alone, for those who correct it by steps of Newton's method.
  [[nodiscard]] Vector linear_solution_to_correct() const;

  /// What evaluations need beside the network, and the last evaluated point.
  class Workspace {
   public:
    /// @param threads >= 1. One is used.
    explicit Workspace(const HiddenLayer& network, int threads = 1);
    ~Workspace();
    Workspace(Workspace&&) noexcept;
    Workspace& operator=(Workspace&&) noexcept;

    /// relative_displacement() between the points of the last two calls of gradient() or derivatives();
    /// infinity if there was but one, or if they are not finite.
    [[nodiscard]] double last_displacement() const noexcept;

   private:
    friend class HiddenLayer;
    struct State;
    std::unique_ptr<State> state_;
  };

  /// Energy E(x, tau).
  [[nodiscard]] double energy(const Vector& x, Tau tau, Workspace& work) const;

  /// 1/2 sum omega_i |R_i|^2: the energy without penalties.
  [[nodiscard]] double data_energy(const Vector& x, Tau tau, Workspace& work) const;

  /// H (n) and the size of what it is summed from.
  double gradient(const Vector& x, Tau tau, Workspace& work, Vector& H) const;

  /// H, H_x (both triangles) and H_tau; returns what gradient() returns.
  double derivatives(const Vector& x, Tau tau, Workspace& work, Vector& H, Matrix& H_x,
                     Vector& H_tau) const;

  /// Taylor series of H along a curve: see EnergyNetwork and Perceptron::append_series(). Returns the size of
  /// x_k as relative_displacement() measures it. @pre k = 1, or the order appended last plus one, and at most
  /// max_series_order.
  double append_series(int k, const Vector& x_k, double tau_k, Workspace& work, Vector& rest) const;

  /// Largest change that the move dx makes, to first order: of a node input relative to one or to its
  /// size, of an output weight or bias relative to the size of the targets or to its own.
  [[nodiscard]] double relative_displacement(const Vector& x, const Vector& dx,
                                             Workspace& work) const;

  /// Gradient of psi' H_x phi by x (n) and tau: from four series of order two.
  void hessian_form_gradient(const Vector& x, Tau tau, const Vector& psi, const Vector& phi,
                             Vector& by_x, double& by_tau) const;

  /// Whether turning the signs of a unit's weights, and correcting a fitted bias, changes no output at
  /// tau = 1 and no penalty.
  [[nodiscard]] bool has_sign_symmetry() const noexcept;

  /// The point of the orbit of x at tau = 1 under the symmetries of the hidden units in which the first output
  /// weight of each unit that is not zero is positive, and units, if they may change places, come in falling order
  /// of their output weights, then of V.
  [[nodiscard]] Vector canonical(const Vector& x) const;

  /// Whether units may change places: none has penalties of its own.
  [[nodiscard]] bool has_unit_symmetry() const noexcept {
    return options().hidden_factors.size() + options().output_factors.size() +
               options().start_factors.size() ==
           0;
  }

  /// Number of points in that orbit: 2^h h! (2^h without has_unit_symmetry(), h! without has_sign_symmetry()), divided by the number of
  /// symmetries that leave x where it is. Such are found when weights agree to `tolerance`, in the units
  /// of x and relative to one or to |x|, whichever is larger. Inexact beyond 2^53.
  [[nodiscard]] double orbit_size(const Vector& x, double tolerance = 1e-8) const;

 private:
  /// What does not depend on the targets.
  struct Inputs {
    Inputs(Problem given, Index K, const HiddenLayerOptions& asked);

    Problem problem;
    HiddenLayerOptions options;
    Vector omega;
    ColumnSpace space;
    Matrix norm;  ///< |W_j|^2 = V_j' norm V_j; empty when no hidden weight is ever penalised.
    Index patterns = 0, outputs = 1, unknowns = 0;
    Index padded = 0;  ///< Rows of the panels.
    double omega_sum = 0.0;
    double output_size = 1.0;  ///< Of the targets about their mean, or the held bias.
    double output_unit = 1.0;
    double origin = 0.0;
    Vector centre;  ///< Of the start ridge, in coordinates; empty: zero.
    Vector hidden_factors, output_factors, start_factors;  ///< h, of the options, or ones.
    Vector padded_omega;
    Vector padded_offset;  ///< Or empty.
  };
  struct Evaluation;
  struct SeriesBlock;
  void add_start_ridge(const Workspace::State& at, std::size_t m, Vector& rest) const;
  /// The penalty on the hidden or the output weights of a unit, where `rest` is 1 - tau.
  [[nodiscard]] double hidden_penalty(Index unit, double rest) const;
  [[nodiscard]] double output_penalty(Index unit, double rest) const;

  explicit HiddenLayer(const std::shared_ptr<Inputs>& inputs);
  HiddenLayer(const std::shared_ptr<Inputs>& inputs, const Matrix& targets);
  void set_targets(Vector y);
  [[nodiscard]] Vector balanced_solution() const;
  [[nodiscard]] Vector zero_solution() const;
  void refine(Vector& x) const;

  std::shared_ptr<const Inputs> inputs_;
  Vector y_;
  Matrix padded_targets_;  ///< padded x K, zero beyond L.
};

}  // namespace tautrack
