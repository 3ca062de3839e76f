#pragma once

#include <array>
#include <limits>
#include <memory>
#include <vector>

#include "tautrack/network/hidden_layer.hpp"

#include "kernels/kernels.hpp"
#include "kernels/numbers.hpp"

namespace tautrack {

/// Where the blocks of x lie: V (rank x h, column by column), B (h x K), c (K or none).
struct HiddenBlocks {
  explicit HiddenBlocks(const HiddenLayer& network)
      : rank(network.space().rank()),
        units(network.units()),
        outputs(network.outputs()),
        output(rank * units),
        bias(output + units * outputs),
        has_bias(network.has_free_bias()) {}

  [[nodiscard]] Index hidden(Index unit) const { return unit * rank; }
  [[nodiscard]] Index weight(Index unit, Index k) const { return output + k * units + unit; }

  Index rank, units, outputs;
  Index output;  ///< Where B begins.
  Index bias;    ///< Where c begins.
  bool has_bias;
};

/// A matrix or vector where the kernels may read and write: aligned to 64 bytes. Its size is set once.
template <class Plain>
class ForKernels : public Eigen::Map<Plain, Eigen::Aligned64> {
 public:
  using Base = Eigen::Map<Plain, Eigen::Aligned64>;
  using Base::operator=;
  ForKernels() : Base(nullptr, 0, Plain::ColsAtCompileTime == 1 ? 1 : 0) {}
  void allocate(Index rows, Index cols = 1) {
    memory_ = kernels::numbers(rows * cols);
    new (static_cast<Base*>(this)) Base(memory_.get(), rows, cols);
    Base::setZero();
  }

 private:
  kernels::Numbers memory_;
};

/// Taylor coefficients of one array: its orders lie a few together, aligned for the kernels.
class SeriesOrders {
 public:
  /// Makes room for orders up to `last`, whose numbers are anything.
  void reserve(std::size_t last, Index size);
  [[nodiscard]] Eigen::Map<Vector, Eigen::Aligned64> operator[](std::size_t k) const {
    return {where_[k], size_};
  }
  [[nodiscard]] double* data(std::size_t k) const { return where_[k]; }
  [[nodiscard]] std::size_t count() const { return where_.size(); }

 private:
  Index size_ = 0;
  std::vector<kernels::Numbers> memory_;
  std::vector<double*> where_;
};

/// Terms of a sum over the orders of a series: at most two for each.
class SeriesTerms {
 public:
  void add(const double* first, const double* second, double factor) {
    terms_[static_cast<std::size_t>(count_++)] = {first, second, factor};
  }
  void add(const double* first, double factor) { add(first, nullptr, factor); }
  [[nodiscard]] const kernels::Term* data() const { return terms_.data(); }
  [[nodiscard]] int count() const { return count_; }
  void clear() { count_ = 0; }

 private:
  std::array<kernels::Term, 2 * (kernels::max_order + 2)> terms_;
  int count_ = 0;
};

/// Taylor coefficients of one layer of nodes: u, sigma, sigma - u, sigma', f - origin and f_u, one vector (nodes
/// times rows of the panels) for each order. The recurrences are those of kernels/series.hpp.
class NodeSeries {
 public:
  /// Order 0, from what kernels::Kernels::evaluate() says of u_0.
  /// @param f f(u_0) - origin, @param slope f_u
  void start(Activation activation, const Eigen::Ref<const Matrix>& u,
             const Eigen::Ref<const Vector>& sigma, const Matrix& f, const Matrix& slope);

  /// Makes room for an order.
  void reserve(std::size_t order);

  /// Entries [first, first + rows) of order k, for u_k = 0 and tau_k = 0.
  void prepare(std::size_t k, const std::vector<double>& tau, Index first, Index rows);

  /// What du in u_k and tau_k add to order k.
  void add(std::size_t k, double tau_0, double tau_k, Index first,
           const Eigen::Ref<const Vector>& du);

  [[nodiscard]] const SeriesOrders& input() const { return u_; }
  [[nodiscard]] const SeriesOrders& f() const { return f_; }
  [[nodiscard]] const SeriesOrders& slope() const { return slope_; }

 private:
  bool has_inner_ = false;  ///< arctan and erf: sigma' by way of q = kappa u^2.
  bool is_arctan_ = false;
  double kappa_ = 0.0;
  Vector second_;
  SeriesOrders bend_;  ///< Order 0 alone.
  SeriesOrders u_, s_, excess_, d_, q_, f_, slope_;
};

/// The last evaluated point and all that a series from there needs.
struct HiddenLayer::Workspace::State {
  /// Memory for points, when the first one is evaluated.
  void need(const HiddenLayer& network);

  /// Another one, for energies, which leave the point alone.
  State& aside();

  /// Order 0 of a series, from the point.
  void start_series(const HiddenLayer& network);
  void reserve_series(std::size_t last, Index unknowns);

  bool has_point = false;
  double displacement = std::numeric_limits<double>::infinity();
  Tau tau = 0.0;
  Vector x;

  ForKernels<Matrix> U;          ///< padded x h: node inputs
  Matrix F, D;                   ///< padded x h: f - origin, f_u
  ForKernels<Vector> sigma;      ///< [array][padded h]
  ForKernels<Matrix> P;          ///< padded x K
  ForKernels<Vector> sigma_out;  ///< [array][padded K]; sigmoid outputs.
  Matrix R, G;                   ///< padded x K: residuals, slopes of the output nodes
  Matrix size;                   ///< padded x K: what R is summed from
  Matrix e, q;                   ///< omega G R (padded x K) and e B' (padded x h)
  Matrix e_2;                    ///< omega (G^2 + R g_pp)
  Matrix e_tau;                  ///< The derivative of e by tau.
  Matrix previous;               ///< U before.
  Vector previous_x;
  ForKernels<Vector> rows;   ///< padded: a column to be multiplied with A
  ForKernels<Matrix> moved;  ///< padded x h: A times a direction
  Vector row_norms;          ///< padded: |a_i|
  kernels::Numbers scratch;
  Matrix gram;
  std::unique_ptr<State> spare;

  // Of the series: order by order, as long as the panels times nodes.
  NodeSeries hidden, output;
  std::vector<double> taus;
  std::vector<Vector> terms;  ///< x_k
  SeriesOrders e_k, q_k;      ///< Of order k, and their sums and those of P without orders 0 and k:
  ForKernels<Vector> P_inner, e_inner, q_inner;
  ForKernels<Vector> step;  ///< Rows of a block.
};

}  // namespace tautrack
