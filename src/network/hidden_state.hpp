#pragma once

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

  /// Order k for u_k = 0, tau_k = 0 where k = 1.
  void clear(std::size_t k);

  /// Entries [first, first + rows) of order k, for u_k = 0 and tau_k = 0.
  void prepare(std::size_t k, const std::vector<double>& tau, Index first, Index rows);

  /// What du in u_k and tau_k add to order k.
  void add(std::size_t k, double tau_0, double tau_k, Index first,
           const Eigen::Ref<const Vector>& du);

  [[nodiscard]] auto f(std::size_t k, Index first, Index rows) const {
    return f_[k].segment(first, rows);
  }
  [[nodiscard]] auto slope(std::size_t k, Index first, Index rows) const {
    return slope_[k].segment(first, rows);
  }
  [[nodiscard]] auto input(std::size_t k, Index first, Index rows) const {
    return u_[k].segment(first, rows);
  }

 private:
  bool has_inner_ = false;  ///< arctan and erf: sigma' by way of q = kappa u^2.
  bool is_arctan_ = false;
  double kappa_ = 0.0;
  Vector second_, bend_;
  std::vector<Vector> u_, s_, excess_, d_, q_, f_, slope_;
};

/// The last evaluated point and all that a series from there needs.
struct HiddenLayer::Workspace::State {
  explicit State(const HiddenLayer& network);

  /// Another one, for energies, which leave the point alone.
  State& aside(const HiddenLayer& network);

  /// Order 0 of a series, from the point.
  void start_series(const HiddenLayer& network);
  void reserve_series(std::size_t last, Index unknowns);

  bool has_point = false;
  double displacement = 0.0;
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
  std::vector<Vector> terms;     ///< x_k
  std::vector<Vector> e_k, q_k;  ///< Of order k ...
  Vector P_inner, e_inner,
      q_inner;  ///< ... and their sums, and those of P, without orders 0 and k.
  Vector step;
};

}  // namespace tautrack
