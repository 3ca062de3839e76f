#include "tautrack/network/perceptron.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tautrack/core/communicator.hpp"
#include "tautrack/network/network.hpp"

#include "core/checked.hpp"
#include "core/column_panels.hpp"
#include "core/decompositions.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "kernels/kernels.hpp"
#include "kernels/numbers.hpp"
#include "network/loops.hpp"
#include "network/penalty_scale.hpp"
#include "network/residual.hpp"
#include "network/row_split.hpp"

namespace tautrack {

static_assert(ExactNetwork<Perceptron>);

namespace {

/// Slices of the patterns that are added up one by one, so that sums come out the same whoever
/// computes them: by the size of the problem alone, none below a megabyte of A, and a power of two
/// so that the usual numbers of threads share them evenly.
int slices_of(Index patterns, Index unknowns) {
  constexpr Index numbers = Index{1} << 17U;
  int slices = 1;
  while (slices < 16 && 2 * slices * numbers <= patterns * unknowns &&
         8 * slices <= kernels::panels_of(patterns))
    slices *= 2;
  return slices;
}

kernels::PanelRange slice(Index patterns, int slices, int i) {
  const kernels::Count panels = kernels::panels_of(patterns);
  return {panels * i / slices, panels * (i + 1) / slices};
}

kernels::Count scratch_size(Index unknowns, bool is_implied) {
  const kernels::Kernels& loops = kernels::active();
  return loops.scratch_size(unknowns) + (is_implied ? loops.packing_size(unknowns) : 0);
}

/// Fewer entries of A than this are not worth a copy in single precision.
constexpr Index kWorthSingle = 8192;
/// From so many on A need not be formed at all: up to there it stays in a cache.
constexpr Index kWorthImplying = Index{1} << 18U;
/// Pattern weights beyond these are not for floats, which end at 1e-38 and 1e38: A has their inverse roots in its rows.
constexpr double kLightestSingle = 1e-15, kHeaviestSingle = 1e15;
/// Nearer to tau = 1 than this a series may range over more powers of ten than a float has.
constexpr double kNearestSingle = 1e-3;

/// Whether nothing but the entries of X can be wrong with the problem.
bool is_plausible(const Problem& problem) {
  const Vector& omega = problem.pattern_weights;
  return problem.X.size() > 0 && problem.y.size() == problem.X.rows() &&
         (omega.size() == 0 || omega.size() == problem.X.rows()) &&
         static_cast<Index>(problem.columns.size()) == problem.X.cols() &&
         (problem.y.array() * 0.0).sum() == 0.0 &&
         (problem.offset.size() == 0 || (problem.offset.size() == problem.X.rows() &&
                                         (problem.offset.array() * 0.0).sum() == 0.0)) &&
         (omega.size() == 0 || ((omega.array() * 0.0).sum() == 0.0 && omega.minCoeff() > 0.0));
}

}  // namespace

std::optional<std::string> PerceptronOptions::invalid_reason() const {
  if (!(ridge >= 0.0) || !std::isfinite(ridge))
    return "ridge must be a number >= 0, got " + number(ridge);
  if (!(rank_tolerance > 0.0 && rank_tolerance < 1.0))
    return "rank_tolerance must lie in (0, 1), got " + number(rank_tolerance);
  return std::nullopt;
}

Perceptron::Inputs::Inputs(std::shared_ptr<const Problem> given, const PerceptronOptions& asked,
                           Communicator* among)
    : problem(std::move(given)),
      options(asked),
      ranks(among),
      omega(problem->pattern_weights.size() > 0 ? problem->pattern_weights
                                                : Vector::Ones(problem->y.size())),
      patterns(omega.size()),
      omega_sum(omega.sum()),
      space(make_space()) {
  // Only now the entries of X are looked at one by one.
  if (ranks == nullptr && !space.column_norms().allFinite()) check(*problem);
  ridge = penalty_of(*problem, omega, space, options, ranks);
  ridge_norm = ridge.norm();
  if (space.is_implied()) {
    whitening = space.column_norms().asDiagonal() * ColumnPanels(space).inverse_matrix();
    whitening_norm = space.inverse_norm();
  }
  if (space.is_implied() || (space.rank() > kernels::most_fixed_columns &&
                             patterns * space.rank() >= kWorthSingle && may_have_single()))
    keep_single();
}

/// Collective.
bool Perceptron::Inputs::may_have_single() const {
  if (!options.mixed_precision) return false;
  std::array<double, 1> beyond{0.0};
  if (omega.size() > 0 &&
      !(omega.minCoeff() >= kLightestSingle && omega.maxCoeff() <= kHeaviestSingle))
    beyond[0] = 1.0;
  if (ranks != nullptr) ranks->maximum(beyond);
  return beyond[0] == 0.0;
}

/// Sets the sums over ranks before.
ColumnSpace Perceptron::Inputs::make_space() {
  if (ranks != nullptr) {
    std::array<double, 2> sums{static_cast<double>(patterns), omega_sum};
    ranks->sum(sums);
    patterns = static_cast<Index>(sums[0]);
    omega_sum = sums[1];
  }
  const Matrix& X = problem->X;
  const Vector& weights = problem->pattern_weights;
  if (X.cols() > kernels::most_fixed_columns && patterns * X.cols() >= kWorthImplying &&
      may_have_single())
    return {std::shared_ptr<const Matrix>(problem, &X), weights, options.rank_tolerance, ranks};
  if (ranks != nullptr) return {X, weights, options.rank_tolerance, *ranks};
  return {X, weights, options.rank_tolerance};
}

/// The copies in single precision.
void Perceptron::Inputs::keep_single() {
  const Index rows = omega.size(), n = space.rank();
  const kernels::Kernels& loops = kernels::active();
  const Index padded = kernels::panels_of(rows) * kernels::panel_rows;
  kernels::SingleNumbers panels = kernels::single_numbers(padded * n);
  if (space.is_implied()) {
    const Vector factor = space.column_norms().cwiseInverse();
    kernels::Numbers norms = kernels::numbers(padded);
    loops.narrow_columns(problem->X.data(), rows, n, factor.data(), panels.get(), norms.get());
    row_norms = std::move(norms);
    single_error = whitening_norm * whitening_norm;
  } else {
    loops.narrow(ColumnPanels(space).basis(), padded * n, panels.get());
  }
  kernels::SingleNumbers weights = kernels::single_numbers(padded);
  std::fill_n(weights.get(), padded, 0.0F);
  loops.narrow(omega.data(), rows, weights.get());
  single_panels = std::move(panels);
  single_weights = std::move(weights);
}

Perceptron::Perceptron(std::shared_ptr<const Problem> problem, const PerceptronOptions& options,
                       Communicator* ranks) {
  if (ranks != nullptr) {
    check_shares(*problem, options, *ranks);
  } else {
    checked(options);
    if (!is_plausible(*problem)) check(*problem);
  }
  y_ = problem->y;
  inputs_ = std::make_shared<Inputs>(std::move(problem), options, ranks);
  set_pattern_data();
}

Perceptron::Perceptron(Problem problem, const PerceptronOptions& options)
    : Perceptron(std::make_shared<Problem>(std::move(problem)), options, nullptr) {}

Perceptron::Perceptron(Problem share, const PerceptronOptions& options, Communicator& ranks)
    : Perceptron(std::make_shared<Problem>(std::move(share)), options, &ranks) {}

void Perceptron::need_all_patterns(std::string_view what) const {
  if (ranks() != nullptr)
    throw std::invalid_argument(std::string(what) +
                                " takes all patterns on one rank, but here they are split among " +
                                std::to_string(ranks()->size()));
}

void Perceptron::need_no_offset(std::string_view what) const {
  tautrack::need_no_offset(*inputs_->problem, what);
}

void Perceptron::set_pattern_data() {
  using kernels::panel_rows;
  const Index panels = kernels::panels_of(rows());
  const Vector& omega = pattern_weights();
  const double* const norms =
      space().is_implied() ? inputs_->row_norms.get() : ColumnPanels(space()).row_norms();
  kernels::Numbers memory = kernels::numbers(panels * panel_rows * kernels::pattern_arrays);
  for (Index i = 0; i < panels * panel_rows; ++i) {
    double* const of_panel = memory.get() + i / panel_rows * panel_rows * kernels::pattern_arrays;
    const Index row = i % panel_rows;
    const bool there = i < rows();
    of_panel[kernels::pattern_target * panel_rows + row] = there ? y_(i) : 0.0;
    of_panel[kernels::pattern_weight * panel_rows + row] = there ? omega(i) : 0.0;
    of_panel[kernels::pattern_norm * panel_rows + row] = norms[i];
    of_panel[kernels::pattern_offset * panel_rows + row] = there ? offset(i) : 0.0;
  }
  pattern_data_ = std::move(memory);
}

Perceptron Perceptron::with_targets(Vector y) const {
  if (y.size() != rows())
    throw DataError("there are " + std::to_string(y.size()) + " targets for " +
                    std::to_string(rows()) + " patterns");
  for (Index i = 0; i < y.size(); ++i)
    if (!std::isfinite(y(i)))
      throw DataError("target of pattern " + std::to_string(i + 1) + ": " + number(y(i)) +
                      " is not a finite number");
  Perceptron other = *this;
  other.y_ = std::move(y);
  other.set_pattern_data();
  return other;
}

kernels::Network network_view(const Perceptron& network) {
  const bool is_implied = network.space().is_implied();
  kernels::Network view = network_view(
      network.options().activation, is_implied ? nullptr : ColumnPanels(network.space()).basis(),
      network.pattern_data_.get(), network.rows(), network.unknowns());
  if (is_implied) view.inputs = network.inputs().data();
  view.single_panels = network.inputs_->single_panels.get();
  view.single_weights = network.inputs_->single_weights.get();
  return view;
}

/// Sums of a slice, and memory for them.
struct Perceptron::Workspace::State {
  /// @param is_implied Whether the loops go over X.
  State(Index patterns, Index unknowns, bool is_implied, int threads)
      : team(threads),
        slices(slices_of(patterns, unknowns)),
        sums(static_cast<std::size_t>(slices)),
        padded(kernels::panels_of(patterns) * kernels::panel_rows) {
    const kernels::Count n = unknowns;
    const kernels::Count scratch = scratch_size(n, is_implied);
    const kernels::Count results = (n * (n + 2) + 7) / 8 * 8;
    const kernels::Count own = scratch + results;
    const int separate = team.parallel() ? slices : std::min(slices, 2);
    memory = kernels::numbers(padded * kernels::point_arrays + own * separate);
    point = memory.get();
    for (int i = 0; i < slices; ++i) {
      kernels::Sums& slice_sums = sums[static_cast<std::size_t>(i)];
      double* const of_slice =
          point + padded * kernels::point_arrays + own * std::min(i, separate - 1);
      // Without a team all slices share the scratch of the first.
      slice_sums.scratch = team.parallel() ? of_slice : point + padded * kernels::point_arrays;
      slice_sums.H = of_slice + scratch;
      slice_sums.H_tau = slice_sums.H + n;
      slice_sums.H_v = slice_sums.H_tau + n;
    }
    std::fill(point, point + padded * kernels::point_arrays, 0.0);
  }

  /// After an evaluation at tau.
  void evaluated(Tau tau, double scale, double evaluated_energy) {
    displacement = has_point && std::isfinite(scale) ? sums.front().displacement
                                                     : std::numeric_limits<double>::infinity();
    energy = evaluated_energy;
    has_point = true;
    rest = tau.rest();
    in_double.start(point, tau.value());
    in_single.start(single_point.get(), tau.value());
  }

  /// A series in one precision, and its memory.
  template <class Number>
  struct Orders {
    kernels::SeriesOf<Number> series{};
    std::vector<std::unique_ptr<Number[], kernels::FreeNumbers>> memory;
    int allocated = 0;

    void start(const Number* from, double tau) {
      series.k = 0;
      series.tau[0] = tau;
      series.point = from;
      series.in_tau = true;
    }

    void append(int k, double tau_k) {
      series.k = k;
      series.tau[k] = tau_k;
      series.in_tau = series.in_tau && tau_k == (k == 1 ? 1.0 : 0.0);
    }

    /// Memory for the orders 1 to `last` of a series of so many arrays. Orders are allocated a few at
    /// a time, all at once for small problems, and begin at different places of a page so that those
    /// of the same panel do not compete for a place in the cache.
    template <class Allocate>
    void allocate(int last, kernels::Count arrays, kernels::Count padded,
                  const Allocate& allocate_numbers) {
      constexpr kernels::Count together = kernels::Count{1} << 19U;
      constexpr kernels::Count most = kernels::max_order + 1;
      series.stride = kernels::panel_rows * arrays;
      const kernels::Count size = padded * arrays;
      while (allocated < last) {
        const kernels::Count count = std::clamp<kernels::Count>(
            together / std::max<kernels::Count>(size, 1), 1, most - allocated);
        const kernels::Count step = size + series.stride;
        memory.push_back(allocate_numbers(count * step + most * series.stride));
        for (kernels::Count i = 0; i < count; ++i) {
          ++allocated;
          series.order[allocated] = memory.back().get() + i * step + allocated * series.stride;
        }
      }
    }
  };

  /// The point of the series in single precision.
  void narrow_point(const kernels::Kernels& loops) {
    const kernels::Count size = padded * kernels::point_arrays;
    if (!single_point) single_point = kernels::single_numbers(size);
    loops.narrow(point, size, single_point.get());
    in_single.series.point = single_point.get();
  }

  Team team;
  int slices;
  std::vector<kernels::Sums> sums;
  kernels::Count padded;
  kernels::Numbers memory;
  double* point = nullptr;  ///< [panel][point_arrays][16]
  bool has_point = false;
  double displacement = std::numeric_limits<double>::infinity();
  double energy = std::numeric_limits<double>::quiet_NaN();
  double rest = 1.0;  ///< 1 - tau

  Orders<double> in_double;
  Orders<float> in_single;
  bool is_single = false;  ///< Which of them the series is in.
  kernels::SingleNumbers single_point;
  std::vector<float> single_v;
  std::vector<Vector> v;  ///< v_1, v_2, ... of a series in single precision.

  std::vector<double> message;  ///< Of an exchange among ranks.

  Vector weights, sum;  ///< Where A is implied.
};

Perceptron::Workspace::Workspace(const Perceptron& network, int threads)
    : state_(std::make_unique<State>(network.rows(), network.unknowns(),
                                     network.space().is_implied(), threads)) {
  assert(threads >= 1);
}
Perceptron::Workspace::~Workspace() = default;
Perceptron::Workspace::Workspace(Workspace&&) noexcept = default;
Perceptron::Workspace& Perceptron::Workspace::operator=(Workspace&&) noexcept = default;

double Perceptron::Workspace::last_displacement() const noexcept { return state_->displacement; }

double Perceptron::Workspace::last_energy() const noexcept { return state_->energy; }

/// The network as the loops see it, and the loops over its slices.
struct Perceptron::Loops {
  explicit Loops(const Perceptron& perceptron)
      : network(network_view(perceptron)), inputs(*perceptron.inputs_) {}

  [[nodiscard]] bool is_implied() const { return network.panels == nullptr; }

  /// From v to X or, `in_single`, to its columns divided by their norms: upper triangles.
  [[nodiscard]] const Matrix& map(bool in_single) const {
    return in_single ? inputs.whitening : ColumnPanels(inputs.space).inverse_matrix();
  }

  /// v as the loops take it: itself, or where A is implied the weights, in `memory`.
  [[nodiscard]] const double* from(const Vector& v, Vector& memory, bool in_single = false) const {
    if (!is_implied()) return v.data();
    memory.noalias() = map(in_single).triangularView<Eigen::Upper>() * v;
    return memory.data();
  }

  /// Sums over rows of A from those over rows of X.
  void convert(Vector& sums, Vector& memory, bool in_single = false) const {
    if (!is_implied()) return;
    memory.noalias() = map(in_single).triangularView<Eigen::Upper>().transpose() * sums;
    sums = memory;
  }

  /// The same of A' diag(c) A.
  void convert(Matrix& product, bool in_single) const {
    if (!is_implied()) return;
    const Matrix half = product * map(in_single).triangularView<Eigen::Upper>();
    product.noalias() = map(in_single).triangularView<Eigen::Upper>().transpose() * half;
  }

  /// |v| as it stands in bounds of rounding: the norm of the weights times those of the columns.
  [[nodiscard]] double length(const Vector& v) const {
    return is_implied() ? (inputs.whitening.triangularView<Eigen::Upper>() * v).norm() : v.norm();
  }

  /// Bounds of rounding in sums over rows of A from those in sums over rows of X.
  [[nodiscard]] double converted(double scale) const { return inputs.whitening_norm * scale; }

  /// Calls work(range, sums) for every slice, and add(sums) for all but the first in their order.
  template <class Work, class Add>
  void sum(Workspace::State& state, const Work& work, const Add& add) const {
    const auto of_slice = [&](int i) {
      work(slice(network.rows, state.slices, i), state.sums[static_cast<std::size_t>(i)]);
    };
    const auto add_slice = [&](int i) {
      kernels::Sums& first = state.sums.front();
      const kernels::Sums& sums = state.sums[static_cast<std::size_t>(i)];
      first.scale += sums.scale;
      first.energy += sums.energy;
      first.displacement = std::max(first.displacement, sums.displacement);
      add(sums);
    };
    if (state.team.parallel()) {
      state.team.for_each(state.slices, of_slice);
      for (int i = 1; i < state.slices; ++i) add_slice(i);
      return;
    }
    of_slice(0);
    for (int i = 1; i < state.slices; ++i) {
      of_slice(i);
      add_slice(i);
    }
  }

  kernels::Network network;
  const Inputs& inputs;
  const kernels::Kernels& kernel = kernels::active();
};

Vector Perceptron::node_inputs(const Vector& v) const {
  assert(v.size() == unknowns());
  const Loops loops(*this);
  const Index padded = kernels::panels_of(rows()) * kernels::panel_rows;
  const Index scratch = scratch_size(unknowns(), loops.is_implied());
  const kernels::Numbers u = kernels::numbers(padded + scratch);
  Vector memory;
  loops.kernel.multiply(loops.network, loops.from(v, memory), u.get() + padded, u.get());
  Vector inputs = Vector::Map(u.get(), rows());
  if (has_offset()) inputs += offsets();
  return inputs;
}

Vector Perceptron::node_outputs(const Vector& v, Tau tau) const {
  Vector z = node_inputs(v);
  for (double& entry : z)
    entry = tau.rest() * entry + tau.value() * evaluate(options().activation, entry).value;
  return z;
}

Vector Perceptron::linear_solution() const {
  // H is linear at tau = 0, so Newton's method from v = 0 arrives at once; a second step removes
  // what the orthogonalisation has left of A' omega A - I.
  const Index n = unknowns();
  Workspace work(*this);
  Vector v = Vector::Zero(n);
  Vector H(n);
  Cholesky factors;
  if (penalty().size() > 0) factors = cholesky(Matrix::Identity(n, n) + penalty());
  for (int step = 0; step < 2; ++step) {
    gradient(v, 0.0, work, H);
    if (penalty().size() > 0)
      v -= solve(factors, H);
    else
      v -= H;
  }
  return v;
}

double Perceptron::energy(const Vector& v, Tau tau, Workspace& work) const {
  assert(v.size() == unknowns());
  const Loops loops(*this);
  Workspace::State& state = *work.state_;
  const kernels::Point point{loops.from(v, state.weights), tau.value(), tau.rest(), 0.0, nullptr};
  loops.sum(
      state,
      [&](kernels::PanelRange range, kernels::Sums& sums) {
        loops.kernel.energy(loops.network, point, range, sums);
      },
      [](const kernels::Sums&) {});
  double& sum = state.sums.front().energy;
  if (ranks() != nullptr) ranks()->sum({&sum, 1});
  if (penalty().size() > 0) sum += v.dot(penalty() * v);
  return 0.5 * sum;
}

double Perceptron::gradient(const Vector& v, Tau tau, Workspace& work, Vector& H) const {
  assert(v.size() == unknowns() && H.size() == unknowns());
  const Loops loops(*this);
  Workspace::State& state = *work.state_;
  const double length = loops.length(v);
  const kernels::Point point{loops.from(v, state.weights), tau.value(), tau.rest(), length,
                             state.point};
  state.sums.front().H = H.data();
  loops.sum(
      state,
      [&](kernels::PanelRange range, kernels::Sums& sums) {
        loops.kernel.gradient(loops.network, point, range, sums);
      },
      [&](const kernels::Sums& sums) { H += Vector::Map(sums.H, H.size()); });
  kernels::Sums& all = state.sums.front();
  if (ranks() != nullptr) {
    Message message(state.message, *ranks());
    message.add(H);
    message.add(all.scale);
    message.add(all.energy);
    all.displacement = message.exchange(all.displacement);
    message.take(H);
    all.scale = message.take();
    all.energy = message.take();
  }
  loops.convert(H, state.sum);
  double scale = loops.converted(all.scale), energy = all.energy;
  if (penalty().size() > 0) {
    const Vector slope = penalty() * v;
    H += slope;
    energy += v.dot(slope);
    scale += penalty_norm() * length;
  }
  state.evaluated(tau, scale, 0.5 * energy);
  return scale;
}

double Perceptron::slopes(const Vector& v, Tau tau, Workspace& work, Vector& H,
                          Vector& H_tau) const {
  if (unknowns() > kernels::most_fixed_columns)
    return evaluate_at(v, tau, work, H, nullptr, H_tau, false);
  Matrix H_v(unknowns(), unknowns());
  return evaluate_at(v, tau, work, H, &H_v, H_tau, false);
}

double Perceptron::derivatives(const Vector& v, Tau tau, Workspace& work, Vector& H, Matrix& H_v,
                               Vector& H_tau, bool in_single) const {
  assert(H_v.rows() == unknowns() && H_v.cols() == unknowns());
  return evaluate_at(v, tau, work, H, &H_v, H_tau, in_single);
}

/// @param H_v Null: it is left out.
double Perceptron::evaluate_at(const Vector& v, Tau tau, Workspace& work, Vector& H, Matrix* H_v,
                               Vector& H_tau, bool in_single) const {
  const Index n = unknowns();
  assert(v.size() == n && H.size() == n && H_tau.size() == n);
  const Loops loops(*this);
  Workspace::State& state = *work.state_;
  const double length = loops.length(v);
  const kernels::Point point{
      loops.from(v, state.weights), tau.value(), tau.rest(), length, state.point, H_v == nullptr};
  kernels::Sums& all = state.sums.front();
  all.H = H.data();
  all.H_tau = H_tau.data();
  all.H_v = H_v != nullptr ? H_v->data() : nullptr;
  // At tau = 0 all products are those of A, which are known.
  const bool has_products = H_v != nullptr && tau.value() != 0.0;
  const bool by_single = in_single && has_single();
  const auto kernel = by_single ? loops.kernel.derivatives_single : loops.kernel.derivatives;
  loops.sum(
      state,
      [&](kernels::PanelRange range, kernels::Sums& sums) {
        kernel(loops.network, point, range, sums);
      },
      [&](const kernels::Sums& sums) {
        H += Vector::Map(sums.H, n);
        H_tau += Vector::Map(sums.H_tau, n);
        if (has_products)
          for (Index j = 0; j < n; ++j)
            H_v->col(j).tail(n - j) += Vector::Map(sums.H_v + j * n + j, n - j);
      });
  if (ranks() != nullptr) {
    Message message(state.message, *ranks());
    message.add(H);
    message.add(H_tau);
    if (has_products) message.add_lower(*H_v);
    message.add(all.scale);
    message.add(all.energy);
    all.displacement = message.exchange(all.displacement);
    message.take(H);
    message.take(H_tau);
    if (has_products) message.take_lower(*H_v);
    all.scale = message.take();
    all.energy = message.take();
  }
  if (has_products) {
    for (Index j = 0; j < n; ++j)
      for (Index i = j + 1; i < n; ++i) (*H_v)(j, i) = (*H_v)(i, j);
    loops.convert(*H_v, by_single);
  } else if (H_v != nullptr) {
    H_v->setIdentity();
  }
  loops.convert(H, state.sum);
  loops.convert(H_tau, state.sum);
  double scale = loops.converted(all.scale), energy = all.energy;
  if (penalty().size() > 0) {
    const Vector slope = penalty() * v;
    H += slope;
    energy += v.dot(slope);
    if (H_v != nullptr) *H_v += penalty();
    scale += penalty_norm() * length;
  }
  state.evaluated(tau, scale, 0.5 * energy);
  return scale;
}

double Perceptron::append_series(int k, const Vector& v_k, double tau_k, Workspace& work,
                                 Vector& rest) const {
  Workspace::State& state = *work.state_;
  assert(state.has_point && v_k.size() == unknowns() && rest.size() == unknowns());
  assert(k >= 1 && k <= max_series_order && (k == 1 || k == state.in_double.series.k + 1));
  const Loops loops(*this);
  if (k == 1) {
    state.is_single = has_single() && state.rest >= kNearestSingle;
    state.v.clear();
    if (state.is_single) state.narrow_point(loops.kernel);
  }
  state.in_double.append(k, tau_k);
  if (!state.is_single) return append_double(k, v_k, state, loops, rest);
  state.v.push_back(v_k);
  const double displacement = append_single(k, v_k, state, loops, rest);
  if (rest.allFinite() && std::isfinite(displacement)) return displacement;
  state.is_single = false;
  double in_double = displacement;
  for (int j = 1; j <= k; ++j)
    in_double = append_double(j, state.v[static_cast<std::size_t>(j - 1)], state, loops, rest);
  return in_double;
}

double Perceptron::append_double(int k, const Vector& v_k, Workspace::State& state,
                                 const Loops& loops, Vector& rest) const {
  kernels::Series& series = state.in_double.series;
  series.k = k;
  series.v = loops.from(v_k, state.weights);
  state.in_double.allocate(k + 1, kernels::arrays_of(loops.network.sigmoid), state.padded,
                           kernels::numbers);
  return sum_series(state, loops, rest, false, [&](kernels::PanelRange range, kernels::Sums& sums) {
    loops.kernel.append_series(loops.network, series, range, sums);
  });
}

double Perceptron::append_single(int k, const Vector& v_k, Workspace::State& state,
                                 const Loops& loops, Vector& rest) const {
  kernels::SingleSeries& series = state.in_single.series;
  state.in_single.append(k, state.in_double.series.tau[k]);
  state.single_v.resize(static_cast<std::size_t>(v_k.size()));
  loops.kernel.narrow(loops.from(v_k, state.weights, true), v_k.size(), state.single_v.data());
  series.v = state.single_v.data();
  state.in_single.allocate(k + 1, kernels::arrays_of(loops.network.sigmoid), state.padded,
                           kernels::single_numbers);
  return sum_series(state, loops, rest, true, [&](kernels::PanelRange range, kernels::Sums& sums) {
    loops.kernel.append_series_single(loops.network, series, range, sums);
  });
}

template <class Work>
double Perceptron::sum_series(Workspace::State& state, const Loops& loops, Vector& rest,
                              bool in_single, const Work& append) const {
  state.sums.front().H = rest.data();
  loops.sum(state, append,
            [&](const kernels::Sums& sums) { rest += Vector::Map(sums.H, rest.size()); });
  double& displacement = state.sums.front().displacement;
  if (ranks() != nullptr) {
    Message message(state.message, *ranks());
    message.add(rest);
    displacement = message.exchange(displacement);
    message.take(rest);
  }
  loops.convert(rest, state.sum, in_single);
  return displacement;
}

double Perceptron::relative_displacement(const Vector& v, const Vector& dv, Workspace& work) const {
  assert(v.size() == unknowns() && dv.size() == unknowns());
  const Loops loops(*this);
  Workspace::State& state = *work.state_;
  const double own =
      loops.kernel.displacement(loops.network, loops.from(v, state.weights),
                                loops.from(dv, state.sum), state.sums.front().scratch);
  return ranks() == nullptr ? own : Message(state.message, *ranks()).exchange(own);
}

void Perceptron::hessian_form_gradient(const Vector& v, Tau tau, const Vector& psi,
                                       const Vector& phi, Vector& by_v, double& by_tau) const {
  assert(v.size() == unknowns() && psi.size() == unknowns() && phi.size() == unknowns());
  const Loops loops(*this);
  const Range ends = range(options().activation);
  const double delta = tau.rest();
  const Index padded = kernels::panels_of(rows()) * kernels::panel_rows;
  const kernels::Numbers memory = kernels::numbers(padded * (3 + kernels::sigmoid_arrays) +
                                                   scratch_size(unknowns(), loops.is_implied()));
  double* const u = memory.get();
  double* const form = u + padded;
  double* const other = form + padded;
  double* const sigma = other + padded;
  double* const scratch = sigma + padded * kernels::sigmoid_arrays;
  Vector weights;
  loops.kernel.multiply(loops.network, loops.from(v, weights), scratch, u);
  if (has_offset()) Vector::Map(u, rows()) += offsets();
  loops.kernel.multiply(loops.network, loops.from(psi, weights), scratch, form);
  loops.kernel.multiply(loops.network, loops.from(phi, weights), scratch, other);
  loops.kernel.evaluate(loops.network, u, padded, sigma);
  by_tau = 0.0;
  for (Index p = 0; p < rows(); ++p) {
    const ActivationValues s{
        sigma[kernels::sigmoid_value * padded + p], sigma[kernels::sigmoid_slope * padded + p],
        sigma[kernels::sigmoid_second * padded + p], sigma[kernels::sigmoid_third * padded + p],
        sigma[kernels::sigmoid_tail * padded + p]};
    const double slope = delta + tau.value() * s.first;
    const double second = tau.value() * s.second;
    const double r = residual(s, ends, u[p], tau, y_(p));
    form[p] *= other[p] * pattern_weights()(p);
    // d/du and d/dtau of  f_u^2 + f_uu r
    by_tau += form[p] * (2.0 * slope * (s.first - 1.0) + s.second * r + second * (s.value - u[p]));
    form[p] *= 3.0 * slope * second + tau.value() * s.third * r;
  }
  loops.kernel.multiply_transposed(loops.network, form, scratch, by_v.data());
  loops.convert(by_v, weights);
  if (ranks() == nullptr) return;
  Vector sums(unknowns() + 1);
  sums << by_v, by_tau;
  ranks()->sum({sums.data(), static_cast<std::size_t>(sums.size())});
  by_v = sums.head(unknowns());
  by_tau = sums(unknowns());
}

}  // namespace tautrack
