#include "tautrack/geometry/data_manifold.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/checked.hpp"
#include "core/column_panels.hpp"
#include "core/decompositions.hpp"
#include "core/text.hpp"
#include "geometry/manifold_state.hpp"
#include "kernels/kernels.hpp"
#include "kernels/numbers.hpp"
#include "network/loops.hpp"
#include "network/residual.hpp"

namespace tautrack {

namespace {

using kernels::panel_rows;

/// Size m n^2 up to which the QR factorisation is taken, whatever it costs.
constexpr double kSmall = 1e7;

/// Distance of a column of J to the span of those before it, relative to its norm, at which the
/// Cholesky factor of the metric is taken as it is, and at which once more is enough.
constexpr double kSurelyIndependent = 1e-2, kIndependent = 1e-5;

/// A slope f', or a part of the largest motion of z, that counts as none; and the largest bend that is
/// told from infinity.
constexpr double kNoMotion = 1e-150, kLargestBend = 1e150;

/// Columns of J beyond this length have squares that may overflow.
constexpr double kLargestMotion = 1e150;

/// One number a pattern, in the aligned memory that the loops want, filled up with zeros.
class PatternNumbers {
 public:
  explicit PatternNumbers(Index L)
      : patterns_(L), size_(kernels::panels_of(L) * panel_rows), numbers_(kernels::numbers(size_)) {
    std::fill(numbers_.get(), numbers_.get() + size_, 0.0);
  }
  [[nodiscard]] double* data() const { return numbers_.get(); }
  [[nodiscard]] Eigen::Map<Vector> values() const { return {numbers_.get(), patterns_}; }

 private:
  Index patterns_, size_;
  kernels::Numbers numbers_;
};

/// Where one number of column j of row i lies in panels of n columns.
Index place(Index i, Index j, Index n) {
  return (i / panel_rows * n + j) * panel_rows + i % panel_rows;
}

/// A point of the data manifold of a perceptron.
struct PerceptronPoint final : ManifoldPoint::State {
  explicit PerceptronPoint(const Perceptron& network)
      : L(network.patterns()), activation(network.options().activation) {
    n = network.unknowns();
    panels = kernels::numbers(padded() * n);
  }

  [[nodiscard]] Index padded() const { return kernels::panels_of(L) * panel_rows; }

  [[nodiscard]] kernels::Network view() const {
    return network_view(activation, panels.get(), nullptr, L, n);
  }

  /// x_i.a of all patterns for the unit tangent vector with coefficients alpha.
  [[nodiscard]] PatternNumbers velocities(const Vector& alpha) const {
    PatternNumbers result(L);
    kernels::active().multiply(view(), alpha.data(), nullptr, result.data());
    return result;
  }

  /// sum_i g_i (x_i.a) over patterns as a vector of coefficients.
  [[nodiscard]] Vector collect(const PatternNumbers& g) const {
    Vector result(n);
    const kernels::Kernels& loops = kernels::active();
    const kernels::Numbers scratch = kernels::numbers(loops.scratch_size(n));
    loops.multiply_transposed(view(), g.data(), scratch.get(), result.data());
    return result;
  }

  /// sum_i d_i (x_i.a)(x_i.b) over patterns.
  [[nodiscard]] Matrix gram(const PatternNumbers& d) const {
    Matrix result(n, n);
    const kernels::Kernels& loops = kernels::active();
    const kernels::Numbers scratch = kernels::numbers(loops.scratch_size(n));
    loops.symmetric_product(panels.get(), {0, kernels::panels_of(L)}, n, d.data(), scratch.get(),
                            result.data());
    result.triangularView<Eigen::StrictlyUpper>() = result.transpose();
    return result;
  }

  void evaluate(const DataManifold& manifold, const Vector& at);
  void factor_rows(const DataManifold& manifold);
  [[nodiscard]] bool factor_gram(const DataManifold& manifold);
  void measure_rows();

  [[nodiscard]] Matrix basis() const override;
  [[nodiscard]] Vector tangent(const Vector& alpha) const override;
  [[nodiscard]] Vector coefficients(const Vector& x) const override;
  [[nodiscard]] Vector acceleration(const Vector& alpha, const Vector& beta) const override;
  [[nodiscard]] Vector bend(const Vector& alpha, const Vector& beta) const override {
    return acceleration(alpha, beta);
  }
  [[nodiscard]] Matrix shape_operator(const Vector& nu) const override;
  [[nodiscard]] Vector shape_product(const Vector& nu, const Vector& beta) const override;
  [[nodiscard]] Matrix acceleration_operator(const Vector& nu) const override {
    return shape_operator(nu);
  }
  [[nodiscard]] Vector acceleration_product(const Vector& nu, const Vector& beta) const override {
    return shape_product(nu, beta);
  }
  /// (g_1 + g_2) / 2 of the two largest |c_i| sqrt(leverage_i).
  [[nodiscard]] double pattern_bound() const noexcept override;
  [[nodiscard]] const char* pattern_bound_name() const noexcept override {
    return "Popoviciu's bound";
  }

  Index L;
  Activation activation;
  Vector curves;            ///< L, sqrt(omega) f''
  kernels::Numbers panels;  ///< Velocities of the node inputs along the orthonormal basis, L x n.
  Matrix ridge_frame;       ///< Rows of the basis that belong to the ridge term; 0 x n without.
};

void PerceptronPoint::evaluate(const DataManifold& manifold, const Vector& at) {
  const Perceptron& network = manifold.network();
  const Index m = manifold.ambient();
  tau = manifold.tau();
  v = at;
  u = network.node_inputs(v);
  const Index count = padded();
  const PatternNumbers inputs(L);
  inputs.values() = u;
  const kernels::Numbers sigma = kernels::numbers(count * kernels::sigmoid_arrays);
  kernels::active().evaluate(view(), inputs.data(), count, sigma.get());
  const Range ends = range(activation);
  z.resize(m);
  residual.resize(m);
  gains.resize(m);
  curves.resize(L);
  bends.resize(L);
  for (Index i = 0; i < L; ++i) {
    const auto of = [&](kernels::SigmoidArray array) { return sigma[array * count + i]; };
    const ActivationValues s{of(kernels::sigmoid_value), of(kernels::sigmoid_slope),
                             of(kernels::sigmoid_second), of(kernels::sigmoid_third),
                             of(kernels::sigmoid_tail)};
    const double root = std::sqrt(network.pattern_weights()(i));
    const double exact = (1.0 - tau) + tau * s.first;
    const bool moves = exact > kNoMotion;
    const double slope = moves ? exact : 0.0;
    z(i) = root * ((1.0 - tau) * u(i) + tau * s.value);
    residual(i) = -root * tautrack::residual(s, ends, u(i), tau, network.targets()(i));
    gains(i) = root * slope;
    curves(i) = moves ? root * tau * s.second : 0.0;
    bends(i) = moves ? tau * s.first / slope * of(kernels::sigmoid_bend) : 0.0;
  }
}

void PerceptronPoint::factor_rows(const DataManifold& manifold) {
  const Index m = gains.size();
  const Matrix A = manifold.network().space().basis();
  Matrix J(m, n);
  J.topRows(L) = gains.head(L).asDiagonal() * A;
  J.bottomRows(m - L) = ridge_frame;
  std::vector<Index> order(static_cast<std::size_t>(m));
  std::iota(order.begin(), order.end(), Index{0});
  const Vector sizes = J.rowwise().lpNorm<Eigen::Infinity>();
  std::stable_sort(order.begin(), order.end(),
                   [&](Index i, Index j) { return sizes(i) > sizes(j); });
  const Matrix sorted = J(order, Eigen::all);
  const double scale = sizes.maxCoeff();
  to_velocity.setZero(n, n);
  to_frame.setZero(n, n);
  Matrix W = Matrix::Zero(L, n);
  if (scale > 0.0) {
    const PivotedQr qr = pivoted_qr(sorted / scale);
    const Vector diagonal = qr.matrixQR().diagonal().cwiseAbs();
    // Where so many patterns saturate that a direction does not move z to the range of doubles, the
    // tangent space is that of the others, and zeros stand for it.
    Index rank = 0;
    while (rank < std::min(n, diagonal.size()) && diagonal(rank) > kNoMotion * diagonal(0)) ++rank;
    const auto R = qr.matrixQR().topLeftCorner(rank, rank).triangularView<Eigen::Upper>();
    Matrix inverse = Matrix::Zero(n, rank);
    inverse.topRows(rank) = R.solve(Matrix::Identity(rank, rank)) / scale;
    const Matrix frame = scale * Matrix(qr.matrixQR().topRows(rank).triangularView<Eigen::Upper>());
    to_velocity.leftCols(rank) = qr.colsPermutation() * inverse;
    to_frame.topRows(rank) = frame * qr.colsPermutation().transpose();
    // Rows of Q from the reflections: small ones come out with small errors, which triangular solves
    // with a graded R would not give.
    const Matrix Q = orthogonal_times(qr, Matrix::Identity(m, rank));
    for (Index k = 0; k < m; ++k) {
      const Index i = order[static_cast<std::size_t>(k)];
      if (i < L && gains(i) > 0.0) W.row(i).head(rank) = Q.row(k) / gains(i);
    }
  }
  std::fill(panels.get(), panels.get() + padded() * n, 0.0);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < L; ++i) panels[place(i, j, n)] = W(i, j);
}

bool PerceptronPoint::factor_gram(const DataManifold& manifold) {
  const ColumnSpace& space = manifold.network().space();
  const kernels::Kernels& loops = kernels::active();
  const kernels::PanelRange all{0, kernels::panels_of(L)};
  const kernels::Numbers memory = kernels::numbers(loops.scratch_size(n) + padded());
  double* const norms = memory.get() + loops.scratch_size(n);
  const PatternNumbers squares(L);
  squares.values() = gains.head(L).cwiseAbs2();
  const double* const basis = ColumnPanels(space).basis();
  std::copy(basis, basis + padded() * n, panels.get());
  to_velocity.setIdentity(n, n);
  to_frame.setIdentity(n, n);
  for (bool again = false;; again = true) {
    Matrix metric = gram(squares);
    const Matrix root = ridge_frame * to_velocity;
    metric += root.transpose() * root;
    const Vector size = metric.diagonal().cwiseSqrt();
    if (!(size.minCoeff() > 0.0 && size.maxCoeff() < kLargestMotion)) return false;
    metric = size.cwiseInverse().asDiagonal() * metric * size.cwiseInverse().asDiagonal();
    const double independence = loops.cholesky(metric.data(), n);
    if (!(independence >= kIndependent)) return false;
    metric = size.asDiagonal() * metric;
    loops.solve_triangular(panels.get(), all, n, metric.data(), nullptr, norms, memory.get());
    metric.triangularView<Eigen::Lower>().transpose().solveInPlace<Eigen::OnTheRight>(to_velocity);
    to_frame = metric.triangularView<Eigen::Lower>().transpose() * to_frame;
    if (again || independence >= kSurelyIndependent) return true;
  }
}

void PerceptronPoint::measure_rows() {
  const Index m = gains.size();
  leverages.resize(m);
  for (Index i = 0; i < L; ++i) {
    double square = 0.0;
    for (Index j = 0; j < n; ++j) {
      const double q = gains(i) * panels[place(i, j, n)];
      square += q * q;
    }
    leverages(i) = square;
    // |f''| / f'^2 times the root: without a gain there is no bend either.
    bends(i) = gains(i) > 0.0
                   ? std::min(std::abs(bends(i)) * (std::sqrt(square) / gains(i)), kLargestBend)
                   : 0.0;
  }
  leverages.tail(m - L) = ridge_frame.rowwise().squaredNorm();
  const Index rest = m - L;
  bends.conservativeResize(m);
  bends.tail(rest).setZero();
}

Matrix PerceptronPoint::basis() const {
  Matrix Q(gains.size(), n);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < L; ++i) Q(i, j) = gains(i) * panels[place(i, j, n)];
  Q.bottomRows(gains.size() - L) = ridge_frame;
  return Q;
}

Vector PerceptronPoint::tangent(const Vector& alpha) const {
  Vector p(gains.size());
  p.head(L) = velocities(alpha).values().cwiseProduct(gains.head(L));
  p.tail(gains.size() - L) = ridge_frame * alpha;
  return p;
}

Vector PerceptronPoint::coefficients(const Vector& x) const {
  const PatternNumbers g(L);
  g.values() = x.head(L).cwiseProduct(gains.head(L));
  Vector alpha = collect(g);
  alpha += ridge_frame.transpose() * x.tail(gains.size() - L);
  return alpha;
}

Vector PerceptronPoint::acceleration(const Vector& alpha, const Vector& beta) const {
  Vector result = Vector::Zero(gains.size());
  const PatternNumbers a = velocities(alpha), b = velocities(beta);
  result.head(L) = curves.array() * a.values().array() * b.values().array();
  return result;
}

Matrix PerceptronPoint::shape_operator(const Vector& nu) const {
  const PatternNumbers d(L);
  d.values() = nu.head(L).cwiseProduct(curves);
  return gram(d);
}

Vector PerceptronPoint::shape_product(const Vector& nu, const Vector& beta) const {
  const PatternNumbers g = velocities(beta);
  g.values().array() *= nu.head(L).array() * curves.array();
  return collect(g);
}

double PerceptronPoint::pattern_bound() const noexcept {
  double first = 0.0, second = 0.0;
  for (const double bend : bends) {
    if (bend > first) {
      second = first;
      first = bend;
    } else {
      second = std::max(second, bend);
    }
  }
  return 0.5 * (first + second);
}

}  // namespace

ManifoldPoint::ManifoldPoint(std::unique_ptr<State> state) : state_(std::move(state)) {}
ManifoldPoint::~ManifoldPoint() = default;
ManifoldPoint::ManifoldPoint(ManifoldPoint&&) noexcept = default;
ManifoldPoint& ManifoldPoint::operator=(ManifoldPoint&&) noexcept = default;

Index ManifoldPoint::ambient() const noexcept { return state_->gains.size(); }
Index ManifoldPoint::dimension() const noexcept { return state_->n; }
Index ManifoldPoint::codimension() const noexcept { return ambient() - dimension(); }
double ManifoldPoint::tau() const noexcept { return state_->tau; }
const Vector& ManifoldPoint::coordinates() const noexcept { return state_->v; }
const Vector& ManifoldPoint::node_inputs() const noexcept { return state_->u; }
const Vector& ManifoldPoint::position() const noexcept { return state_->z; }
const Vector& ManifoldPoint::residual() const noexcept { return state_->residual; }
double ManifoldPoint::distance() const noexcept { return state_->distance; }
const Vector& ManifoldPoint::gains() const noexcept { return state_->gains; }
const Vector& ManifoldPoint::leverages() const noexcept { return state_->leverages; }
const Vector& ManifoldPoint::largest_bends() const noexcept { return state_->bends; }
double ManifoldPoint::pattern_bound() const noexcept { return state_->pattern_bound(); }
const char* ManifoldPoint::pattern_bound_name() const noexcept {
  return state_->pattern_bound_name();
}

Matrix ManifoldPoint::basis() const { return state_->basis(); }

Matrix ManifoldPoint::metric() const { return state_->to_frame.transpose() * state_->to_frame; }

Matrix ManifoldPoint::normal_basis() const {
  const Index m = ambient(), n = dimension();
  const Matrix Q = basis();
  const Qr qr = householder_qr(Q);
  Matrix normals = Matrix::Zero(m, m - n);
  normals.bottomRows(m - n).setIdentity();
  normals = orthogonal_times(qr, normals);
  // What the rounding of Q has left, as everywhere.
  for (Index j = 0; j < m - n; ++j) normals.col(j) = normal_part(normals.col(j)).normalized();
  if (m == n + 1) {
    Matrix all(m, m);
    all.leftCols(n) = Q;
    all.col(n) = normals;
    const Matrix rows = state_->to_frame.rowwise().normalized();
    const double side = determinant_of(all) * determinant_of(rows);
    if (side < 0.0) normals *= -1.0;
  }
  return normals;
}

Vector ManifoldPoint::tangent(const Vector& alpha) const {
  assert(alpha.size() == dimension());
  return state_->tangent(alpha);
}

Vector ManifoldPoint::coefficients(const Vector& x) const {
  assert(x.size() == ambient());
  return state_->coefficients(x);
}

Vector ManifoldPoint::normal_part(const Vector& x) const {
  const Vector once = x - tangent(coefficients(x));
  return once - tangent(coefficients(once));
}

Vector ManifoldPoint::move(const Vector& alpha) const { return state_->to_velocity * alpha; }

Vector ManifoldPoint::acceleration(const Vector& alpha, const Vector& beta) const {
  return state_->acceleration(alpha, beta);
}

Vector ManifoldPoint::second_fundamental_form(const Vector& alpha, const Vector& beta) const {
  return normal_part(state_->bend(alpha, beta));
}

Matrix ManifoldPoint::shape_operator(const Vector& nu) const {
  assert(nu.size() == ambient());
  return state_->shape_operator(nu);
}

Vector ManifoldPoint::shape_product(const Vector& nu, const Vector& beta) const {
  assert(nu.size() == ambient() && beta.size() == dimension());
  return state_->shape_product(nu, beta);
}

Matrix ManifoldPoint::acceleration_operator(const Vector& nu) const {
  assert(nu.size() == ambient());
  return state_->acceleration_operator(nu);
}

Vector ManifoldPoint::acceleration_product(const Vector& nu, const Vector& beta) const {
  assert(nu.size() == ambient() && beta.size() == dimension());
  return state_->acceleration_product(nu, beta);
}

DataManifold::DataManifold(Perceptron network, double tau)
    : network_(std::move(network)), tau_(tau) {
  network_.need_all_patterns("geometry");
  network_.need_no_offset("geometry");
  require_tau(tau);
  ridge_root_.resize(0, network_.unknowns());
  if (network_.penalty().size() == 0) return;
  const SymmetricEigen eigen = symmetric_eigen(network_.penalty());
  ridge_root_ =
      eigen.eigenvalues().cwiseMax(0.0).cwiseSqrt().asDiagonal() * eigen.eigenvectors().transpose();
}

Vector DataManifold::target() const {
  Vector y = Vector::Zero(ambient());
  y.head(network_.patterns()) =
      network_.targets().cwiseProduct(network_.pattern_weights().cwiseSqrt());
  return y;
}

Vector DataManifold::position(const Vector& v) const {
  Vector z(ambient());
  const Vector u = network_.node_inputs(v);
  for (Index i = 0; i < u.size(); ++i)
    z(i) = std::sqrt(network_.pattern_weights()(i)) *
           ((1.0 - tau_) * u(i) + tau_ * evaluate(network_.options().activation, u(i)).value);
  z.tail(ridge_root_.rows()) = ridge_root_ * v;
  return z;
}

ManifoldPoint DataManifold::at(const Vector& v) const {
  assert(v.size() == dimension() && v.allFinite());
  auto state = std::make_unique<PerceptronPoint>(network_);
  state->evaluate(*this, v);
  const Index rest = ridge_root_.rows();
  state->ridge_frame = ridge_root_;
  if (rest > 0) {
    const Vector x = ridge_root_ * v;
    state->z.tail(rest) = x;
    state->residual.tail(rest) = -x;
    state->gains.tail(rest).setOnes();
  }
  state->distance = state->residual.stableNorm();
  const double size = static_cast<double>(ambient()) * static_cast<double>(dimension()) *
                      static_cast<double>(dimension());
  if (size <= kSmall || !state->factor_gram(*this)) state->factor_rows(*this);
  state->ridge_frame = ridge_root_ * state->to_velocity;
  state->measure_rows();
  return ManifoldPoint(std::move(state));
}

}  // namespace tautrack
