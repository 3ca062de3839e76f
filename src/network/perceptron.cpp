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
      space(ranks != nullptr
                ? ColumnSpace(problem->X, problem->pattern_weights, options.rank_tolerance, *ranks)
                : ColumnSpace(problem->X, problem->pattern_weights, options.rank_tolerance)),
      patterns(omega.size()),
      omega_sum(omega.sum()) {
  if (ranks != nullptr) {
    std::array<double, 2> sums{static_cast<double>(patterns), omega_sum};
    ranks->sum(sums);
    patterns = static_cast<Index>(sums[0]);
    omega_sum = sums[1];
  } else if (!space.column_norms().allFinite()) {
    // Only now the entries of X are looked at one by one.
    check(*problem);
  }
  ridge = penalty_of(*problem, omega, space, options, ranks);
  ridge_norm = ridge.norm();
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
  kernels::Numbers memory = kernels::numbers(panels * panel_rows * kernels::pattern_arrays);
  for (Index i = 0; i < panels * panel_rows; ++i) {
    double* const of_panel = memory.get() + i / panel_rows * panel_rows * kernels::pattern_arrays;
    const Index row = i % panel_rows;
    const bool there = i < rows();
    of_panel[kernels::pattern_target * panel_rows + row] = there ? y_(i) : 0.0;
    of_panel[kernels::pattern_weight * panel_rows + row] = there ? omega(i) : 0.0;
    of_panel[kernels::pattern_norm * panel_rows + row] = ColumnPanels(space()).row_norms()[i];
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
  return network_view(network.options().activation, ColumnPanels(network.space()).basis(),
                      network.pattern_data_.get(), network.rows(), network.unknowns());
}

/// Sums of a slice, and memory for them.
struct Perceptron::Workspace::State {
  State(Index patterns, Index unknowns, int threads)
      : team(threads),
        slices(slices_of(patterns, unknowns)),
        sums(static_cast<std::size_t>(slices)),
        padded(kernels::panels_of(patterns) * kernels::panel_rows) {
    const kernels::Count n = unknowns;
    const kernels::Count scratch = kernels::active().scratch_size(n);
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
  void evaluated(double tau, double scale) {
    displacement = has_point && std::isfinite(scale) ? sums.front().displacement
                                                     : std::numeric_limits<double>::infinity();
    has_point = true;
    series.k = 0;
    series.tau[0] = tau;
    series.point = point;
  }

  /// Memory for the orders 1 to `last` of a series of so many arrays. Orders are allocated a few at
  /// a time, all at once for small problems, and begin at different places of a page so that those
  /// of the same panel do not compete for a place in the cache.
  void allocate_orders(int last, kernels::Count arrays) {
    constexpr kernels::Count together = kernels::Count{1} << 19U;
    constexpr kernels::Count most = kernels::max_order + 1;
    series.stride = kernels::panel_rows * arrays;
    const kernels::Count size = padded * arrays;
    while (orders_allocated < last) {
      const kernels::Count count = std::clamp<kernels::Count>(
          together / std::max<kernels::Count>(size, 1), 1, most - orders_allocated);
      const kernels::Count step = size + series.stride;
      orders.push_back(kernels::numbers(count * step + most * series.stride));
      for (kernels::Count i = 0; i < count; ++i) {
        ++orders_allocated;
        series.order[orders_allocated] =
            orders.back().get() + i * step + orders_allocated * series.stride;
      }
    }
  }

  Team team;
  int slices;
  std::vector<kernels::Sums> sums;
  kernels::Count padded;
  kernels::Numbers memory;
  double* point = nullptr;  ///< [panel][point_arrays][16]
  bool has_point = false;
  double displacement = std::numeric_limits<double>::infinity();

  kernels::Series series{};
  std::vector<kernels::Numbers> orders;
  int orders_allocated = 0;

  std::vector<double> message;  ///< Of an exchange among ranks.
};

Perceptron::Workspace::Workspace(const Perceptron& network, int threads)
    : state_(std::make_unique<State>(network.rows(), network.unknowns(), threads)) {
  assert(threads >= 1);
}
Perceptron::Workspace::~Workspace() = default;
Perceptron::Workspace::Workspace(Workspace&&) noexcept = default;
Perceptron::Workspace& Perceptron::Workspace::operator=(Workspace&&) noexcept = default;

double Perceptron::Workspace::last_displacement() const noexcept { return state_->displacement; }

/// The network as the loops see it, and the loops over its slices.
struct Perceptron::Loops {
  explicit Loops(const Perceptron& perceptron) : network(network_view(perceptron)) {}

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
  const kernels::Kernels& kernel = kernels::active();
};

Vector Perceptron::node_inputs(const Vector& v) const {
  assert(v.size() == unknowns());
  const Loops loops(*this);
  const kernels::Numbers u = kernels::numbers(kernels::panels_of(rows()) * kernels::panel_rows);
  loops.kernel.multiply(loops.network, v.data(), u.get());
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
  const kernels::Point point{v.data(), tau.value(), tau.rest(), 0.0, nullptr};
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
  const double length = v.norm();
  const kernels::Point point{v.data(), tau.value(), tau.rest(), length, state.point};
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
    all.displacement = message.exchange(all.displacement);
    message.take(H);
    all.scale = message.take();
  }
  double scale = all.scale;
  if (penalty().size() > 0) {
    H.noalias() += penalty() * v;
    scale += penalty_norm() * length;
  }
  state.evaluated(tau.value(), scale);
  return scale;
}

double Perceptron::derivatives(const Vector& v, Tau tau, Workspace& work, Vector& H, Matrix& H_v,
                               Vector& H_tau) const {
  const Index n = unknowns();
  assert(v.size() == n && H.size() == n && H_tau.size() == n && H_v.rows() == n && H_v.cols() == n);
  const Loops loops(*this);
  Workspace::State& state = *work.state_;
  const double length = v.norm();
  const kernels::Point point{v.data(), tau.value(), tau.rest(), length, state.point};
  kernels::Sums& all = state.sums.front();
  all.H = H.data();
  all.H_tau = H_tau.data();
  all.H_v = H_v.data();
  loops.sum(
      state,
      [&](kernels::PanelRange range, kernels::Sums& sums) {
        loops.kernel.derivatives(loops.network, point, range, sums);
      },
      [&](const kernels::Sums& sums) {
        H += Vector::Map(sums.H, n);
        H_tau += Vector::Map(sums.H_tau, n);
        for (Index j = 0; j < n; ++j)
          H_v.col(j).tail(n - j) += Vector::Map(sums.H_v + j * n + j, n - j);
      });
  if (ranks() != nullptr) {
    Message message(state.message, *ranks());
    message.add(H);
    message.add(H_tau);
    if (tau.value() != 0.0) message.add_lower(H_v);
    message.add(all.scale);
    all.displacement = message.exchange(all.displacement);
    message.take(H);
    message.take(H_tau);
    if (tau.value() != 0.0) message.take_lower(H_v);
    all.scale = message.take();
  }
  for (Index j = 0; j < n; ++j)
    for (Index i = j + 1; i < n; ++i) H_v(j, i) = H_v(i, j);
  if (tau.value() == 0.0) H_v.setIdentity();  // A' diag(omega) A
  double scale = all.scale;
  if (penalty().size() > 0) {
    H.noalias() += penalty() * v;
    H_v += penalty();
    scale += penalty_norm() * length;
  }
  state.evaluated(tau.value(), scale);
  return scale;
}

double Perceptron::append_series(int k, const Vector& v_k, double tau_k, Workspace& work,
                                 Vector& rest) const {
  Workspace::State& state = *work.state_;
  kernels::Series& series = state.series;
  assert(state.has_point && v_k.size() == unknowns() && rest.size() == unknowns());
  assert(k >= 1 && k <= max_series_order && (k == 1 || k == series.k + 1));
  series.k = k;
  series.v = v_k.data();
  series.tau[k] = tau_k;
  const Loops loops(*this);
  state.allocate_orders(k + 1, kernels::arrays_of(loops.network.sigmoid));
  state.sums.front().H = rest.data();
  loops.sum(
      state,
      [&](kernels::PanelRange range, kernels::Sums& sums) {
        loops.kernel.append_series(loops.network, series, range, sums);
      },
      [&](const kernels::Sums& sums) { rest += Vector::Map(sums.H, rest.size()); });
  double& displacement = state.sums.front().displacement;
  if (ranks() != nullptr) {
    Message message(state.message, *ranks());
    message.add(rest);
    displacement = message.exchange(displacement);
    message.take(rest);
  }
  return displacement;
}

double Perceptron::relative_displacement(const Vector& v, const Vector& dv, Workspace& work) const {
  assert(v.size() == unknowns() && dv.size() == unknowns());
  const Loops loops(*this);
  const double own = loops.kernel.displacement(loops.network, v.data(), dv.data());
  return ranks() == nullptr ? own : Message(work.state_->message, *ranks()).exchange(own);
}

void Perceptron::hessian_form_gradient(const Vector& v, Tau tau, const Vector& psi,
                                       const Vector& phi, Vector& by_v, double& by_tau) const {
  assert(v.size() == unknowns() && psi.size() == unknowns() && phi.size() == unknowns());
  const Loops loops(*this);
  const Range ends = range(options().activation);
  const double delta = tau.rest();
  const Index padded = kernels::panels_of(rows()) * kernels::panel_rows;
  const Index scratch_size = loops.kernel.scratch_size(unknowns());
  const kernels::Numbers memory =
      kernels::numbers(padded * (3 + kernels::sigmoid_arrays) + scratch_size);
  double* const u = memory.get();
  double* const form = u + padded;
  double* const other = form + padded;
  double* const sigma = other + padded;
  loops.kernel.multiply(loops.network, v.data(), u);
  if (has_offset()) Vector::Map(u, rows()) += offsets();
  loops.kernel.multiply(loops.network, psi.data(), form);
  loops.kernel.multiply(loops.network, phi.data(), other);
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
  loops.kernel.multiply_transposed(loops.network, form, sigma + padded * kernels::sigmoid_arrays,
                                   by_v.data());
  if (ranks() == nullptr) return;
  Vector sums(unknowns() + 1);
  sums << by_v, by_tau;
  ranks()->sum({sums.data(), static_cast<std::size_t>(sums.size())});
  by_v = sums.head(unknowns());
  by_tau = sums(unknowns());
}

}  // namespace tautrack
