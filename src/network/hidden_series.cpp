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

void reserve_orders(std::vector<Vector>& orders, std::size_t last, Index size) {
  while (orders.size() <= last) orders.emplace_back(Vector::Zero(size));
}

}  // namespace

// ------------------------------------------------------------------------------- one layer of nodes

void NodeSeries::start(Activation activation, const Eigen::Ref<const Matrix>& u,
                       const Eigen::Ref<const Vector>& sigma, const Matrix& f,
                       const Matrix& slope) {
  has_inner_ = activation == Activation::arctan || activation == Activation::erf;
  is_arctan_ = activation == Activation::arctan;
  constexpr double quarter = 0.25 * std::numbers::pi;
  kappa_ = is_arctan_ ? quarter * std::numbers::pi : -quarter;
  const Index size = u.size();
  for (std::vector<Vector>* orders : {&u_, &s_, &excess_, &d_, &f_, &slope_})
    reserve_orders(*orders, 0, size);
  const auto array = [&](kernels::SigmoidArray which) { return sigma.segment(which * size, size); };
  u_[0] = u.reshaped();
  s_[0] = array(kernels::sigmoid_value);
  excess_[0] = s_[0] - u_[0];
  d_[0] = array(kernels::sigmoid_slope);
  second_ = array(kernels::sigmoid_second);
  bend_ = array(kernels::sigmoid_bend);
  f_[0] = f.reshaped();
  slope_[0] = slope.reshaped();
  if (!has_inner_) return;
  reserve_orders(q_, 0, size);
  q_[0] = kappa_ * u_[0].cwiseAbs2();
}

void NodeSeries::reserve(std::size_t order) {
  const Index size = u_[0].size();
  for (std::vector<Vector>* orders : {&u_, &s_, &excess_, &d_, &f_, &slope_})
    reserve_orders(*orders, order, size);
  if (has_inner_) reserve_orders(q_, order, size);
}

void NodeSeries::clear(std::size_t k) {
  for (std::vector<Vector>* orders : {&u_, &s_, &excess_, &d_, &f_, &slope_, &q_})
    if (orders->size() > k) (*orders)[k].setZero();
}

void NodeSeries::prepare(std::size_t k, const std::vector<double>& tau, Index first, Index rows) {
  const auto part = [first, rows](std::vector<Vector>& orders, std::size_t j) {
    return orders[j].segment(first, rows).array();
  };
  const double over_k = 1.0 / static_cast<double>(k);
  part(u_, k).setZero();
  auto s = part(s_, k);
  auto d = part(d_, k);
  auto f = part(f_, k);
  auto slope = part(slope_, k);
  s.setZero();
  for (std::size_t j = 1; j < k; ++j)
    s += (static_cast<double>(j) * over_k) * part(u_, j) * part(d_, k - j);
  if (has_inner_) {
    auto q = part(q_, k);
    q.setZero();
    for (std::size_t j = 1; j < k; ++j) q += kappa_ * part(u_, j) * part(u_, k - j);
    d.setZero();
    if (is_arctan_) {
      for (std::size_t j = 1; j <= k; ++j) d -= part(q_, j) * part(d_, k - j);
      d *= part(d_, 0);
    } else {
      for (std::size_t j = 1; j <= k; ++j)
        d += (static_cast<double>(j) * over_k) * part(q_, j) * part(d_, k - j);
    }
  } else {
    d = bend_.segment(first, rows).array() * s;
    for (std::size_t j = 1; 2 * j < k; ++j) d -= 2.0 * part(s_, j) * part(s_, k - j);
    if (k % 2 == 0) d -= part(s_, k / 2).square();
  }
  part(excess_, k) = s;
  f = tau[0] * s;
  slope = tau[0] * d;
  for (std::size_t j = 1; j < k; ++j) {
    f += tau[j] * part(excess_, k - j);
    slope += tau[j] * part(d_, k - j);
  }
}

void NodeSeries::add(std::size_t k, double tau_0, double tau_k, Index first,
                     const Eigen::Ref<const Vector>& du) {
  const Index rows = du.size();
  const auto part = [first, rows](std::vector<Vector>& orders, std::size_t j) {
    return orders[j].segment(first, rows).array();
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
  const HiddenLayer& layer;
  Workspace::State& at;
  HiddenBlocks blocks;
  Index first, rows;

  [[nodiscard]] Index node(Index column) const { return column * layer.inputs_->padded + first; }
  [[nodiscard]] auto part(Vector& of, Index column) const { return of.segment(node(column), rows); }
  [[nodiscard]] double B(std::size_t order, Index j, Index k) const {
    return layer.output_unit() * at.terms[order](blocks.weight(j, k));
  }
  [[nodiscard]] bool is_sigmoid() const { return layer.options().output == OutputNode::sigmoid; }

  /// The sums of order m, and order m for x_m = 0, tau_m = 0.
  void prepare(std::size_t m) const {
    for (Index j = 0; j < blocks.units; ++j) at.hidden.prepare(m, at.taus, node(j), rows);
    for (Index k = 0; k < blocks.outputs; ++k) {
      auto P = part(at.P_inner, k);
      P.setZero();
      for (Index j = 0; j < blocks.units; ++j)
        for (std::size_t i = 1; i < m; ++i) P += B(m - i, j, k) * at.hidden.f(i, node(j), rows);
      if (!is_sigmoid()) continue;
      at.output.prepare(m, at.taus, node(k), rows);
      auto e = part(at.e_inner, k).array();
      e.setZero();
      for (std::size_t i = 1; i < m; ++i)
        e += at.output.slope(i, node(k), rows).array() * at.output.f(m - i, node(k), rows).array();
    }
    for (Index j = 0; j < blocks.units; ++j) {
      auto q = part(at.q_inner, j);
      q.setZero();
      for (Index k = 0; k < blocks.outputs; ++k)
        for (std::size_t i = 1; i < m; ++i) q += B(m - i, j, k) * part(at.e_k[i], k);
    }
    complete(m, false);
  }

  /// P, e and q of order m from their sums and the hidden units; with x_m where that is known.
  void complete(std::size_t m, bool is_known) const {
    const auto omega = layer.inputs_->padded_omega.segment(first, rows).array();
    for (Index k = 0; k < blocks.outputs; ++k) {
      auto P = at.step.head(rows);
      P = part(at.P_inner, k);
      for (Index j = 0; j < blocks.units; ++j) {
        P += B(0, j, k) * at.hidden.f(m, node(j), rows);
        if (is_known) P += B(m, j, k) * at.hidden.f(0, node(j), rows);
      }
      if (is_known && blocks.has_bias)
        P.array() += layer.output_unit() * at.terms[m](blocks.bias + k);
      if (!is_sigmoid()) {
        part(at.e_k[m], k) = omega * P.array();
        continue;
      }
      P -= at.output.input(m, node(k), rows);
      at.output.add(m, at.taus[0], is_known ? at.taus[m] : 0.0, node(k), P);
      part(at.e_k[m], k) =
          omega *
          (part(at.e_inner, k).array() +
           at.output.slope(m, node(k), rows).array() * at.R.col(k).segment(first, rows).array() +
           at.G.col(k).segment(first, rows).array() * at.output.f(m, node(k), rows).array());
    }
    for (Index j = 0; j < blocks.units; ++j) {
      auto q = part(at.q_k[m], j);
      q = part(at.q_inner, j);
      for (Index k = 0; k < blocks.outputs; ++k) {
        q += B(0, j, k) * part(at.e_k[m], k);
        if (is_known) q += B(m, j, k) * part(at.e_k[0], k);
      }
    }
  }

  /// Coefficient m of D o q into at.rows, for unit j.
  void slope_product(std::size_t m, Index j) const {
    auto sum = at.rows.segment(first, rows).array();
    sum = at.hidden.slope(0, node(j), rows).array() * part(at.q_k[m], j).array();
    for (std::size_t i = 1; i <= m; ++i)
      sum += at.hidden.slope(i, node(j), rows).array() * part(at.q_k[m - i], j).array();
  }

  /// Coefficient m of F'e and 1'e, added to rest.
  void add_output_products(std::size_t m, Vector& rest) const {
    const double unit = layer.output_unit();
    for (Index k = 0; k < blocks.outputs; ++k) {
      for (Index j = 0; j < blocks.units; ++j) {
        double sum = 0.0;
        for (std::size_t i = 0; i <= m; ++i)
          sum += at.hidden.f(i, node(j), rows).dot(part(at.e_k[m - i], k));
        rest(blocks.weight(j, k)) += unit * sum;
      }
      if (blocks.has_bias) rest(blocks.bias + k) += unit * part(at.e_k[m], k).sum();
    }
  }
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
    kernel.multiply(view, x_k.data() + blocks.hidden(j), at.moved.col(j).data());
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
  for (Index j = 0; j < units(); ++j)
    rest.segment(blocks.hidden(j), blocks.rank).noalias() +=
        options().start_ridge * (inputs_->norm * sum.segment(blocks.hidden(j), blocks.rank));
  rest.segment(blocks.output, blocks.bias - blocks.output) +=
      (options().start_ridge * output_unit() * output_unit()) *
      sum.tail(blocks.bias - blocks.output);
}

void HiddenLayer::Workspace::State::start_series(const HiddenLayer& network) {
  taus.assign(1, tau.value());
  hidden.start(network.options().activation, U, sigma, F, D);
  if (network.options().output == OutputNode::sigmoid)
    output.start(network.options().activation, P, sigma_out, R, G);
  const Index padded = U.rows();
  P_inner.resize(R.size());
  e_inner.resize(R.size());
  q_inner.resize(U.size());
  step.resize(std::min(kSeriesRows, padded));
  reserve_series(1, x.size());
  terms[0] = x;
  e_k[0] = e.reshaped();
  q_k[0] = q.reshaped();
  // Order 1 for x_1 = 0 and tau_1 = 0 is zero.
  hidden.clear(1);
  output.clear(1);
  P_inner.setZero();
  e_inner.setZero();
  q_inner.setZero();
}

void HiddenLayer::Workspace::State::reserve_series(std::size_t last, Index unknowns) {
  hidden.reserve(last);
  if (sigma_out.size() > 0) output.reserve(last);
  reserve_orders(terms, last, unknowns);
  reserve_orders(e_k, last, e.size());
  reserve_orders(q_k, last, q.size());
}

}  // namespace tautrack
