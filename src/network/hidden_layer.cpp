#include "tautrack/network/hidden_layer.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "tautrack/network/network.hpp"

#include "core/checked.hpp"
#include "core/column_panels.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "network/hidden_state.hpp"
#include "network/loops.hpp"
#include "network/residual.hpp"

namespace tautrack {

static_assert(ExactNetwork<HiddenLayer>);

namespace {

/// The end of the activation's range that a unit's output is counted from.
double origin_of(const HiddenLayerOptions& options) {
  const Range ends = range(options.activation);
  switch (options.origin) {
    case UnitOrigin::low:
      return ends.low;
    case UnitOrigin::high:
      return ends.high;
    case UnitOrigin::zero:
      break;
  }
  return 0.0;
}

void check_targets(const Matrix& targets, Index patterns) {
  if (targets.rows() != patterns || targets.cols() < 1)
    throw DataError("there are " + std::to_string(targets.rows()) + " x " +
                    std::to_string(targets.cols()) + " targets for " + std::to_string(patterns) +
                    " patterns");
  for (Index k = 0; k < targets.cols(); ++k)
    for (Index i = 0; i < patterns; ++i)
      if (!std::isfinite(targets(i, k)))
        throw DataError("target " + std::to_string(k + 1) + " of pattern " + std::to_string(i + 1) +
                        ": " + number(targets(i, k)) + " is not a finite number");
}

const Problem& checked_problem(const Problem& problem, Index outputs,
                               const HiddenLayerOptions& options) {
  check(problem);
  if (options.units > 1 || outputs > 1 || options.output != OutputNode::linear)
    need_no_offset(problem, "a hidden layer of more than one unit with one linear output");
  return problem;
}

/// sigma - origin, from the tail where the origin is the end that is near.
double from_origin(double value, double tail, double u, const Range& ends, double origin) {
  if (origin == ends.high && u > 0.0) return -tail;
  if (origin == ends.low && u < 0.0) return tail;
  return value - origin;
}

}  // namespace

// ---------------------------------------------------------------------------------------- options

std::optional<std::string> HiddenLayerOptions::invalid_reason() const {
  if (units < 1) return "units must be >= 1, got " + std::to_string(units);
  if (held_output_bias && !std::isfinite(*held_output_bias))
    return "held_output_bias must be a finite number, got " + number(*held_output_bias);
  for (const auto& [name, value] :
       {std::pair{"ridge_hidden", ridge_hidden}, std::pair{"ridge_output", ridge_output},
        std::pair{"ridge_bias", ridge_bias}, std::pair{"start_ridge", start_ridge}})
    if (!(value >= 0.0) || !std::isfinite(value))
      return std::string(name) + " must be a number >= 0, got " + number(value);
  if (held_output_bias && ridge_bias > 0.0)
    return "ridge_bias must be 0 where held_output_bias holds the bias, got " + number(ridge_bias);
  if (!start_centre.allFinite()) return "start_centre must be finite";
  for (const auto& [name, factors] :
       {std::pair{"hidden_factors", &hidden_factors}, std::pair{"output_factors", &output_factors},
        std::pair{"start_factors", &start_factors}}) {
    if (factors->size() != 0 && factors->size() != units)
      return std::string(name) + " must have one number for each of the " + std::to_string(units) +
             " units, got " + std::to_string(factors->size());
    for (const double factor : *factors)
      if (!(factor > 0.0) || !std::isfinite(factor))
        return std::string(name) + " must be numbers > 0, got " + number(factor);
  }
  if (!(rank_tolerance > 0.0 && rank_tolerance < 1.0))
    return "rank_tolerance must lie in (0, 1), got " + number(rank_tolerance);
  return std::nullopt;
}

HiddenLayerOptions amplitude_model(Activation activation, const OutputRange& range) {
  checked(range);
  if (range.is_known())
    throw std::invalid_argument(
        "an amplitude model has a free end of its range, and both are known: a perceptron fits "
        "that");
  HiddenLayerOptions options;
  options.activation = activation;
  if (range.low) {
    options.origin = UnitOrigin::low;
    options.held_output_bias = range.low;
  } else if (range.high) {
    options.origin = UnitOrigin::high;
    options.held_output_bias = range.high;
  }
  return options;
}

// ----------------------------------------------------------------------------------- construction

HiddenLayer::Inputs::Inputs(Problem given, Index K, const HiddenLayerOptions& asked)
    : problem(std::move(given)),
      options(checked(asked)),
      omega(checked_problem(problem, K, asked).pattern_weights.size() > 0
                ? problem.pattern_weights
                : Vector::Ones(problem.y.size())),
      space(problem.X, problem.pattern_weights, options.rank_tolerance),
      patterns(omega.size()),
      outputs(K),
      padded(kernels::panels_of(patterns) * kernels::panel_rows),
      omega_sum(omega.sum()),
      origin(origin_of(options)) {
  if (space.rank() == 0)
    throw DataError("problem '" + problem.name +
                    "': every column of X is zero, so no weight changes the output");
  unknowns = (space.rank() + outputs) * options.units + (options.held_output_bias ? 0 : outputs);
  if (options.ridge_hidden > 0.0 || options.start_ridge > 0.0) norm = space.norm_matrix(Vector());
  const auto factors = [&](const Vector& given_factors) {
    return given_factors.size() > 0 ? given_factors : Vector(Vector::Ones(options.units));
  };
  hidden_factors = factors(options.hidden_factors);
  output_factors = factors(options.output_factors);
  start_factors = factors(options.start_factors);
  padded_omega = Vector::Zero(padded);
  padded_omega.head(patterns) = omega;
  if (problem.offset.size() == 0) return;
  padded_offset = Vector::Zero(padded);
  padded_offset.head(patterns) = problem.offset;
}

HiddenLayer::HiddenLayer(const std::shared_ptr<Inputs>& inputs)
    : HiddenLayer(inputs, Matrix(inputs->problem.y)) {}

HiddenLayer::HiddenLayer(const std::shared_ptr<Inputs>& inputs, const Matrix& targets) {
  check_targets(targets, inputs->patterns);
  const HiddenLayerOptions& options = inputs->options;
  if (options.output == OutputNode::linear) {
    // The size of the targets about what the outputs are without hidden units.
    double sum = 0.0;
    for (Index k = 0; k < inputs->outputs; ++k) {
      const double base =
          options.held_output_bias.value_or(targets.col(k).dot(inputs->omega) / inputs->omega_sum);
      sum += (targets.col(k).array() - base).square().matrix().dot(inputs->omega);
    }
    const double size = std::sqrt(sum / (inputs->omega_sum * static_cast<double>(inputs->outputs)));
    if (size > 0.0) inputs->output_size = size;
  }
  inputs->output_unit = inputs->output_size / std::sqrt(inputs->omega_sum);
  const Vector& centre = options.start_centre;
  inputs_ = inputs;
  if (centre.size() > 0) {
    const Index expected =
        columns() * units() + units() * outputs() + (has_free_bias() ? outputs() : 0);
    if (centre.size() != expected)
      throw std::invalid_argument("start_centre must have " + std::to_string(expected) +
                                  " numbers, got " + std::to_string(centre.size()));
    inputs->centre = coordinates(centre);
  }
  set_targets(targets.reshaped());
}

HiddenLayer::HiddenLayer(Problem problem, const Matrix& targets, const HiddenLayerOptions& options)
    : HiddenLayer(std::make_shared<Inputs>(std::move(problem), targets.cols(), options), targets) {}

HiddenLayer::HiddenLayer(Problem problem, const HiddenLayerOptions& options)
    : HiddenLayer(std::make_shared<Inputs>(std::move(problem), 1, options)) {}

void HiddenLayer::set_targets(Vector y) {
  y_ = std::move(y);
  padded_targets_ = Matrix::Zero(inputs_->padded, outputs());
  padded_targets_.topRows(patterns()) = y_.reshaped(patterns(), outputs());
}

HiddenLayer HiddenLayer::with_targets(const Vector& y) const {
  if (y.size() != patterns() * outputs())
    throw DataError("there are " + std::to_string(y.size()) + " targets for " +
                    std::to_string(patterns()) + " patterns with " + counted(outputs(), "output"));
  check_targets(y.reshaped(patterns(), outputs()), patterns());
  HiddenLayer other = *this;
  other.set_targets(y);
  return other;
}

double HiddenLayer::hidden_penalty(Index unit, double rest) const {
  return inputs_->hidden_factors(unit) *
         (options().ridge_hidden + rest * options().start_ridge * inputs_->start_factors(unit));
}

double HiddenLayer::output_penalty(Index unit, double rest) const {
  return inputs_->output_factors(unit) *
         (options().ridge_output + rest * options().start_ridge * inputs_->start_factors(unit));
}

// ------------------------------------------------------------------------------------ coordinates

Vector HiddenLayer::weights(const Vector& x) const {
  assert(x.size() == unknowns());
  const HiddenBlocks blocks(*this);
  const Index s = columns(), rest = unknowns() - blocks.output;
  Vector w(s * units() + rest);
  for (Index j = 0; j < units(); ++j)
    w.segment(j * s, s) = space().weights(x.segment(blocks.hidden(j), blocks.rank));
  w.tail(rest) = output_unit() * x.tail(rest);
  return w;
}

Vector HiddenLayer::coordinates(const Vector& w) const {
  const HiddenBlocks blocks(*this);
  const Index s = columns(), rest = unknowns() - blocks.output;
  assert(w.size() == s * units() + rest);
  Vector x(unknowns());
  for (Index j = 0; j < units(); ++j)
    x.segment(blocks.hidden(j), blocks.rank) = space().coordinates(w.segment(j * s, s));
  x.tail(rest) = w.tail(rest) / output_unit();
  return x;
}

Matrix HiddenLayer::hidden_weights(const Vector& x) const {
  return weights(x).head(columns() * units()).reshaped(columns(), units());
}

Matrix HiddenLayer::output_weights(const Vector& x) const {
  const HiddenBlocks blocks(*this);
  return output_unit() * x.segment(blocks.output, units() * outputs()).reshaped(units(), outputs());
}

Vector HiddenLayer::output_bias(const Vector& x) const {
  if (!has_free_bias()) return Vector::Constant(outputs(), *options().held_output_bias);
  return output_unit() * x.tail(outputs());
}

Range HiddenLayer::plateaus(const Vector& x, Index output) const {
  assert(units() == 1);
  const Range ends = range(options().activation);
  const HiddenBlocks blocks(*this);
  const double b = output_unit() * x(blocks.weight(0, output));
  const double c =
      blocks.has_bias ? output_unit() * x(blocks.bias + output) : *options().held_output_bias;
  const double first = c + b * (ends.low - inputs_->origin);
  const double second = c + b * (ends.high - inputs_->origin);
  return {std::min(first, second), std::max(first, second)};
}

// -------------------------------------------------------------------------------------- workspace

void HiddenLayer::Workspace::State::need(const HiddenLayer& network) {
  if (U.size() > 0) return;
  const Index padded = network.inputs_->padded, h = network.units(), K = network.outputs();
  const Index n = network.space().rank();
  const bool is_sigmoid = network.options().output == OutputNode::sigmoid;
  U.allocate(padded, h);
  moved.allocate(padded, h);
  sigma.allocate(padded * h * kernels::sigmoid_arrays);
  rows.allocate(padded);
  if (is_sigmoid) {
    P.allocate(padded, K);
    sigma_out.allocate(padded * K * kernels::sigmoid_arrays);
  }
  for (Matrix* of_units : {&F, &D, &q, &previous}) of_units->setZero(padded, h);
  for (Matrix* of_outputs : {&R, &G, &size, &e, &e_2, &e_tau}) of_outputs->setZero(padded, K);
  G.setOnes();
  row_norms = Vector::Map(ColumnPanels(network.space()).row_norms(), padded);
  x.setZero(network.unknowns());
  previous_x = x;
  gram.resize(n, n);
  scratch = kernels::numbers(kernels::active().scratch_size(n));
}

HiddenLayer::Workspace::State& HiddenLayer::Workspace::State::aside() {
  if (!spare) spare = std::make_unique<State>();
  return *spare;
}

HiddenLayer::Workspace::Workspace(const HiddenLayer&, [[maybe_unused]] int threads)
    : state_(std::make_unique<State>()) {
  assert(threads >= 1);
}
HiddenLayer::Workspace::~Workspace() = default;
HiddenLayer::Workspace::Workspace(Workspace&&) noexcept = default;
HiddenLayer::Workspace& HiddenLayer::Workspace::operator=(Workspace&&) noexcept = default;

double HiddenLayer::Workspace::last_displacement() const noexcept { return state_->displacement; }

// -------------------------------------------------------------------------------------- evaluation

/// One network at one point, in the memory of a workspace. Shares the panels of X with the kernels.
struct HiddenLayer::Evaluation {
  Evaluation(const HiddenLayer& of, Workspace::State& memory)
      : layer(of),
        at(memory),
        blocks(of),
        view(network_view(of.options().activation, ColumnPanels(of.space()).basis(), nullptr,
                          of.patterns(), of.space().rank())),
        ends(range(of.options().activation)),
        is_sigmoid(of.options().output == OutputNode::sigmoid),
        unit(of.output_unit()) {
    at.need(of);
  }

  [[nodiscard]] double B(Index j, Index k) const { return unit * at.x(blocks.weight(j, k)); }
  [[nodiscard]] double c(Index k) const {
    return blocks.has_bias ? unit * at.x(blocks.bias + k) : *layer.options().held_output_bias;
  }
  [[nodiscard]] Index padded() const { return layer.inputs_->padded; }
  [[nodiscard]] auto array(const ForKernels<Vector>& sigma, kernels::SigmoidArray which,
                           Index column) const {
    const Index nodes = sigma.size() / (kernels::sigmoid_arrays * padded());
    return sigma.segment((which * nodes + column) * padded(), padded()).array();
  }
  [[nodiscard]] auto hidden(kernels::SigmoidArray which, Index j) const {
    return array(at.sigma, which, j);
  }
  [[nodiscard]] auto output(kernels::SigmoidArray which, Index k) const {
    return array(at.sigma_out, which, k);
  }

  /// U, F, D, P, G, R and what R is summed from.
  void forward(const Vector& x, Tau tau) {
    at.x = x;
    at.tau = tau;
    for (Index j = 0; j < blocks.units; ++j)
      kernel.multiply(view, x.data() + blocks.hidden(j), nullptr, at.U.col(j).data());
    if (layer.has_offset()) at.U.col(0) += layer.inputs_->padded_offset;
    kernel.evaluate(view, at.U.data(), at.U.size(), at.sigma.data());
    const double origin = layer.inputs_->origin;
    for (Index j = 0; j < blocks.units; ++j) {
      const auto u = at.U.col(j).array();
      at.D.col(j) = tau.rest() + tau.value() * hidden(kernels::sigmoid_slope, j);
      if (origin == 0.0) {
        at.F.col(j) = tau.rest() * u + tau.value() * hidden(kernels::sigmoid_value, j);
        if (layer.options().origin == UnitOrigin::zero) continue;
      }
      const auto value = hidden(kernels::sigmoid_value, j);
      const auto tail = hidden(kernels::sigmoid_tail, j);
      for (Index i = 0; i < padded(); ++i)
        at.F(i, j) = tau.rest() * (u(i) - origin) +
                     tau.value() * from_origin(value(i), tail(i), u(i), ends, origin);
    }
    if (is_sigmoid)
      sigmoid_outputs(tau);
    else
      linear_outputs();
  }

  void linear_outputs() {
    for (Index k = 0; k < blocks.outputs; ++k) {
      const auto target = layer.padded_targets_.col(k).array();
      at.R.col(k) = c(k) - target;
      at.size.col(k) = std::abs(c(k)) + target.abs();
      for (Index j = 0; j < blocks.units; ++j) {
        at.R.col(k) += B(j, k) * at.F.col(j);
        at.size.col(k) += std::abs(B(j, k)) * at.F.col(j).cwiseAbs();
      }
    }
  }

  void sigmoid_outputs(Tau tau) {
    for (Index k = 0; k < blocks.outputs; ++k) {
      at.P.col(k).setConstant(c(k));
      at.size.col(k).setConstant(std::abs(c(k)));
      for (Index j = 0; j < blocks.units; ++j) {
        at.P.col(k) += B(j, k) * at.F.col(j);
        at.size.col(k) += std::abs(B(j, k)) * at.F.col(j).cwiseAbs();
      }
    }
    kernel.evaluate(view, at.P.data(), at.P.size(), at.sigma_out.data());
    for (Index k = 0; k < blocks.outputs; ++k) {
      const auto value = output(kernels::sigmoid_value, k);
      const auto slope = output(kernels::sigmoid_slope, k);
      const auto tail = output(kernels::sigmoid_tail, k);
      for (Index i = 0; i < padded(); ++i) {
        const ActivationValues s{value(i), slope(i), 0.0, 0.0, tail(i)};
        const Residual r = residual_and_size(s, ends, at.P(i, k), tau, layer.padded_targets_(i, k));
        at.G(i, k) = tau.rest() + tau.value() * slope(i);
        at.R(i, k) = r.value;
        at.size(i, k) = r.size + at.G(i, k) * at.size(i, k);
      }
    }
  }

  /// e, q and e_2.
  void backward() {
    const auto omega = layer.inputs_->padded_omega.array();
    for (Index k = 0; k < blocks.outputs; ++k) {
      const auto gain = at.G.col(k).array();
      const auto r = at.R.col(k).array();
      at.e.col(k) = omega * gain * r;
      if (is_sigmoid)
        at.e_2.col(k) =
            omega * (gain.square() + at.tau.value() * output(kernels::sigmoid_second, k) * r);
      else
        at.e_2.col(k) = omega;
    }
    for (Index j = 0; j < blocks.units; ++j) {
      at.q.col(j) = B(j, 0) * at.e.col(0);
      for (Index k = 1; k < blocks.outputs; ++k) at.q.col(j) += B(j, k) * at.e.col(k);
    }
  }

  /// H without penalties from e and q, or their derivatives.
  void pull_back(Vector& H) {
    for (Index j = 0; j < blocks.units; ++j) {
      at.rows = at.D.col(j).cwiseProduct(at.q.col(j));
      transposed(H.data() + blocks.hidden(j));
      for (Index k = 0; k < blocks.outputs; ++k)
        H(blocks.weight(j, k)) = unit * at.F.col(j).dot(at.e.col(k));
    }
    if (!blocks.has_bias) return;
    for (Index k = 0; k < blocks.outputs; ++k) H(blocks.bias + k) = unit * at.e.col(k).sum();
  }

  /// out = A' rows
  void transposed(double* out) {
    kernel.multiply_transposed(view, at.rows.data(), at.scratch.get(), out);
  }

  /// The size of what H is summed from, the rounding of u = A v + o included.
  [[nodiscard]] double scale() const {
    double sum = 0.0;
    const auto omega = layer.inputs_->padded_omega.array();
    const auto norms = at.row_norms.array();
    for (Index k = 0; k < blocks.outputs; ++k)
      if (blocks.has_bias)
        sum += unit * (omega * at.G.col(k).array() * at.size.col(k).array()).sum();
    for (Index j = 0; j < blocks.units; ++j) {
      const double length = at.x.segment(blocks.hidden(j), blocks.rank).norm();
      Eigen::ArrayXd inputs = norms * length;
      if (layer.has_offset()) inputs += layer.inputs_->padded_offset.array().abs();
      const auto slope = at.D.col(j).array();
      const auto bend = at.tau.value() * hidden(kernels::sigmoid_second, j) * at.q.col(j).array();
      sum += (norms * inputs * bend.abs()).sum();
      for (Index k = 0; k < blocks.outputs; ++k) {
        const double b = std::abs(B(j, k));
        const auto error = omega * at.G.col(k).array() * at.size.col(k).array();
        const auto moved = b * slope * at.e_2.col(k).array().abs() * inputs;
        sum += (b * norms * slope * (error + moved) +
                unit * at.F.col(j).array().abs() * (error + moved) +
                unit * slope * inputs * at.e.col(k).array().abs())
                   .sum();
      }
    }
    return sum;
  }

  /// x - x_0, of the start ridge.
  [[nodiscard]] Vector from_centre() const {
    const Vector& centre = layer.inputs_->centre;
    return centre.size() > 0 ? Vector(at.x - centre) : at.x;
  }

  /// Adds the gradient of half the square of W and B at z, each unit's times these numbers; returns its size.
  template <class Hidden, class Output>
  double add_squares(const Vector& z, const Hidden& of_hidden, const Output& of_output,
                     Vector& H) const {
    const double square = unit * unit;
    double of_sum = 0.0, largest = 0.0, of_outputs = 0.0;
    for (Index j = 0; j < blocks.units; ++j) {
      const double rho = of_hidden(j);
      if (rho != 0.0) {
        const auto v = z.segment(blocks.hidden(j), blocks.rank);
        H.segment(blocks.hidden(j), blocks.rank).noalias() += rho * (layer.inputs_->norm * v);
        of_sum += v.squaredNorm();
        largest = std::max(largest, std::abs(rho));
      }
      const double mu = of_output(j) * square;
      for (Index k = 0; k < blocks.outputs; ++k) {
        const Index i = blocks.weight(j, k);
        H(i) += mu * z(i);
        of_outputs += mu * z(i) * mu * z(i);
      }
    }
    const double norm = largest > 0.0 ? layer.inputs_->norm.norm() : 0.0;
    return largest * norm * std::sqrt(of_sum) + std::sqrt(of_outputs);
  }

  /// Of start_ridge, times a number.
  double add_start_ridge(double rho, const Vector& z, Vector& H) const {
    const Inputs& inputs = *layer.inputs_;
    rho *= layer.options().start_ridge;
    return add_squares(
        z, [&](Index j) { return rho * inputs.hidden_factors(j) * inputs.start_factors(j); },
        [&](Index j) { return rho * inputs.output_factors(j) * inputs.start_factors(j); }, H);
  }

  /// Adds the penalties' gradient; returns its size.
  double add_penalties(Vector& H) const {
    const HiddenLayerOptions& options = layer.options();
    const Inputs& inputs = *layer.inputs_;
    double sum = 0.0;
    if (options.start_ridge > 0.0) sum += add_start_ridge(at.tau.rest(), from_centre(), H);
    if (options.ridge_hidden > 0.0 || options.ridge_output > 0.0)
      sum += add_squares(
          at.x, [&](Index j) { return options.ridge_hidden * inputs.hidden_factors(j); },
          [&](Index j) { return options.ridge_output * inputs.output_factors(j); }, H);
    if (blocks.has_bias && options.ridge_bias > 0.0) {
      const double rho = options.ridge_bias * unit * unit;
      H.segment(blocks.bias, blocks.outputs) += rho * at.x.segment(blocks.bias, blocks.outputs);
      sum += rho * at.x.segment(blocks.bias, blocks.outputs).norm();
    }
    return sum;
  }

  [[nodiscard]] double penalty_energy() const {
    const HiddenLayerOptions& options = layer.options();
    const Inputs& inputs = *layer.inputs_;
    // The squares of a unit's hidden and output weights.
    const auto add = [&](const Vector& z, Index j, double of_hidden, double of_output) {
      double sum = 0.0;
      if (of_hidden != 0.0) {
        const auto v = z.segment(blocks.hidden(j), blocks.rank);
        sum += of_hidden * v.dot(inputs.norm * v);
      }
      for (Index k = 0; k < blocks.outputs; ++k) {
        const double b = unit * z(blocks.weight(j, k));
        sum += of_output * b * b;
      }
      return sum;
    };
    double sum = 0.0;
    const double start = at.tau.rest() * options.start_ridge;
    const Vector z = start != 0.0 ? from_centre() : Vector();
    for (Index j = 0; j < blocks.units; ++j) {
      const double hidden = inputs.hidden_factors(j), output = inputs.output_factors(j);
      sum += add(at.x, j, options.ridge_hidden * hidden, options.ridge_output * output);
      const double graded = start * inputs.start_factors(j);
      if (start != 0.0) sum += add(z, j, graded * hidden, graded * output);
    }
    if (options.ridge_bias > 0.0)
      sum += options.ridge_bias * unit * unit * at.x.tail(blocks.outputs).squaredNorm();
    return 0.5 * sum;
  }

  /// After H is there, at a point whose scale is this.
  void evaluated(double scale) {
    double largest = 0.0;
    if (at.has_point) {
      largest = ((at.U - at.previous).array().abs() / (1.0 + at.previous.array().abs()))
                    .topRows(layer.patterns())
                    .maxCoeff();
      largest = std::max(largest, output_displacement(at.previous_x, at.x - at.previous_x));
    }
    at.displacement = at.has_point && std::isfinite(scale) ? largest : kInfinity;
    at.has_point = true;
    at.previous = at.U;
    at.previous_x = at.x;
    at.taus.clear();
  }

  [[nodiscard]] double output_displacement(const Vector& x, const Vector& dx) const {
    const Index rest = x.size() - blocks.output;
    const double size = layer.inputs_->output_size / unit;
    return (dx.tail(rest).array().abs() / (size + x.tail(rest).array().abs())).maxCoeff();
  }

  // ------------------------------------------------------------------------------------- Hessian

  /// Block (j, l) of V, from its weights in `rows`.
  void add_gram(Index j, Index l, Matrix& H_x) {
    const Index n = blocks.rank;
    kernel.symmetric_product(view.panels, {0, kernels::panels_of(view.rows)}, n, at.rows.data(),
                             at.scratch.get(), at.gram.data());
    for (Index b = 0; b < n; ++b)
      for (Index a = b; a < n; ++a) {
        const double entry = at.gram(a, b);
        H_x(blocks.hidden(j) + a, blocks.hidden(l) + b) = entry;
        H_x(blocks.hidden(j) + b, blocks.hidden(l) + a) = entry;
      }
  }

  /// Lower triangle of the Hessian without penalties.
  void hessian(Matrix& H_x) {
    H_x.setZero();
    Vector column(blocks.rank);
    const auto put = [&](Index row, Index j) {
      transposed(column.data());
      H_x.row(row).segment(blocks.hidden(j), blocks.rank) = unit * column.transpose();
    };
    for (Index j = 0; j < blocks.units; ++j) {
      const auto slope = at.D.col(j).array();
      for (Index l = 0; l <= j; ++l) {
        at.rows.setZero();
        for (Index k = 0; k < blocks.outputs; ++k)
          at.rows.array() += (B(j, k) * B(l, k)) * at.e_2.col(k).array();
        at.rows.array() *= slope * at.D.col(l).array();
        if (l == j)
          at.rows.array() +=
              at.tau.value() * hidden(kernels::sigmoid_second, j) * at.q.col(j).array();
        add_gram(j, l, H_x);
      }
      for (Index k = 0; k < blocks.outputs; ++k) {
        const auto moved = B(j, k) * slope * at.e_2.col(k).array();
        for (Index l = 0; l < blocks.units; ++l) {
          at.rows = moved * at.F.col(l).array();
          if (l == j) at.rows.array() += slope * at.e.col(k).array();
          put(blocks.weight(l, k), j);
        }
        if (!blocks.has_bias) continue;
        at.rows = moved;
        put(blocks.bias + k, j);
      }
    }
    output_hessian(H_x);
  }

  void output_hessian(Matrix& H_x) const {
    const double square = unit * unit;
    for (Index k = 0; k < blocks.outputs; ++k) {
      const auto e_2 = at.e_2.col(k).array();
      for (Index j = 0; j < blocks.units; ++j) {
        const auto f = at.F.col(j).array();
        for (Index l = 0; l <= j; ++l)
          H_x(blocks.weight(j, k), blocks.weight(l, k)) =
              square * (e_2 * f * at.F.col(l).array()).sum();
        if (blocks.has_bias) H_x(blocks.bias + k, blocks.weight(j, k)) = square * (e_2 * f).sum();
      }
      if (blocks.has_bias) H_x(blocks.bias + k, blocks.bias + k) = square * e_2.sum();
    }
  }

  void add_penalty_hessian(Matrix& H_x) const {
    const double square = unit * unit;
    for (Index j = 0; j < blocks.units; ++j) {
      if (layer.inputs_->norm.size() > 0)
        H_x.block(blocks.hidden(j), blocks.hidden(j), blocks.rank, blocks.rank) +=
            layer.hidden_penalty(j, at.tau.rest()) * layer.inputs_->norm;
      for (Index k = 0; k < blocks.outputs; ++k) {
        const Index i = blocks.weight(j, k);
        H_x(i, i) += square * layer.output_penalty(j, at.tau.rest());
      }
    }
    if (blocks.has_bias)
      H_x.diagonal().tail(blocks.outputs).array() += square * layer.options().ridge_bias;
  }

  /// H_tau: what F, D and the output nodes change by, the rest being what it is.
  void by_tau(Vector& H_tau) {
    const auto omega = layer.inputs_->padded_omega.array();
    const auto moved = [&](Index j) {
      return hidden(kernels::sigmoid_value, j) - at.U.col(j).array();
    };
    for (Index k = 0; k < blocks.outputs; ++k) {
      auto e_tau = at.e_tau.col(k).array();
      e_tau = B(0, k) * moved(0);
      for (Index j = 1; j < blocks.units; ++j) e_tau += B(j, k) * moved(j);
      e_tau *= at.e_2.col(k).array();
      if (is_sigmoid)
        e_tau += omega *
                 (at.G.col(k).array() * (output(kernels::sigmoid_value, k) - at.P.col(k).array()) +
                  at.R.col(k).array() * (output(kernels::sigmoid_slope, k) - 1.0));
      if (blocks.has_bias) H_tau(blocks.bias + k) = unit * e_tau.sum();
    }
    for (Index j = 0; j < blocks.units; ++j) {
      at.rows = B(j, 0) * at.e_tau.col(0);
      for (Index k = 1; k < blocks.outputs; ++k) at.rows += B(j, k) * at.e_tau.col(k);
      at.rows.array() = (hidden(kernels::sigmoid_slope, j) - 1.0) * at.q.col(j).array() +
                        at.D.col(j).array() * at.rows.array();
      transposed(H_tau.data() + blocks.hidden(j));
      for (Index k = 0; k < blocks.outputs; ++k)
        H_tau(blocks.weight(j, k)) =
            unit *
            (moved(j) * at.e.col(k).array() + at.F.col(j).array() * at.e_tau.col(k).array()).sum();
    }
    if (layer.options().start_ridge > 0.0) add_start_ridge(-1.0, from_centre(), H_tau);
  }

  const HiddenLayer& layer;
  Workspace::State& at;
  HiddenBlocks blocks;
  kernels::Network view;
  Range ends;
  bool is_sigmoid;
  double unit;
  const kernels::Kernels& kernel = kernels::active();
};

Matrix HiddenLayer::node_inputs(const Vector& x) const {
  Matrix U = node_input_changes(x);
  if (has_offset()) U.col(0) += offsets();
  return U;
}

Matrix HiddenLayer::node_input_changes(const Vector& dx) const {
  assert(dx.size() == unknowns());
  const HiddenBlocks blocks(*this);
  const kernels::Network view = network_view(options().activation, ColumnPanels(space()).basis(),
                                             nullptr, patterns(), blocks.rank);
  ForKernels<Matrix> U;
  U.allocate(inputs_->padded, units());
  for (Index j = 0; j < units(); ++j)
    kernels::active().multiply(view, dx.data() + blocks.hidden(j), nullptr, U.col(j).data());
  return U.topRows(patterns());
}

Matrix HiddenLayer::node_outputs(const Vector& x, Tau tau) const {
  assert(x.size() == unknowns());
  Workspace work(*this);
  Evaluation evaluation(*this, *work.state_);
  evaluation.forward(x, tau);
  return (work.state_->R + padded_targets_).topRows(patterns());
}

double HiddenLayer::data_energy(const Vector& x, Tau tau, Workspace& work) const {
  assert(x.size() == unknowns());
  Evaluation evaluation(*this, work.state_->aside());
  evaluation.forward(x, tau);
  double sum = 0.0;
  for (Index k = 0; k < outputs(); ++k)
    sum += (inputs_->padded_omega.array() * evaluation.at.R.col(k).array().square()).sum();
  return 0.5 * sum;
}

double HiddenLayer::energy(const Vector& x, Tau tau, Workspace& work) const {
  const double of_data = data_energy(x, tau, work);
  return of_data + Evaluation(*this, work.state_->aside()).penalty_energy();
}

double HiddenLayer::gradient(const Vector& x, Tau tau, Workspace& work, Vector& H) const {
  assert(x.size() == unknowns() && H.size() == unknowns());
  Evaluation evaluation(*this, *work.state_);
  evaluation.forward(x, tau);
  evaluation.backward();
  evaluation.pull_back(H);
  const double scale = evaluation.scale() + evaluation.add_penalties(H);
  evaluation.evaluated(scale);
  return scale;
}

double HiddenLayer::derivatives(const Vector& x, Tau tau, Workspace& work, Vector& H, Matrix& H_x,
                                Vector& H_tau) const {
  const Index n = unknowns();
  assert(H_tau.size() == n && H_x.rows() == n && H_x.cols() == n);
  const double scale = gradient(x, tau, work, H);
  Evaluation evaluation(*this, *work.state_);
  evaluation.hessian(H_x);
  evaluation.add_penalty_hessian(H_x);
  for (Index j = 0; j < n; ++j)
    for (Index i = j + 1; i < n; ++i) H_x(j, i) = H_x(i, j);
  evaluation.by_tau(H_tau);
  return scale;
}

double HiddenLayer::relative_displacement(const Vector& x, const Vector& dx,
                                          Workspace& work) const {
  assert(x.size() == unknowns() && dx.size() == unknowns());
  Workspace::State& at = *work.state_;
  Evaluation evaluation(*this, at);
  double largest = evaluation.output_displacement(x, dx);
  for (Index j = 0; j < units(); ++j) {
    const Index first = evaluation.blocks.hidden(j);
    evaluation.kernel.multiply(evaluation.view, x.data() + first, nullptr, at.rows.data());
    if (has_offset()) at.rows += inputs_->padded_offset;
    evaluation.kernel.multiply(evaluation.view, dx.data() + first, nullptr, at.moved.col(j).data());
    largest = std::max(largest,
                       (at.moved.col(j).array().abs() / (1.0 + at.rows.array().abs())).maxCoeff());
  }
  return largest;
}

void HiddenLayer::hessian_form_gradient(const Vector& x, Tau tau, const Vector& psi,
                                        const Vector& phi, Vector& by_x, double& by_tau) const {
  // The term of order two of H along x + a p, tau + a t is half of its second derivative in that
  // direction, and what is wanted are mixed ones: differences of two such terms, of directions of one
  // size, which is exact but for rounding.
  Workspace work(*this);
  const Index n = unknowns();
  Vector H(n), plus(n), minus(n);
  gradient(x, tau, work, H);
  const double length = psi.norm(), other = phi.norm();
  by_x.setZero();
  by_tau = 0.0;
  if (!(length > 0.0) || !(other > 0.0)) return;
  const Vector first = psi / length, second = phi / other;
  append_series(1, first + second, 0.0, work, plus);
  append_series(1, first - second, 0.0, work, minus);
  by_x = (0.5 * length * other) * (plus - minus);
  append_series(1, second, 1.0, work, plus);
  append_series(1, second, -1.0, work, minus);
  by_tau = 0.5 * other * psi.dot(plus - minus);
}

}  // namespace tautrack
