#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

#include "tautrack/network/hidden_layer.hpp"

#include "core/column_panels.hpp"
#include "network/hidden_state.hpp"
#include "network/loops.hpp"

namespace tautrack {

namespace {

/// Rows that are taken through all sums of an order before the next ones: what is read again and again
/// then stays at hand. A multiple of the rows of a panel.
constexpr Index kSeriesRows = 512;

/// Orders that are allocated together, those that most series have, if they have no more numbers than that.
constexpr Index kOrdersTogether = 16;
constexpr Index kNumbersTogether = Index{1} << 15U;

}  // namespace

void SeriesOrders::reserve(std::size_t last, Index size) {
  size_ = size;
  while (where_.size() <= last) {
    const Index together = std::clamp<Index>(kNumbersTogether / size, 1, kOrdersTogether);
    memory_.push_back(kernels::numbers(together * size));
    for (Index i = 0; i < together; ++i) where_.push_back(memory_.back().get() + i * size);
  }
}

// ------------------------------------------------------------------------------- one layer of nodes

void NodeSeries::start(Activation activation, const Eigen::Ref<const Matrix>& u,
                       const Eigen::Ref<const Vector>& sigma, const Matrix& f,
                       const Matrix& slope) {
  has_inner_ = activation == Activation::arctan || activation == Activation::erf;
  is_arctan_ = activation == Activation::arctan;
  constexpr double quarter = 0.25 * std::numbers::pi;
  kappa_ = is_arctan_ ? quarter * std::numbers::pi : -quarter;
  const Index size = u.size();
  bend_.reserve(0, size);
  for (SeriesOrders* orders : {&u_, &s_, &excess_, &d_, &f_, &slope_}) orders->reserve(1, size);
  const auto array = [&](kernels::SigmoidArray which) { return sigma.segment(which * size, size); };
  u_[0] = u.reshaped();
  s_[0] = array(kernels::sigmoid_value);
  excess_[0] = s_[0] - u_[0];
  d_[0] = array(kernels::sigmoid_slope);
  second_ = array(kernels::sigmoid_second);
  bend_[0] = array(kernels::sigmoid_bend);
  f_[0] = f.reshaped();
  slope_[0] = slope.reshaped();
  // Order 1 for u_1 = 0 and tau_1 = 0.
  for (SeriesOrders* orders : {&u_, &s_, &excess_, &d_, &f_, &slope_}) (*orders)[1].setZero();
  if (!has_inner_) return;
  q_.reserve(1, size);
  q_[0] = kappa_ * u_[0].cwiseAbs2();
  q_[1].setZero();
}

void NodeSeries::reserve(std::size_t order) {
  const Index size = second_.size();
  for (SeriesOrders* orders : {&u_, &s_, &excess_, &d_, &f_, &slope_}) orders->reserve(order, size);
  if (has_inner_) q_.reserve(order, size);
}

void NodeSeries::prepare(std::size_t k, const std::vector<double>& tau, Index first, Index rows) {
  const kernels::Kernels& kernel = kernels::active();
  const double over_k = 1.0 / static_cast<double>(k);
  SeriesTerms terms;
  const auto sum_into = [&](const SeriesOrders& of) {
    kernel.sum_products(terms.data(), terms.count(), rows, of.data(k) + first);
    terms.clear();
  };
  u_[k].segment(first, rows).setZero();
  for (std::size_t j = 1; j < k; ++j)
    terms.add(u_.data(j) + first, d_.data(k - j) + first, static_cast<double>(j) * over_k);
  sum_into(s_);
  if (has_inner_) {
    for (std::size_t j = 1; j < k; ++j)
      terms.add(u_.data(j) + first, u_.data(k - j) + first, kappa_);
    sum_into(q_);
    for (std::size_t j = 1; j <= k; ++j)
      terms.add(q_.data(j) + first, d_.data(k - j) + first,
                is_arctan_ ? -1.0 : static_cast<double>(j) * over_k);
    sum_into(d_);
    if (is_arctan_) d_[k].segment(first, rows).array() *= d_[0].segment(first, rows).array();
  } else {
    terms.add(bend_.data(0) + first, s_.data(k) + first, 1.0);
    for (std::size_t j = 1; 2 * j < k; ++j)
      terms.add(s_.data(j) + first, s_.data(k - j) + first, -2.0);
    if (k % 2 == 0) terms.add(s_.data(k / 2) + first, s_.data(k / 2) + first, -1.0);
    sum_into(d_);
  }
  excess_[k].segment(first, rows) = s_[k].segment(first, rows);
  for (std::size_t j = 0; j < k; ++j) terms.add(excess_.data(k - j) + first, tau[j]);
  kernel.sum_multiples(terms.data(), terms.count(), rows, f_.data(k) + first);
  terms.clear();
  for (std::size_t j = 0; j < k; ++j) terms.add(d_.data(k - j) + first, tau[j]);
  kernel.sum_multiples(terms.data(), terms.count(), rows, slope_.data(k) + first);
}

void NodeSeries::add(std::size_t k, double tau_0, double tau_k, Index first,
                     const Eigen::Ref<const Vector>& du) {
  const Index rows = du.size();
  const auto part = [first, rows](const SeriesOrders& orders, std::size_t j) {
    return Eigen::Map<Eigen::ArrayXd, Eigen::Aligned64>(orders.data(j) + first, rows);
  };
  const auto d_0 = part(d_, 0);
  const auto second = second_.segment(first, rows).array();
  const auto step = du.array();
  part(u_, k) += step;
  part(s_, k) += d_0 * step;
  part(excess_, k) += (d_0 - 1.0) * step;
  part(d_, k) += second * step;
  if (has_inner_) part(q_, k) += (2.0 * kappa_) * part(u_, 0) * step;
  part(f_, k) += part(slope_, 0) * step + tau_k * part(excess_, 0);
  part(slope_, k) += tau_0 * second * step + tau_k * (d_0 - 1.0);
}

// --------------------------------------------------------------------------------------- both layers

/// Some rows of one order. Of P, e and q of order k
///
///     P_k = sum_{0<j<k} F_j B_{k-j} + F_k B_0 + F_0 B_k + c_k
///     e_k = omega ( sum_{0<j<k} G_j R_{k-j} + G_k R_0 + G_0 R_k )
///     q_k = sum_{0<j<k} e_j B_{k-j}' + e_k B_0' + e_0 B_k'
///
/// the sums are known before order k is, and the rest follows when it is.
struct HiddenLayer::SeriesBlock {
  using Column = Eigen::Map<Vector, Eigen::Aligned64>;

  const HiddenLayer& layer;
  Workspace::State& at;
  HiddenBlocks blocks;
  Index first, rows;

  [[nodiscard]] Index node(Index column) const { return column * layer.inputs_->padded + first; }
  [[nodiscard]] Column part(double* of, Index column) const {
    return Column(of + node(column), rows);
  }
  [[nodiscard]] Column part(const SeriesOrders& of, std::size_t order, Index column) const {
    return part(of.data(order), column);
  }
  [[nodiscard]] double B(std::size_t order, Index j, Index k) const {
    return layer.output_unit() * at.terms[order](blocks.weight(j, k));
  }
  [[nodiscard]] bool is_sigmoid() const { return layer.options().output == OutputNode::sigmoid; }

  /// The sums of order m, and order m for x_m = 0, tau_m = 0.
  void prepare(std::size_t m) const {
    SeriesTerms terms;
    for (Index j = 0; j < blocks.units; ++j) at.hidden.prepare(m, at.taus, node(j), rows);
    for (Index k = 0; k < blocks.outputs; ++k) {
      for (Index j = 0; j < blocks.units; ++j) {
        terms.clear();
        for (std::size_t i = 1; i < m; ++i)
          terms.add(at.hidden.f().data(i) + node(j), B(m - i, j, k));
        add_multiples(terms, at.P_inner.data() + node(k), j == 0);
      }
      if (!is_sigmoid()) continue;
      at.output.prepare(m, at.taus, node(k), rows);
      terms.clear();
      for (std::size_t i = 1; i < m; ++i)
        terms.add(at.output.slope().data(i) + node(k), at.output.f().data(m - i) + node(k), 1.0);
      kernel.sum_products(terms.data(), terms.count(), rows, at.e_inner.data() + node(k));
    }
    for (Index j = 0; j < blocks.units; ++j) {
      for (Index k = 0; k < blocks.outputs; ++k) {
        terms.clear();
        for (std::size_t i = 1; i < m; ++i) terms.add(at.e_k.data(i) + node(k), B(m - i, j, k));
        add_multiples(terms, at.q_inner.data() + node(j), k == 0);
      }
    }
    complete(m, false);
  }

  /// P, e and q of order m from their sums and the hidden units; with x_m where that is known.
  void complete(std::size_t m, bool is_known) const {
    const auto omega = layer.inputs_->padded_omega.segment(first, rows).array();
    Column P(at.step.data(), rows);
    for (Index k = 0; k < blocks.outputs; ++k) {
      P = part(at.P_inner.data(), k);
      for (Index j = 0; j < blocks.units; ++j) {
        P += B(0, j, k) * part(at.hidden.f(), m, j);
        if (is_known) P += B(m, j, k) * part(at.hidden.f(), 0, j);
      }
      if (is_known && blocks.has_bias)
        P.array() += layer.output_unit() * at.terms[m](blocks.bias + k);
      Column e = part(at.e_k, m, k);
      if (!is_sigmoid()) {
        e = omega * P.array();
        continue;
      }
      P -= part(at.output.input(), m, k);
      at.output.add(m, at.taus[0], is_known ? at.taus[m] : 0.0, node(k), P);
      e = omega * (part(at.e_inner.data(), k).array() +
                   part(at.output.slope(), m, k).array() * part(at.output.f(), 0, k).array() +
                   part(at.output.slope(), 0, k).array() * part(at.output.f(), m, k).array());
    }
    for (Index j = 0; j < blocks.units; ++j) {
      Column q = part(at.q_k, m, j);
      q = part(at.q_inner.data(), j);
      for (Index k = 0; k < blocks.outputs; ++k) {
        q += B(0, j, k) * part(at.e_k, m, k);
        if (is_known) q += B(m, j, k) * part(at.e_k, 0, k);
      }
    }
  }

  /// Coefficient m of D o q into at.rows, for unit j.
  void slope_product(std::size_t m, Index j) const {
    SeriesTerms terms;
    for (std::size_t i = 0; i <= m; ++i)
      terms.add(at.hidden.slope().data(i) + node(j), at.q_k.data(m - i) + node(j), 1.0);
    kernel.sum_products(terms.data(), terms.count(), rows, at.rows.data() + first);
  }

  /// Coefficient m of F'e and 1'e, added to rest.
  void add_output_products(std::size_t m, Vector& rest) const {
    const double unit = layer.output_unit();
    SeriesTerms terms;
    for (Index k = 0; k < blocks.outputs; ++k) {
      for (Index j = 0; j < blocks.units; ++j) {
        terms.clear();
        for (std::size_t i = 0; i <= m; ++i)
          terms.add(at.hidden.f().data(i) + node(j), at.e_k.data(m - i) + node(k), 1.0);
        rest(blocks.weight(j, k)) += unit * kernel.inner_product(terms.data(), terms.count(), rows);
      }
      if (blocks.has_bias) rest(blocks.bias + k) += unit * part(at.e_k, m, k).sum();
    }
  }

 private:
  /// The sum into `out`, or added to it.
  void add_multiples(const SeriesTerms& terms, double* out, bool is_first) const {
    double* const sum = is_first ? out : at.step.data();
    kernel.sum_multiples(terms.data(), terms.count(), rows, sum);
    if (!is_first) Column(out, rows) += Column(sum, rows);
  }

 public:
  const kernels::Kernels& kernel = kernels::active();
};

double HiddenLayer::append_series(int k, const Vector& x_k, double tau_k, Workspace& work,
                                  Vector& rest) const {
  Workspace::State& at = *work.state_;
  const HiddenBlocks blocks(*this);
  assert(at.has_point && x_k.size() == unknowns() && rest.size() == unknowns());
  assert(k >= 1 && k <= max_series_order);
  if (k == 1) at.start_series(*this);
  assert(static_cast<int>(at.taus.size()) == k);
  const auto order = static_cast<std::size_t>(k);
  const std::size_t next = order + 1;
  at.taus.push_back(tau_k);
  at.reserve_series(next, unknowns());
  at.terms[order] = x_k;

  const kernels::Kernels& kernel = kernels::active();
  const kernels::Network view = network_view(options().activation, ColumnPanels(space()).basis(),
                                             nullptr, patterns(), blocks.rank);
  double displacement = 0.0;
  for (Index j = 0; j < units(); ++j) {
    kernel.multiply(view, x_k.data() + blocks.hidden(j), nullptr, at.moved.col(j).data());
    displacement =
        std::max(displacement,
                 (at.moved.col(j).array().abs() / (1.0 + at.U.col(j).array().abs())).maxCoeff());
  }
  const Index last = unknowns() - blocks.output;
  displacement =
      std::max(displacement, (x_k.tail(last).array().abs() / (inputs_->output_size / output_unit() +
                                                              at.x.tail(last).array().abs()))
                                 .maxCoeff());

  rest.setZero();
  for (Index first = 0; first < inputs_->padded; first += kSeriesRows) {
    const SeriesBlock block{*this, at, blocks, first,
                            std::min(kSeriesRows, inputs_->padded - first)};
    for (Index j = 0; j < units(); ++j)
      at.hidden.add(order, at.taus[0], tau_k, block.node(j),
                    at.moved.col(j).segment(first, block.rows));
    // The output nodes hold order k for tau_k = 0 so far.
    block.complete(order, true);
    block.prepare(next);
    block.add_output_products(next, rest);
  }
  for (Index j = 0; j < units(); ++j) {
    for (Index first = 0; first < inputs_->padded; first += kSeriesRows)
      SeriesBlock{*this, at, blocks, first, std::min(kSeriesRows, inputs_->padded - first)}
          .slope_product(next, j);
    kernel.multiply_transposed(view, at.rows.data(), at.scratch.get(),
                               rest.data() + blocks.hidden(j));
  }
  add_start_ridge(at, next, rest);
  return displacement;
}

/// sum_j -tau_j (x - x_0)_{m-j}, j >= 1, the only part of the penalties that is no multiple of x_m.
void HiddenLayer::add_start_ridge(const Workspace::State& at, std::size_t m, Vector& rest) const {
  if (!(options().start_ridge > 0.0)) return;
  const HiddenBlocks blocks(*this);
  Vector sum = Vector::Zero(blocks.bias);
  for (std::size_t j = 1; j < m; ++j) sum -= at.taus[j] * at.terms[m - j].head(blocks.bias);
  const double square = output_unit() * output_unit();
  for (Index j = 0; j < units(); ++j) {
    const double rho = options().start_ridge * inputs_->start_factors(j);
    rest.segment(blocks.hidden(j), blocks.rank).noalias() +=
        (rho * inputs_->hidden_factors(j)) *
        (inputs_->norm * sum.segment(blocks.hidden(j), blocks.rank));
    for (Index k = 0; k < outputs(); ++k)
      rest(blocks.weight(j, k)) +=
          rho * inputs_->output_factors(j) * square * sum(blocks.weight(j, k));
  }
}

void HiddenLayer::Workspace::State::start_series(const HiddenLayer& network) {
  taus.assign(1, tau.value());
  hidden.start(network.options().activation, U, sigma, F, D);
  if (network.options().output == OutputNode::sigmoid)
    output.start(network.options().activation, P, sigma_out, R, G);
  const Index padded = U.rows();
  if (P_inner.size() == 0) {
    P_inner.allocate(R.size());
    e_inner.allocate(R.size());
    q_inner.allocate(U.size());
    step.allocate(std::min(kSeriesRows, padded));
  }
  reserve_series(1, x.size());
  terms[0] = x;
  e_k[0] = e.reshaped();
  q_k[0] = q.reshaped();
  // The sums of order 1.
  P_inner.setZero();
  e_inner.setZero();
  q_inner.setZero();
}

void HiddenLayer::Workspace::State::reserve_series(std::size_t last, Index unknowns) {
  hidden.reserve(last);
  if (sigma_out.size() > 0) output.reserve(last);
  while (terms.size() <= last) terms.emplace_back(unknowns);
  e_k.reserve(last, e.size());
  q_k.reserve(last, q.size());
}

}  // namespace tautrack
